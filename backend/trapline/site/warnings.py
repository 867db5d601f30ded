"""What an inventory says that is no error, but surely not meant: what can never hold. Pure."""

from collections.abc import Iterator

from trapline.document import Document
from trapline.site.finding import Finding
from trapline.site.model import AutomaticServer, Inventory, Server
from trapline.site.pattern import Patterns, covers, is_pattern
from trapline.site.placement import short
from trapline.site.where import Wheres


def warnings_of(document: Document, inventory: Inventory) -> list[Finding]:
    """All warnings, by kind."""
    return [
        Finding.warning(document, place, sentence)
        for told in (
            _shadowed_patterns(inventory),
            _shadowed_conditions(inventory),
            _twins(inventory),
            _bare(inventory),
        )
        for place, sentence in told
    ]


def _shadowed_patterns(inventory: Inventory) -> Iterator[tuple[str, str]]:
    patterns = [
        (target, server.name, f"$.servers[{index}].targets[{number}]")
        for index, server in enumerate(inventory.servers)
        for number, target in enumerate(server.targets)
        if is_pattern(target)
    ]
    earlier = Patterns([pattern for pattern, _, _ in patterns])
    for index, (pattern, server, place) in enumerate(patterns):
        for other in earlier.candidates(pattern):
            wide, owner, _ = patterns[other]
            if other < index and owner != server and covers(wide, pattern):
                yield (
                    place,
                    f"{pattern!r} never finds anything: {owner} stands before it with {wide!r}; put {server} first",
                )
                break


def _shadowed_conditions(inventory: Inventory) -> Iterator[tuple[str, str]]:
    servers = [(index, server) for index, server in enumerate(inventory.servers) if server.where]
    asked = Wheres([server.where for _, server in servers])
    for number, (index, server) in enumerate(servers):
        if (earlier := asked.shadow(number)) is not None:
            before = servers[earlier][1].name
            yield (
                f"$.servers[{index}].where",
                f"never holds: what fits it fits {before} before it; put {server.name} first",
            )
    for part, wheres in (
        ("placements", [each.where for each in inventory.placements]),
        ("periods", [each.where for each in inventory.periods]),
    ):
        asked = Wheres(wheres)
        for index in range(len(wheres)):
            if (earlier := asked.shadow(index)) is not None:
                yield (
                    f"$.{part}[{index}].where",
                    f"never holds: what fits it fits number {earlier + 1} of {part} before it",
                )


def _twins(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """Servers that are known by their name, of which the short one could be either's."""
    first: dict[str, str] = {}
    for index, server in enumerate(inventory.servers):
        if server.targets or server.where:
            continue
        bare = short(server.name.lower())
        if (other := first.setdefault(bare, server.name)) != server.name:
            yield (
                f"$.servers[{index}].name",
                f"a target called {bare!r} could be {other} or {server.name}, so it is neither; give both targets",
            )


def _bare(inventory: Inventory) -> Iterator[tuple[str, str]]:
    placed: list[Server | AutomaticServer] = [*inventory.servers, *inventory.placements]
    tiers, types = {each.tier for each in placed}, {each.type for each in placed}
    for index, tier in enumerate(inventory.tiers):
        if tier.id not in tiers:
            yield f"$.tiers[{index}].id", f"the tier {tier.id!r} has no server"
    for index, kind in enumerate(inventory.server_types):
        if kind.id not in types:
            yield f"$.server_types[{index}].id", f"no server is of type {kind.id!r}"
