"""What stands in `inventory.yaml`, as it stands there. Pure.

These docstrings are what an editor shows: inventory.schema.json is made from them.
"""

from typing import Literal

import msgspec

Where = dict[str, str | tuple[str, ...]]
"""Conditions that must all hold, by name: `type`, `name`, `host` of the target, or a property that its sender says of
it. A value is a pattern or a list of patterns of which one must fit. Letters' case does not matter, and in names a
space is an underscore: `Cost Center` and `cost_center` are one property."""


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
    """A cell. `targets`: what belongs to it, as type:name; * is any text, ? one character. `where`: and what has these
    properties. Neither of both: whatever bears the server's name. `period`: silent when nothing is heard of it for
    so long, as 15m or 26h.
    """

    name: str
    tier: str
    type: str
    targets: tuple[str, ...] = ()
    where: Where = {}
    period: str | None = None


class AutomaticServer(Entry, frozen=True):
    """A server that is not listed appears by itself: a target of these properties is put in this tier and type.

    `server`: what the cell is called, the target's `host` (all targets of a host are one server) or `target`, its name.
    """

    where: Where
    tier: str
    type: str
    server: Literal["host", "target"] = "host"
    period: str | None = None


class Sender(Entry, frozen=True):
    """Who sends for many targets, such as an OMS. `addresses`: one each, or networks as 10.20.1.0/24. `period`: when
    nothing is heard of it for so long, what it tells of is unknown. `heartbeat`: what it sends so regularly, in words.
    """

    name: str
    addresses: tuple[str, ...]
    period: str | None = None
    heartbeat: str = ""


class TargetPeriod(Entry, frozen=True):
    """Targets of these properties are silent when nothing is heard of them for so long, as 15m or 26h."""

    where: Where
    period: str


class Inventory(Entry, frozen=True):
    """The site. Its order is the wall's order. An empty inventory is a site too: all targets are unplaced then.

    `retired`: targets that are taken off the wall, as type:name; * is any text, ? one character. `retire_after`: what
    nothing is heard of for so long, as 90d, is proposed to be retired.
    """

    site: str
    time_zone: str = "UTC"
    tiers: tuple[Tier, ...] = ()
    server_types: tuple[ServerType, ...] = ()
    servers: tuple[Server, ...] = ()
    placements: tuple[AutomaticServer, ...] = ()
    senders: tuple[Sender, ...] = ()
    periods: tuple[TargetPeriod, ...] = ()
    retired: tuple[str, ...] = ()
    retire_after: str | None = None
