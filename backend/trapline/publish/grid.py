"""The wall's cells, numbered frames of what changed, and nothing else. Pure: no clock, no Kafka, no WAMP.

A frame holds the last state of each cell that changed since the frame before; what changed and changed back is in
none. A snapshot is what all frames so far add up to, so that snapshot + later frames == later snapshot (law 4).
A frame is bounded: what does not fit is in the next one, the oldest change first (law 5).
"""

import heapq
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from trapline.protocol import canary
from trapline.protocol.grid import UNPLACED, Cell, GridFrame, ServerDetail
from trapline.protocol.records import BlindInterval, TargetStatus
from trapline.publish.cells import Place, fold, trend_changes_at
from trapline.publish.detail import detail_of
from trapline.publish.size import MOST_OCTETS, octets_of
from trapline.site import Inventory, Placement

_MOST_BLIND_INTERVALS: Final = 20


class Grid:
    """All cells of one site in one epoch."""

    def __init__(self, inventory: Inventory, epoch: str) -> None:
        self.epoch = epoch
        self.frame = 0
        self._placement = Placement(inventory)
        self._places = {server.name: Place(server.name, server.tier, server.type) for server in inventory.servers}
        self._home: dict[str, Place] = {}
        self._members: dict[str, dict[str, TargetStatus]] = {}
        self._canaries: dict[str, TargetStatus] = {}
        # A dict keeps the order in which cells changed first, and each of them once.
        self._changed: dict[str, Place] = dict(self._places)
        self._trend_due: dict[str, datetime] = {}
        self._trend_queue: list[tuple[datetime, str]] = []
        self.cells: dict[str, Cell] = {}

    def update(self, target_id: str, status: TargetStatus | None) -> None:
        """Takes the newest status of a target; None forgets it (a tombstone)."""
        if target_id.startswith(f"{canary.TARGET_TYPE}:"):
            if status is None:
                self._canaries.pop(target_id, None)
            else:
                self._canaries[target_id] = status
            return
        place = self._home.get(target_id)
        if place is None:
            if status is None:
                return
            place = self._home[target_id] = self._place(status)
        members = self._members.setdefault(place.server, {})
        if status is None:
            del members[target_id], self._home[target_id]
        else:
            members[target_id] = status
        self._changed.setdefault(place.server, place)

    def _place(self, status: TargetStatus) -> Place:
        server = self._placement.server_of(status.target)
        if server is not None:
            return self._places[server.name]
        return Place(status.target.id, UNPLACED, status.target.type)

    @property
    def is_changed(self) -> bool:
        """Whether `cut` has something to look at."""
        return bool(self._changed)

    def advance(self, now: datetime) -> None:
        """Looks again at the cells whose trend may have changed because time passed."""
        while self._trend_queue and self._trend_queue[0][0] <= now:
            due, server = heapq.heappop(self._trend_queue)
            if self._trend_due.get(server) == due:
                del self._trend_due[server]
                if server in self.cells:
                    cell = self.cells[server]
                    self._changed.setdefault(server, Place(server, cell.tier, cell.server_type))

    def settle(self, now: datetime) -> None:
        """Takes all changes in without a frame: before the first snapshot nobody has anything to be told."""
        for place in self._changed.values():
            self._settle(place, now)
        self._changed.clear()

    def cut(self, now: datetime) -> GridFrame | None:
        """The next frame; None when no cell differs from what was last told."""
        cells: list[Cell] = []
        removed: list[str] = []
        octets = 0
        while self._changed and octets < MOST_OCTETS:
            server = next(iter(self._changed))
            before = self.cells.get(server)
            after = self._settle(self._changed.pop(server), now)
            if after is None and before is not None:
                removed.append(server)
                octets += len(server)
            elif after is not None and after != before:
                cells.append(after)
                octets += octets_of(after)
        if not cells and not removed:
            return None
        self.frame += 1
        return GridFrame(epoch=self.epoch, frame=self.frame, cells=tuple(cells), removed=tuple(removed))

    def _settle(self, place: Place, now: datetime) -> Cell | None:
        statuses = list(self._members.get(place.server, {}).values())
        if not statuses and place.server not in self._places:
            self.cells.pop(place.server, None)
            self._members.pop(place.server, None)
            return None
        due = trend_changes_at(statuses, now)
        if due is not None and self._trend_due.get(place.server) != due:
            self._trend_due[place.server] = due
            heapq.heappush(self._trend_queue, (due, place.server))
        cell = self.cells[place.server] = fold(place, statuses, now)
        return cell

    def detail(self, server: str) -> ServerDetail | None:
        """A cell as last told, and its targets, worst first; None when there is no such server."""
        cell = self.cells.get(server)
        if cell is None:
            return None
        return detail_of(cell, self._members.get(server, {}).values())

    def canary_at(self, node: str) -> datetime | None:
        """When the canary of this node was last received; where none of its own sings, the newest of all."""
        own = [status.last_heard_at for status in self._canaries.values() if status.target.name == node]
        return max(own or (status.last_heard_at for status in self._canaries.values()), default=None)

    def blind(self) -> tuple[BlindInterval, ...]:
        """The last times in which any node could not receive, newest last."""
        return tuple(sorted(self._blind(), key=lambda one: one.to_at)[-_MOST_BLIND_INTERVALS:])

    def _blind(self) -> Iterable[BlindInterval]:
        return (interval for status in self._canaries.values() for interval in status.blind)
