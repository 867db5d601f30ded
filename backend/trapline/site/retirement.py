"""What should be taken off the wall, and why (law 7: proposed here, decided by a person or by the inventory). Pure.

Proposed: a target that an earlier inventory placed and today's does not; what nothing was heard of for longer than
`retire_after`; what `retired` names and is there nevertheless.
Decided by the inventory: what its `retired` names and the one before it did not. Only then, once: whoever restores a
target has said so later, and keeps it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from trapline.protocol.canary import is_canary
from trapline.protocol.scope import is_ours
from trapline.protocol.status import TargetStatus
from trapline.protocol.upkeep import RetirementProposal
from trapline.site.duration import duration, spoken
from trapline.site.model import Inventory
from trapline.site.models import InForce
from trapline.site.pattern import Patterns
from trapline.site.placement import Placement


class Retiring(NamedTuple):
    """A target that the inventory retires, and why."""

    target_id: str
    reason: str


class Proposer:
    """Proposals by one history of inventories, oldest first; the last is in force. Keeps what it looked up."""

    def __init__(self, history: Sequence[InForce]) -> None:
        self._history = [(each.since_at, Placement(each.inventory)) for each in history]
        self._inventory = history[-1].inventory
        self._retired = Patterns(self._inventory.retired)

    def proposals(self, statuses: Iterable[TargetStatus], now: datetime) -> list[RetirementProposal]:
        """By how long ago they would have been due, the longest first. Canaries and scopes are no targets."""
        found = [one for status in statuses if (one := self._proposal(status, now)) is not None]
        return sorted(found, key=lambda one: (one.since, one.target_id))

    def _proposal(self, status: TargetStatus, now: datetime) -> RetirementProposal | None:
        target = status.target
        if is_canary(target.id) or is_ours(target.id):
            return None
        since_at, reason = status.last_heard_at, ""
        if (index := self._retired.first(target.id)) is not None:
            named = self._inventory.retired[index]
            since_at = self._history[-1][0]
            reason = f"the inventory's `retired` names it ({named}), and it was restored or heard of since"
        elif (gone := self._gone(status)) is not None:
            since_at, server = gone
            reason = f"gone from the inventory: until {since_at:%Y-%m-%d %H:%M} UTC it belonged to {server}"
        elif self._inventory.retire_after is not None:
            quiet, most = now - status.last_heard_at, duration(self._inventory.retire_after)
            if quiet > most:
                reason = f"nothing was heard of it for {spoken(quiet)}; retire_after is {spoken(most)}"
        if not reason:
            return None
        claim = self._history[-1][1].claim(target)
        return RetirementProposal(
            target_id=target.id, server=claim.server.name if claim else target.id, reason=reason, since=since_at
        )

    def _gone(self, status: TargetStatus) -> tuple[datetime, str] | None:
        """When the last inventory that placed it was followed by one that did not, and its server then."""
        ended: datetime | None = None
        for since_at, placement in reversed(self._history):
            if (server := placement.server_of(status.target)) is not None:
                return (ended, server.name) if ended is not None else None
            ended = since_at
        return None


def decided(target_ids: Iterable[str], inventory: Inventory, before: Inventory | None) -> list[Retiring]:
    """What a new inventory retires of the targets that have a status."""
    named, named_before = Patterns(inventory.retired), Patterns(before.retired if before else ())
    return [
        Retiring(target_id, f"the inventory's `retired` names it ({inventory.retired[index]})")
        for target_id in sorted(target_ids)
        if not is_canary(target_id)
        and not is_ours(target_id)
        and (index := named.first(target_id)) is not None
        and named_before.first(target_id) is None
    ]
