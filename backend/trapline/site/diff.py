"""What a changed inventory would do to the wall. Pure.

Sentences with a sign in front, as in a patch: `+` comes, `-` goes, `~` is another. Rows and columns first, then
servers, then targets: those that are known, or, where nobody knows any, those that either of the two lists by name.
"""

from collections.abc import Iterable, Iterator, Mapping

from trapline.protocol.alerts import Target
from trapline.site.model import Inventory, ServerType, Tier
from trapline.site.pattern import is_pattern
from trapline.site.placement import Placement
from trapline.site.retired import Retired


def differences(before: Inventory, after: Inventory, known: Iterable[Target] | None = None) -> list[str]:
    """Nothing where the wall stays as it is."""
    targets = _listed(before, after) if known is None else known
    return [
        *_head(before, after),
        *_labelled("tier", before.tiers, after.tiers),
        *_labelled("server type", before.server_types, after.server_types),
        *_servers(before, after),
        *_targets(before, after, sorted(targets, key=lambda each: each.id)),
    ]


def _listed(before: Inventory, after: Inventory) -> list[Target]:
    ids = {target for each in (before, after) for server in each.servers for target in server.targets}
    named = (target.partition(":") for target in ids if not is_pattern(target))
    return [Target(type=kind, name=name) for kind, _, name in named]


def _head(before: Inventory, after: Inventory) -> Iterator[str]:
    for what, old, new in (
        ("site", before.site, after.site),
        ("time zone", before.time_zone, after.time_zone),
        ("retire_after", before.retire_after, after.retire_after),
    ):
        if old != new:
            yield f"~ {what}: {old or 'none'} becomes {new or 'none'}"
    for part, said in (("senders", before.senders != after.senders), ("periods", before.periods != after.periods)):
        if said:
            yield f"~ {part}: what is silent is judged otherwise"


def _labelled(what: str, before: tuple[Tier | ServerType, ...], after: tuple[Tier | ServerType, ...]) -> Iterator[str]:
    old, new = ({each.id: each.label or each.id for each in side} for side in (before, after))
    yield from _come_and_gone(what, old, new)
    for name, label in new.items():
        if old.get(name, label) != label:
            yield f"~ {what} {name}: {old[name]} becomes {label}"
    stay = [[name for name in side if name in old and name in new] for side in (old, new)]
    if stay[0] != stay[1]:
        yield f"~ the {what}s stand in another order: {', '.join(new)}"


def _servers(before: Inventory, after: Inventory) -> Iterator[str]:
    old, new = ({each.name: f"{each.tier}, {each.type}" for each in side.servers} for side in (before, after))
    yield from _come_and_gone("server", old, new)
    for name, stands in new.items():
        if name in old and old[name] != stands:
            yield f"~ server {name} moves from {old[name]} to {stands}"


def _come_and_gone(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name, says in new.items():
        if name not in old:
            yield f"+ {what} {name} ({says})"
    for name, says in old.items():
        if name not in new:
            yield f"- {what} {name} ({says})"


def _targets(before: Inventory, after: Inventory, targets: Iterable[Target]) -> Iterator[str]:
    old_places, new_places = Placement(before), Placement(after)
    old_retired, new_retired = Retired(before), Retired(after)
    for target in targets:
        old, new = old_places.claim(target), new_places.claim(target)
        if new_retired.entry(target, new) is not None and old_retired.entry(target, old) is None:
            yield f"- {target.id} is retired"
        elif old is not None and new is None:
            yield f"- {target.id} leaves {old.server.name} for those not in the inventory, to be retired"
        elif new is not None and (old is None or old.server.name != new.server.name):
            came = f"moves from {old.server.name} to" if old else "comes to"
            yield f"{'~' if old else '+'} {target.id} {came} {new.server.name}: {new.reason}"
