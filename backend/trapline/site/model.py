"""What stands in `inventory.yaml`, as it stands there. Pure.

What is said here of the words an editor shows too: inventory.schema.json is made from it.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from trapline.site.duration import PATTERN

Targets = Annotated[
    tuple[Annotated[str, Meta(extra_json_schema={"pattern": r"^[^:]*[^:\s][^:]*:.*\S"})], ...],
    Meta(description="targets as type:name, such as host:web-01.example.com; * is any text, ? one character"),
]
Where = Annotated[
    dict[str, str | tuple[str, ...]],
    Meta(
        description="conditions that must all hold, by name: type, name or host of the target, or a property that its "
        "sender says of it, such as lifecycle_status or one of your own. A value is a pattern (* any text, ? one "
        "character) or a list of which one must fit; the case of letters does not matter, and a space is an underscore"
    ),
]
Length = Annotated[
    str | None,
    Meta(description="a length of time, such as 90s, 15m, 26h or 30d", extra_json_schema={"pattern": PATTERN}),
]
TierId = Annotated[str, Meta(description="the id of one of tiers")]
TypeId = Annotated[str, Meta(description="the id of one of server_types")]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of what stands in the file: a word that we do not know is an error, not a wish ignored."""


class Tier(Entry, frozen=True):
    """A row of the wall."""

    id: str
    label: str = ""


class ServerType(Entry, frozen=True):
    """A column of the wall."""

    id: str
    label: str = ""


class Server(Entry, frozen=True):
    """A cell of the wall: what belongs to it are its targets and what `where` finds; without both, whatever bears its
    name. With a period it is silent when nothing is heard of any of its targets for so long.
    """

    name: str
    tier: TierId
    type: TypeId
    targets: Targets = ()
    where: Where = {}
    period: Length = None


class AutomaticServer(Entry, frozen=True):
    """A server that is not listed appears by itself: a target of these properties is put in this tier and type."""

    where: Where
    tier: TierId
    type: TypeId
    server: Annotated[
        Literal["host", "target"],
        Meta(
            description="what the server is called after: the target's host, which makes one of all its targets, or it"
        ),
    ] = "host"
    period: Length = None


class Sender(Entry, frozen=True):
    """Who sends for many targets, such as an OMS. When nothing is heard of it for its period, what it tells of is
    unknown.
    """

    name: str
    addresses: Annotated[tuple[str, ...], Meta(description="10.20.1.5, or networks as 10.20.1.0/24")]
    period: Length = None
    heartbeat: Annotated[str, Meta(description="what it sends so regularly, in words for people")] = ""


class TargetPeriod(Entry, frozen=True):
    """Targets of these properties are silent when nothing is heard of them for so long."""

    where: Where
    period: Annotated[str, Meta(extra_json_schema={"pattern": PATTERN})]


class Inventory(Entry, frozen=True):
    """The site. Its order is the wall's order. An empty inventory is a site too: all targets are unplaced then."""

    site: Annotated[str, Meta(description="what the wall is called")]
    time_zone: Annotated[str, Meta(description="the one in which the wall shows times, such as Europe/Zurich")] = "UTC"
    tiers: tuple[Tier, ...] = ()
    server_types: tuple[ServerType, ...] = ()
    servers: tuple[Server, ...] = ()
    placements: tuple[AutomaticServer, ...] = ()
    senders: tuple[Sender, ...] = ()
    periods: tuple[TargetPeriod, ...] = ()
    retired: Annotated[Targets, Meta(extra_json_schema={"title": "taken off the wall"})] = ()
    retire_after: Annotated[
        str | None,
        Meta(
            description="what nothing is heard of for so long, such as 90d, is proposed to be retired",
            extra_json_schema={"pattern": PATTERN},
        ),
    ] = None


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the file, for editors."""
    schema = msgspec.json.schema(Inventory, ref_template="#/$defs/{name}")
    for part in schema["$defs"].values():
        part["description"] = " ".join(part["description"].split())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "inventory.yaml", **schema}
