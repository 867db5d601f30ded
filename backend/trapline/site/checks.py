"""What an inventory of the right shape may still say that cannot be. Pure.

Ids and names are unique; a server's tier and type exist; a target is claimed by one server only; lengths of time,
addresses and the time zone are such.
"""

from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from zoneinfo import ZoneInfo

from trapline.document import Document
from trapline.protocol.canary import TARGET_TYPE, is_canary
from trapline.protocol.grid import UNPLACED
from trapline.protocol.scope import is_ours
from trapline.site.duration import duration
from trapline.site.finding import Finding
from trapline.site.model import AutomaticServer, Inventory, Server, Where

Problem = tuple[str, str]
"""A place in the document and a sentence."""


def errors_of(document: Document, inventory: Inventory) -> list[Finding]:
    """All errors, by part of the file."""
    problems = [
        *_time_zone(inventory),
        *_unique(document, "tiers", "id", [tier.id for tier in inventory.tiers]),
        *_unique(document, "server_types", "id", [kind.id for kind in inventory.server_types]),
        *_unique(document, "servers", "name", [server.name for server in inventory.servers]),
        *_unique(document, "senders", "name", [sender.name for sender in inventory.senders]),
        *_reserved(inventory),
        *_standing(inventory),
        *_targets(inventory),
        *_conditions(inventory),
        *_lengths(inventory),
        *_addresses(inventory),
        *_retired(inventory),
    ]
    return [Finding.error(document, place, sentence) for place, sentence in problems]


def _time_zone(inventory: Inventory) -> Iterator[Problem]:
    try:
        ZoneInfo(inventory.time_zone)
    except (KeyError, OSError, ValueError):  # unknown, a folder of zones, no name at all
        yield "$.time_zone", f"there is no time zone {inventory.time_zone!r}; say one such as Europe/Zurich or UTC"


def _unique(document: Document, part: str, field: str, names: list[str]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        place = f"$.{part}[{index}].{field}"
        if not name.strip():
            yield place, f"this {field} is empty; give it a name"
        elif name in first:
            line = document.line(f"$.{part}[{first[name]}].{field}")
            yield place, f"{name!r} is there already, in line {line}; names must differ"
        first.setdefault(name, index)


def _reserved(inventory: Inventory) -> Iterator[Problem]:
    for index, tier in enumerate(inventory.tiers):
        if tier.id == UNPLACED:
            yield f"$.tiers[{index}].id", f"the tier id {UNPLACED!r} is ours, for targets of no server; choose another"


def _standing(inventory: Inventory) -> Iterator[Problem]:
    tiers = {tier.id: None for tier in inventory.tiers}
    types = {kind.id: None for kind in inventory.server_types}
    placed: Iterable[tuple[str, str, Server | AutomaticServer]] = (
        *((f"$.servers[{index}]", server.name, server) for index, server in enumerate(inventory.servers)),
        *((f"$.placements[{index}]", "what this places", each) for index, each in enumerate(inventory.placements)),
    )
    for place, name, each in placed:
        if each.tier not in tiers:
            yield f"{place}.tier", f"{name} is in tier {each.tier!r}, but the tiers are: {_listed(tiers)}"
        if each.type not in types:
            yield f"{place}.type", f"{name} is of type {each.type!r}, but the types are: {_listed(types)}"


def _targets(inventory: Inventory) -> Iterator[Problem]:
    claimed: dict[str, str] = {}
    for index, server in enumerate(inventory.servers):
        for number, target in enumerate(server.targets):
            place = f"$.servers[{index}].targets[{number}]"
            yield from _target(place, target, server.name)
            if (owner := claimed.setdefault(target, server.name)) != server.name:
                yield place, f"{target!r} belongs to {owner} already; a target belongs to one server"


def _target(place: str, target: str, example: str) -> Iterator[Problem]:
    kind, colon, name = target.partition(":")
    if not (kind.strip() and colon and name.strip()):
        yield place, f"{target!r} is no target; write type:name, for example host:{example}.example.com"
    if is_canary(target):
        yield place, f"{target!r}: the target type {TARGET_TYPE!r} is ours, for canaries; name another target"
    if is_ours(target):
        yield place, f"{target!r}: the target type {kind!r} is ours, for commands; name another target"


def _conditions(inventory: Inventory) -> Iterator[Problem]:
    wheres: Iterable[tuple[str, Where]] = (
        *((f"$.placements[{index}]", each.where) for index, each in enumerate(inventory.placements)),
        *((f"$.periods[{index}]", each.where) for index, each in enumerate(inventory.periods)),
    )
    for place, where in wheres:
        if not where:
            yield f"{place}.where", "where asks for nothing, which every target has; say at least a type"
    everywhere = (*((f"$.servers[{index}]", each.where) for index, each in enumerate(inventory.servers)), *wheres)
    for place, where in everywhere:
        for name, wanted in where.items():
            if not name.strip() or not wanted:
                yield f"{place}.where.{name}", f"{name!r} asks for nothing; give it a value, or * for any"


def _lengths(inventory: Inventory) -> Iterator[Problem]:
    written: Iterable[tuple[str, str | None]] = (
        *((f"$.servers[{index}].period", each.period) for index, each in enumerate(inventory.servers)),
        *((f"$.placements[{index}].period", each.period) for index, each in enumerate(inventory.placements)),
        *((f"$.senders[{index}].period", each.period) for index, each in enumerate(inventory.senders)),
        *((f"$.periods[{index}].period", each.period) for index, each in enumerate(inventory.periods)),
        ("$.retire_after", inventory.retire_after),
    )
    for place, text in written:
        try:
            duration(text or "1s")
        except ValueError as error:
            yield place, str(error)


def _addresses(inventory: Inventory) -> Iterator[Problem]:
    senders: dict[str, str] = {}
    for index, sender in enumerate(inventory.senders):
        if not sender.addresses:
            yield f"$.senders[{index}]", f"{sender.name} has no address; give at least one"
        for number, address in enumerate(sender.addresses):
            place = f"$.senders[{index}].addresses[{number}]"
            try:
                network = str(ip_network(address))
            except ValueError:
                yield place, f"{address!r} is no address; write one as 10.20.1.5, or a network as 10.20.1.0/24"
                continue
            if (owner := senders.setdefault(network, sender.name)) != sender.name:
                yield place, f"{address} belongs to {owner} already; an address belongs to one sender"


def _retired(inventory: Inventory) -> Iterator[Problem]:
    listed = {target: server.name for server in inventory.servers for target in server.targets}
    for index, target in enumerate(inventory.retired):
        place = f"$.retired[{index}]"
        yield from _target(place, target, "old-01")
        if (owner := listed.get(target)) is not None:
            yield place, f"{target!r} is listed under {owner}; what is retired belongs to no server, so remove one"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "none yet"
