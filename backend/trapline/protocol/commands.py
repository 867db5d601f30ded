"""What operators and the clock decide: topic `commands`, the audit log."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from trapline.protocol.alerts import check_target_id
from trapline.protocol.record import Record, check_times


class Action(StrEnum):
    """What an operator decided, or the clock.

    The clock's are `expire` (an alert, or an acknowledgement, has had its time) and `settle` (a flapping target is
    steady again): timers are commands too, so that status is a fold of `alerts` and `commands` and of nothing else.
    """

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    MAINTAIN = "maintain"
    END_MAINTENANCE = "end-maintenance"
    RETIRE = "retire"
    RESTORE = "restore"
    APPROVE_SENDER = "approve-sender"
    REFUSE_SENDER = "refuse-sender"
    EXPIRE = "expire"
    SETTLE = "settle"


CLOCK: Final = "trapline"
"""The operator of the clock's commands; nobody can sign in as this."""

INVENTORY: Final = "inventory"
"""The operator of what the site's inventory decides: what it names under `retired`. Nobody can sign in as this."""

LOCAL: Final = "local:"
"""Before the name of an operator at the node's own command line; nobody can sign in with it over the network."""


class MaintenanceWindow(Record, frozen=True, kw_only=True):
    """Planned work: hides nothing, changes the look. Once from `from_at` to `to_at` (None: until it is ended).

    With `recurrence` (an RRULE of RFC 5545) it comes again, each time as long as the first; it recurs by the clocks of
    `time_zone`, so that 22:00 stays 22:00 over a change of daylight saving time. `source`: `operator`, or the rule
    of a sender that said so. `window_id` is the command's or the alert key.
    """

    window_id: str
    from_at: datetime
    to_at: datetime | None = None
    recurrence: str | None = None
    time_zone: str = "UTC"
    source: str = "operator"
    operator: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        check_times(self.from_at, *([self.to_at] if self.to_at else ()))


class Command(Record, frozen=True, kw_only=True):
    """A command: topic `commands`, key target id. The topic is the audit log.

    `until`: an acknowledgement ends then. `window`: of maintain; `window_id`: of end-maintenance. `alert_key` and
    `trap_id`: of expire, which does nothing when the alert has taken a later trap meanwhile.
    """

    command_id: str
    action: Action
    target_id: str
    operator: str
    issued_at: datetime
    note: str = ""
    until: datetime | None = None
    window: MaintenanceWindow | None = None
    window_id: str | None = None
    alert_key: str | None = None
    trap_id: str | None = None

    def __post_init__(self) -> None:
        check_times(self.issued_at, *([self.until] if self.until else ()))
        check_target_id(self.target_id)
