"""Planned work on a cell: from the windows of its targets, of its server and of its tier. Pure.

A cell is in maintenance
- while a window of its server or of its tier is under way, or
- while one is under way for every target with an open alert; where nothing is open, for every target.
Then what is wrong on it is planned. Work on some of the targets only leaves the cell as it is; its detail says which.
Shown is what ends last where several windows cover the same, and of several targets the one that ends first: up to
then all of it holds.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from trapline import windows
from trapline.protocol.commands import MaintenanceWindow
from trapline.protocol.grid import Maintenance
from trapline.protocol.status import TargetStatus
from trapline.publish.cells import NOTE_CHARACTERS, short

Windows = Sequence[MaintenanceWindow]


def of_cell(statuses: Sequence[TargetStatus], scopes: Windows, now: datetime) -> Maintenance | None:
    """What is under way on a cell at `now`; `scopes` are the windows of its server and its tier."""
    if (whole := _under_way(scopes, now)) is not None:
        return whole
    concerned = [status for status in statuses if status.open_alerts] or statuses
    found = [_under_way(status.windows, now) for status in concerned]
    covered = [one for one in found if one is not None]
    return min(covered, key=_ends) if covered and len(covered) == len(found) else None


def changes_at(statuses: Iterable[TargetStatus], scopes: Windows, now: datetime) -> datetime | None:
    """When work may next begin or end on a cell though nothing happens."""
    moments = (
        windows.changes_at(window, now)
        for each in (scopes, *(status.windows for status in statuses if status.windows))
        for window in each
    )
    return min((moment for moment in moments if moment is not None), default=None)


def _under_way(planned: Windows, now: datetime) -> Maintenance | None:
    found = [
        Maintenance(
            from_at=once.from_at,
            to_at=once.to_at,
            by=short(window.operator or window.source),
            note=short(window.note, NOTE_CHARACTERS),
        )
        for window in planned
        if (once := windows.active(window, now)) is not None
    ]
    return max(found, key=_ends, default=None)


def _ends(one: Maintenance) -> tuple[bool, float, float]:
    """In order of the end, of equals of the beginning; without an end last."""
    return one.to_at is None, one.to_at.timestamp() if one.to_at else 0.0, one.from_at.timestamp()
