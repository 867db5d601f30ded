"""What the canaries tell: how fresh the wall is, and when a node was blind. Pure.

A node is a canary's name. A node that is gone, or was renamed, is never told to be forgotten: the 100 that were heard
last are kept.
"""

from datetime import datetime
from typing import Final

from trapline.protocol.alerts import BlindInterval
from trapline.protocol.status import TargetStatus

MOST_NODES: Final = 100
_MOST_BLIND_INTERVALS: Final = 20


class Canaries:
    """The canaries of all nodes, by target id. They are no cells, and outlive an epoch."""

    def __init__(self) -> None:
        self._statuses: dict[str, TargetStatus] = {}

    def update(self, target_id: str, status: TargetStatus | None) -> None:
        """Takes the newest status of a canary; None forgets it (a tombstone)."""
        if status is None:
            self._statuses.pop(target_id, None)
            return
        self._statuses[target_id] = status
        if len(self._statuses) > MOST_NODES:
            del self._statuses[min(self._statuses, key=lambda each: self._statuses[each].last_heard_at)]

    def heard_at(self, node: str) -> datetime | None:
        """When the canary of this node was last received; where none of its own sings, the newest of all."""
        own = [status.last_heard_at for status in self._statuses.values() if status.target.name == node]
        return max(own or (status.last_heard_at for status in self._statuses.values()), default=None)

    def blind(self) -> tuple[BlindInterval, ...]:
        """The last times in which any node could not receive, newest last."""
        told = (interval for status in self._statuses.values() for interval in status.blind)
        return tuple(sorted(told, key=lambda one: one.to_at)[-_MOST_BLIND_INTERVALS:])
