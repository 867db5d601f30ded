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
from trapline.protocol.canary import TARGET_TYPE, is_canary
from trapline.protocol.grid import UNPLACED
from trapline.shape import shaped

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
    inventory = shaped(document, Inventory)
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
            if is_canary(target):
                document.fail(
                    f"{place}.targets[{number}]",
                    f"{target!r}: the target type {TARGET_TYPE!r} is ours, for canaries; name another target",
                )
            if (owner := claimed.setdefault(target, server.name)) != server.name:
                document.fail(
                    f"{place}.targets[{number}]",
                    f"{target!r} belongs to {owner} already; a target belongs to one server",
                )
