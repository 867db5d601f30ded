"""What people decided about the wall and may take back: planned work, and servers that are retired."""

from datetime import datetime

from trapline.protocol.commands import MaintenanceWindow
from trapline.protocol.record import Record
from trapline.protocol.severity import Severity


class PlannedWork(Record, frozen=True, kw_only=True):
    """A window and what it is for. `target_ids` are the first of `targets` many; a scope is one of them (see `scope`).

    `active_from_at` and `active_to_at`: of the occurrence that is under way. `next_from_at`: when it begins next.
    """

    window: MaintenanceWindow
    target_ids: tuple[str, ...]
    targets: int
    active_from_at: datetime | None = None
    active_to_at: datetime | None = None
    next_from_at: datetime | None = None


class MaintenanceList(Record, frozen=True, kw_only=True):
    """`trapline.api.maintenance.get`: what is under way first, then what begins next, what is over last.

    `left_out`: how many more there are than one message holds.
    """

    work: tuple[PlannedWork, ...]
    left_out: int = 0


class Retired(Record, frozen=True, kw_only=True):
    """A target that was taken off the wall; `server` is the cell that it was part of. `heard` and `heard_at`: how often
    something was heard of it since, and when last.
    """

    target_id: str
    server: str
    operator: str
    at: datetime
    reason: str
    severity: Severity
    heard: int = 0
    heard_at: datetime | None = None


class RetirementProposal(Record, frozen=True, kw_only=True):
    """A target that somebody should decide about, and why: it left the inventory, or is silent for long (law 7)."""

    target_id: str
    server: str
    reason: str
    since: datetime


class RetirementList(Record, frozen=True, kw_only=True):
    """`trapline.api.retirements.get`: what is retired, the newest first; what is proposed, the oldest first.

    `heard_again`: the retired that were heard of since, the last first. `left_out`: how many more there are than one
    message holds, of all three.
    """

    retired: tuple[Retired, ...]
    proposed: tuple[RetirementProposal, ...] = ()
    heard_again: tuple[Retired, ...] = ()
    left_out: int = 0
