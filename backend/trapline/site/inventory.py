"""`inventory.yaml` to Inventory. Pure but for `load`. Every error names file, line, value and the way out.

Rules: ids and names are unique; a server's tier and type exist; a target is claimed by one server only.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from trapline import document as yaml_document
from trapline.document import Document
from trapline.protocol.grid import UNPLACED

FILE_NAME = "inventory.yaml"
_TARGET = re.compile(r"[^:\s]+:.*\S.*")


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of what stands in the file: a word that we do not know is an error, not a wish ignored."""


class Tier(_Entry, frozen=True):
    """A row of the wall."""

    id: str
    label: str = ""


class ServerType(_Entry, frozen=True):
    """A column of the wall."""

    id: str
    label: str = ""


class Server(_Entry, frozen=True):
    """A cell. `targets`: ids `type:name`, `*` and `?` allowed; empty: whatever bears the server's name."""

    name: str
    tier: str
    type: str
    targets: tuple[str, ...] = ()


class Inventory(_Entry, frozen=True):
    """The site's order is the wall's order. An empty inventory is a site too: all targets are unplaced then."""

    site: str
    time_zone: str = "UTC"
    tiers: tuple[Tier, ...] = ()
    server_types: tuple[ServerType, ...] = ()
    servers: tuple[Server, ...] = ()


def load(site: Path) -> Inventory:
    """The inventory in the folder `site`. Raises SettingError."""
    return _inventory(yaml_document.read(site / FILE_NAME, "TRAPLINE_SITE names the folder that holds it"))


def parse(text: str, file: str = FILE_NAME) -> Inventory:
    """YAML text as Inventory. Raises SettingError."""
    return _inventory(yaml_document.parse(text, file))


def _inventory(document: Document) -> Inventory:
    try:
        inventory = msgspec.convert(document.values, Inventory)
    except msgspec.ValidationError as error:
        sentence, _, place = str(error).partition(" - at `")
        place = place.rstrip("`") or "$"
        document.fail(place, _in_plain_words(sentence, place))
    _check_time_zone(document, inventory.time_zone)
    _check_unique(document, "tiers", "id", [tier.id for tier in inventory.tiers])
    _check_unique(document, "server_types", "id", [kind.id for kind in inventory.server_types])
    _check_unique(document, "servers", "name", [server.name for server in inventory.servers])
    for index, tier in enumerate(inventory.tiers):
        if tier.id == UNPLACED:
            document.fail(
                f"$.tiers[{index}].id", f"the tier id {UNPLACED!r} is ours, for targets of no server; choose another"
            )
    _check_servers(document, inventory)
    return inventory


def _in_plain_words(sentence: str, place: str) -> str:
    what = place.rpartition(".")[2] if place != "$" else "the file"
    if match := re.search(r"missing required field `(\w+)`", sentence):
        return f"{_thing(place)} has no {match[1]!r}; add it"
    if match := re.search(r"unknown field `(.*)`", sentence):
        return f"{match[1]!r} is no word of {_thing(place)}; allowed are {_words(place)}"
    if match := re.match(r"Expected `(.*)`, got `(.*)`", sentence):
        wanted = {"array": "a list", "object": "a mapping", "str": "a text (put it in quotes)"}.get(match[1], match[1])
        return f"{what} must be {wanted}, but it is {_kind(match[2])}"
    return f"{what}: {sentence}"


def _kind(name: str) -> str:
    kinds = {"null": "empty", "int": "a number", "float": "a number", "bool": "yes or no", "array": "a list"}
    return kinds.get(name, {"object": "a mapping", "str": "a text"}.get(name, name))


def _thing(place: str) -> str:
    return {"$.tiers": "a tier", "$.server_types": "a server type", "$.servers": "a server"}.get(
        place.partition("[")[0], "the inventory"
    )


def _words(place: str) -> str:
    kinds: dict[str, type[_Entry]] = {"$.tiers": Tier, "$.server_types": ServerType, "$.servers": Server}
    return _listed(kinds.get(place.partition("[")[0], Inventory).__struct_fields__)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "none yet"


def _check_time_zone(document: Document, name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown, a folder of zones, no name at all
        document.fail("$.time_zone", f"there is no time zone {name!r}; say one such as Europe/Zurich or UTC")


def _check_unique(document: Document, part: str, field: str, names: list[str]) -> None:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        place = f"$.{part}[{index}].{field}"
        if not name.strip():
            document.fail(place, f"this {field} is empty; give it a name")
        if name in first:
            line = document.line(f"$.{part}[{first[name]}].{field}")
            document.fail(place, f"{name!r} is there already, in line {line}; names must differ")
        first[name] = index


def _check_servers(document: Document, inventory: Inventory) -> None:
    tiers = {tier.id for tier in inventory.tiers}
    types = {kind.id for kind in inventory.server_types}
    claimed: dict[str, str] = {}
    for index, server in enumerate(inventory.servers):
        place = f"$.servers[{index}]"
        if server.tier not in tiers:
            known = _listed(tier.id for tier in inventory.tiers)
            document.fail(f"{place}.tier", f"{server.name} is in tier {server.tier!r}, but the tiers are: {known}")
        if server.type not in types:
            known = _listed(kind.id for kind in inventory.server_types)
            document.fail(f"{place}.type", f"{server.name} is of type {server.type!r}, but the types are: {known}")
        for number, target in enumerate(server.targets):
            if not _TARGET.fullmatch(target):
                document.fail(
                    f"{place}.targets[{number}]",
                    f"{target!r} is no target; write type:name, for example host:{server.name}.example.com",
                )
            if (owner := claimed.setdefault(target, server.name)) != server.name:
                document.fail(
                    f"{place}.targets[{number}]",
                    f"{target!r} belongs to {owner} already; a target belongs to one server",
                )
