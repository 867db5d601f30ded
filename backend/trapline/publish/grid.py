"""The wall's cells, numbered frames of what changed, and nothing else. Pure: no clock, no Kafka, no WAMP.

A frame holds the last state of each cell that changed since the frame before; what changed and changed back is in
none. A snapshot is what all frames so far add up to, so that snapshot + later frames == later snapshot (law 4).
A frame is bounded: what does not fit is in the next one, the oldest change first (law 5).
"""

import heapq
import sys
from datetime import datetime
from typing import Final

from trapline.protocol.grid import UNPLACED, Cell, GridFrame, ServerDetail
from trapline.protocol.status import TargetStatus
from trapline.publish.cells import Place, fold, trend_changes_at
from trapline.publish.detail import detail_of
from trapline.publish.size import MOST_OCTETS, octets_of
from trapline.site import Inventory, Placement

_NOBODY: Final = sys.maxsize


class Grid:
    """All cells of one site in one epoch."""

    def __init__(self, inventory: Inventory, epoch: str) -> None:
        self.epoch = epoch
        self.frame = 0
        self._placement = Placement(inventory)
        self._places = {server.name: Place(server.name, server.tier, server.type) for server in inventory.servers}
        self._home: dict[str, Place] = {}
        self._members: dict[str, dict[str, TargetStatus]] = {}
        # A dict keeps the order in which cells changed first, and each of them once.
        self._changed: dict[str, Place] = dict(self._places)
        self._trend_due: dict[str, datetime] = {}
        self._trend_queue: list[tuple[datetime, str]] = []
        self.cells: dict[str, Cell] = {}

    def update(self, target_id: str, status: TargetStatus | None) -> None:
        """Takes the newest status of a target; None forgets it (a tombstone)."""
        home = self._home.get(target_id)
        place = None if status is None else self._place(target_id, status)
        if home is not None and home != place:
            del self._members[home.server][target_id], self._home[target_id]
            self._changed[home.server] = home
        if status is not None and place is not None:
            self._home[target_id] = place
            self._members.setdefault(place.server, {})[target_id] = status
            self._changed[place.server] = place

    def _place(self, target_id: str, status: TargetStatus) -> Place:
        home = self._home.get(target_id)
        # Looked up again only where the target is another one: on a new host it may be another server's.
        if home is not None and self._members[home.server][target_id].target == status.target:
            return home
        claim = self._placement.claim(status.target)
        if claim is None:
            # A server may be named as a target's id is; there is one cell of a name.
            return self._places.get(target_id) or Place(target_id, UNPLACED, status.target.type, _NOBODY)
        server = claim.server
        return self._places.get(server.name) or Place(server.name, server.tier, server.type, claim.rank)

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
        statuses = self._statuses_of(place.server)
        if place.server not in self._places and statuses:
            # Several placements may call a server alike: the one that stands first in the file has it.
            place = min((self._home[status.target.id] for status in statuses), key=lambda each: (each.rank, each))
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
        return detail_of(cell, self._statuses_of(server))

    def _statuses_of(self, server: str) -> list[TargetStatus]:
        # By id, because of two alerts that are equally bad and equally old the first is shown: whoever came first.
        members = self._members.get(server, {})
        return [members[target_id] for target_id in sorted(members)]
