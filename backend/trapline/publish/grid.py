"""The wall's cells, numbered frames of what changed, and nothing else. Pure: no clock, no Kafka, no WAMP.

A frame holds the last state of each cell that changed since the frame before; what changed and changed back is in
none. A snapshot is what all frames so far add up to, so that snapshot + later frames == later snapshot (law 4).
A frame is bounded: what does not fit is in the next one, the oldest change first (law 5).

A target that is retired is part of no cell, whatever its status says (law 7). A server of which nothing is left but
retired targets is no cell, also where the inventory has it.
"""

import sys
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Final

from trapline.deadlines import Deadlines
from trapline.protocol.alerts import Target
from trapline.protocol.grid import UNPLACED, Cell, GridFrame, ServerDetail
from trapline.protocol.scope import is_ours, server_scope, tier_scope
from trapline.protocol.status import TargetStatus
from trapline.publish import maintenance
from trapline.publish.cells import Place, fold, trend_changes_at
from trapline.publish.detail import detail_of
from trapline.publish.size import MOST_OCTETS, octets_of
from trapline.site import Inventory, Placement
from trapline.site.placement import LISTED
from trapline.site.silence import Silence
from trapline.site.suggest import Suggester

_NOBODY: Final = sys.maxsize


class Grid:
    """All cells of one site in one epoch."""

    def __init__(self, inventory: Inventory, epoch: str) -> None:
        self.epoch = epoch
        self.frame = 0
        self._placement = Placement(inventory)
        self._inventory = inventory
        self._silence = Silence(inventory)
        self._why_silent: dict[str, str] = {}
        self._places = {
            server.name: Place(server.name, server.tier, server.type, LISTED, server.period)
            for server in inventory.servers
        }
        self._home: dict[str, Place] = {}
        self._members: dict[str, dict[str, TargetStatus]] = {}
        # A dict keeps the order in which cells changed first, and each of them once.
        self._changed: dict[str, Place] = dict(self._places)
        self._agenda = Deadlines[str]()  # a trend fades, planned work begins or ends, silence begins
        self._scopes: dict[str, maintenance.Windows] = {}
        self._retired: dict[str, Place] = {}
        self._left: dict[str, set[str]] = {}
        self.cells: dict[str, Cell] = {}

    def update(self, target_id: str, status: TargetStatus | None) -> None:
        """Takes the newest status of a target, or of a scope; None forgets it (a tombstone)."""
        if is_ours(target_id):
            self._plan(target_id, status.windows if status else ())
            return
        if status is not None:
            self._silence.hear(status)
        if target_id not in self._retired:
            self._take(target_id, status)

    def retire(self, target_id: str, target: Target) -> None:
        """From now on the target is part of no cell."""
        # Looked up each time: what is heard of a retired target may put it on another host.
        place, before = self._find(target), self._retired.get(target_id)
        if before is not None:
            self._left[before.server].discard(target_id)
            self._changed.setdefault(before.server, before)
        self._retired[target_id] = place
        self._left.setdefault(place.server, set()).add(target_id)
        self._take(target_id, None)
        self._changed.setdefault(place.server, place)

    def server_of_retired(self, target_id: str) -> str:
        """The server whose cell a retired target left."""
        return self._retired[target_id].server

    def restore(self, target_id: str, status: TargetStatus | None) -> None:
        """The target is back, with the newest status that there is of it."""
        place = self._retired.pop(target_id, None)
        if place is not None:
            self._left[place.server].discard(target_id)
            self._changed.setdefault(place.server, place)
        self.update(target_id, status)

    def planned(self) -> Mapping[str, maintenance.Windows]:
        """The windows of all targets and scopes that have any."""
        of_targets = {
            target_id: status.windows
            for members in self._members.values()
            for target_id, status in members.items()
            if status.windows
        }
        return self._scopes | of_targets

    def planned_on(self, server: str) -> Mapping[str, maintenance.Windows]:
        """Those that concern a cell: of its targets, and the scopes that it is part of."""
        cell = self.cells.get(server)
        scopes = (server_scope(server), tier_scope(cell.tier)) if cell else ()
        of_scopes = {scope: self._scopes[scope] for scope in scopes if scope in self._scopes}
        members = self._members.get(server, {})
        return of_scopes | {target_id: status.windows for target_id, status in members.items() if status.windows}

    def _plan(self, scope: str, planned: maintenance.Windows) -> None:
        if planned:
            self._scopes[scope] = planned
        elif self._scopes.pop(scope, None) is None:
            return
        for server, cell in self.cells.items():
            if scope in {server_scope(server), tier_scope(cell.tier)}:
                self._look_again(server)

    def _take(self, target_id: str, status: TargetStatus | None) -> None:
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
        return self._find(status.target)

    def _find(self, target: Target) -> Place:
        claim = self._placement.claim(target)
        if claim is None:
            # A server may be named as a target's id is; there is one cell of a name.
            return self._places.get(target.id) or Place(target.id, UNPLACED, target.type, _NOBODY)
        server = claim.server
        return self._places.get(server.name) or Place(server.name, server.tier, server.type, claim.rank, server.period)

    @property
    def is_changed(self) -> bool:
        """Whether `cut` has something to look at."""
        return bool(self._changed)

    def advance(self, now: datetime) -> None:
        """Looks again at the cells that may have changed because time passed."""
        self._listen(now)
        for server in self._agenda.take(now):
            self._look_again(server)

    def _listen(self, now: datetime) -> None:
        """Looks again at all that a sender tells of which fell silent, or is heard of again."""
        turned = self._silence.turned(now)
        if not turned:
            return
        for server, members in self._members.items():
            if any(self._silence.name_of(status.sender) in turned for status in members.values()):
                self._look_again(server)

    def _look_again(self, server: str) -> None:
        cell = self.cells.get(server)
        if cell is not None:  # what is no cell yet is new, and looked at anyway
            self._changed.setdefault(server, Place(server, cell.tier, cell.server_type))

    def settle(self, now: datetime) -> None:
        """Takes all changes in without a frame: before the first snapshot nobody has anything to be told."""
        self._listen(now)
        for place in self._changed.values():
            self._settle(place, now)
        self._changed.clear()

    def cut(self, now: datetime) -> GridFrame | None:
        """The next frame; None when no cell differs from what was last told."""
        self._listen(now)
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
        place = self._places.get(place.server, place)
        if place.server not in self._places and statuses:
            # Several placements may call a server alike: the one that stands first in the file has it.
            place = min((self._home[status.target.id] for status in statuses), key=lambda each: (each.rank, each))
        if not statuses and (place.server not in self._places or self._left.get(place.server)):
            self.cells.pop(place.server, None)
            self._members.pop(place.server, None)
            self._why_silent.pop(place.server, None)
            return None
        scopes = (
            *self._scopes.get(server_scope(place.server), ()),
            *self._scopes.get(tier_scope(place.tier), ()),
        )
        moments = (
            trend_changes_at(statuses, now),
            maintenance.changes_at(statuses, scopes, now),
            self._silence.changes_at(place.period, statuses, now),
        )
        self._agenda.watch(place.server, min((each for each in moments if each is not None), default=None))
        silent = self._silence.of(place.period, statuses, now)
        self._why_silent[place.server] = silent.reason if silent else ""
        cell = fold(
            place,
            statuses,
            now,
            maintenance.of_cell(statuses, scopes, now),
            silent.since if silent and silent.is_whole else None,
        )
        self.cells[place.server] = cell
        return cell

    def detail(self, server: str) -> ServerDetail | None:
        """A cell as last told, and its targets, worst first; None when there is no such server."""
        cell = self.cells.get(server)
        if cell is None:
            return None
        statuses = self._statuses_of(server)
        suggestion = ""
        if cell.tier == UNPLACED:
            suggestion = "".join(each.text for each in self._suggester.suggestions(one.target for one in statuses))
        return detail_of(cell, statuses, self._why_silent.get(server, ""), suggestion)

    @cached_property
    def _suggester(self) -> Suggester:
        # Made when somebody asks: it learns from all servers of the inventory.
        return Suggester(self._inventory)

    def _statuses_of(self, server: str) -> list[TargetStatus]:
        # By id, because of two alerts that are equally bad and equally old the first is shown: whoever came first.
        members = self._members.get(server, {})
        return [members[target_id] for target_id in sorted(members)]
