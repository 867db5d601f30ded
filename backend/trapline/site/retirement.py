"""What should be taken off the wall, and why (law 7: proposed here, decided by a person or by the inventory). Pure.

Proposed: a target that an earlier inventory placed and today's does not; what nothing was heard of for longer than
`retire_after`; what `retired` names and is there nevertheless.
Decided by the inventory: what its `retired` names and the one before it did not. Only then, once: whoever restores a
target has said so later, and keeps it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from trapline.protocol.alerts import Target
from trapline.protocol.canary import is_canary
from trapline.protocol.scope import is_ours
from trapline.protocol.status import TargetStatus
from trapline.protocol.upkeep import RetirementProposal
from trapline.site.duration import duration, spoken
from trapline.site.model import Inventory
from trapline.site.models import InForce
from trapline.site.placement import Placement
from trapline.site.retired import Retired


class Retiring(NamedTuple):
    """A target that the inventory retires, and why."""

    target_id: str
    reason: str


def proposals(
    statuses: Iterable[TargetStatus], today: InForce, earlier: Iterable[InForce], now: datetime
) -> list[RetirementProposal]:
    """By how long ago they would have been due, the longest first. `earlier` inventories are asked newest first, and
    only for what today's does not place. Canaries and scopes are no targets.
    """
    placement, retired = Placement(today.inventory), Retired(today.inventory)
    known = {each.target.id: each for each in statuses if not is_canary(each.target.id) and not is_ours(each.target.id)}
    claims = {target_id: placement.claim(status.target) for target_id, status in known.items()}
    gone = _gone([known[target_id].target for target_id, claim in claims.items() if claim is None], today, earlier)
    found: list[RetirementProposal] = []
    for target_id, status in known.items():
        why: tuple[datetime, str] | None
        if (named := retired.entry(status.target, claims[target_id])) is not None:
            why = today.since_at, f"the inventory's `retired` names it ({named}), and it was restored or heard of since"
        else:
            why = gone.get(target_id) or _quiet(status, today.inventory.retire_after, now)
        if why is not None:
            claim = claims[target_id]
            server = claim.server.name if claim else target_id
            found.append(RetirementProposal(target_id=target_id, server=server, reason=why[1], since=why[0]))
    return sorted(found, key=lambda one: (one.since, one.target_id))


def _gone(targets: Iterable[Target], today: InForce, earlier: Iterable[InForce]) -> dict[str, tuple[datetime, str]]:
    """Since when what an earlier inventory placed is placed by none, and whose it was."""
    waiting = {target.id: target for target in targets}
    found: dict[str, tuple[datetime, str]] = {}
    if not waiting:
        return found
    ended = today.since_at
    for since_at, inventory in earlier:
        placement = Placement(inventory)
        for target_id, target in list(waiting.items()):
            if (server := placement.server_of(target)) is not None:
                reason = f"gone from the inventory: until {ended:%Y-%m-%d %H:%M} UTC it belonged to {server.name}"
                found[target_id] = ended, reason
                del waiting[target_id]
        ended = since_at
    return found


def _quiet(status: TargetStatus, retire_after: str | None, now: datetime) -> tuple[datetime, str] | None:
    if retire_after is None or now - status.last_heard_at <= duration(retire_after):
        return None
    quiet, most = spoken(now - status.last_heard_at), spoken(duration(retire_after))
    return status.last_heard_at, f"nothing was heard of it for {quiet}; retire_after is {most}"


def decided(targets: Iterable[Target], inventory: Inventory, before: Inventory | None) -> list[Retiring]:
    """What a new inventory retires of the targets that have a status, by id."""
    now, then = (_named_by(each) for each in (inventory, before or Inventory(site="")))
    found = [
        Retiring(target.id, f"the inventory's `retired` names it ({entry})")
        for target in targets
        if not is_canary(target.id) and not is_ours(target.id)
        if (entry := now(target)) is not None and then(target) is None
    ]
    return sorted(found)


def _named_by(inventory: Inventory) -> Callable[[Target], str | None]:
    placement, retired = Placement(inventory), Retired(inventory)
    return lambda target: retired.entry(target, placement.claim(target))
