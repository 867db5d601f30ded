"""The folded state of a target and its history: `status`, `status-changes`, `retirements`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from trapline.protocol.alerts import BlindInterval, Incident, Link, Target
from trapline.protocol.commands import MaintenanceWindow
from trapline.protocol.record import Record, check_count, check_times
from trapline.protocol.severity import Severity

MORE_KEY: Final = "trapline: more"
"""The key of the alert that stands for those that are open on a target and not kept one by one. Its `occurrences` is
how many they are."""


class OpenAlert(Record, frozen=True, kw_only=True):
    """A condition that is open on a target. `last_trap_id` is the arrival of the last event it took.

    So that a replay counts nothing twice: `last_replay_id` is that of the same event, `withdrawn` is replay_id and
    trap_id of the last occurrence that a replay took back, and `severity_before` is what it was before the last event,
    where that changed it.
    """

    alert_key: str
    severity: Severity
    message: str
    rule_id: str
    raised_at: datetime
    last_seen_at: datetime
    last_trap_id: str
    last_replay_id: str = ""
    withdrawn: str = ""
    severity_before: Severity | None = None
    occurrences: int = 1
    occurred_text: str | None = None
    event_type: str | None = None
    incident: Incident | None = None
    root_cause: str | None = None
    links: tuple[Link, ...] = ()
    caveats: tuple[str, ...] = ()
    expires_at: datetime | None = None
    is_test: bool = False

    def __post_init__(self) -> None:
        check_times(self.raised_at, self.last_seen_at, *([self.expires_at] if self.expires_at else ()))
        check_count(self.occurrences)


def count_open(alerts: Iterable[OpenAlert]) -> int:
    """How many alerts are open, those included that are not kept one by one."""
    return sum(alert.occurrences if alert.alert_key == MORE_KEY else 1 for alert in alerts)


class SettledAlert(Record, frozen=True, kw_only=True):
    """A key that was cleared, remembered for a while so that a repeat of its raise changes nothing."""

    alert_key: str
    last_trap_id: str
    last_replay_id: str = ""


class Acknowledgement(Record, frozen=True, kw_only=True):
    """Somebody has it, until a time where one was said."""

    operator: str
    at: datetime
    note: str = ""
    until: datetime | None = None

    def __post_init__(self) -> None:
        check_times(self.at, *([self.until] if self.until else ()))


class SeverityChange(Record, frozen=True, kw_only=True):
    """From `at` on the target had this severity; the last few give the trend."""

    at: datetime
    severity: Severity

    def __post_init__(self) -> None:
        check_times(self.at)


class Telling(Record, frozen=True, kw_only=True):
    """How much of a target the history tells: `told` steps of this minute since 1970, `untold` left out since."""

    minute: int
    told: int
    untold: int = 0

    def __post_init__(self) -> None:
        check_count(self.untold)


class Memory(Record, frozen=True, kw_only=True):
    """What track has to remember of a target so that a repeat changes nothing; of no interest to who reads a status.

    `command_ids`: the last commands taken. `forgotten_trap_id`: what is not newer and about a key that neither
    `open_alerts` nor `settled` holds may be a repeat. `folded`: digests of the keys that are open and not kept one by
    one. `flipped`: the minutes since 1970, of the last 20, in which the severity changed.
    """

    command_ids: tuple[str, ...] = ()
    forgotten_trap_id: str = ""
    folded: tuple[str, ...] = ()
    flipped: tuple[int, ...] = ()
    telling: Telling | None = None


class TargetStatus(Record, frozen=True, kw_only=True):
    """The folded state of a target: topic `status` (compacted), key target id."""

    target: Target
    severity: Severity
    since: datetime
    last_heard_at: datetime
    reason: str
    rule_id: str
    open_alerts: tuple[OpenAlert, ...] = ()
    settled: tuple[SettledAlert, ...] = ()
    acknowledgement: Acknowledgement | None = None
    changes: tuple[SeverityChange, ...] = ()
    blind: tuple[BlindInterval, ...] = ()
    windows: tuple[MaintenanceWindow, ...] = ()
    is_flapping: bool = False
    sender: str = ""
    """The source address of the last event. A sender that is silent makes its targets unknown (law 6)."""
    memory: Memory = Memory()

    def __post_init__(self) -> None:
        check_times(self.since, self.last_heard_at)


class Retirement(Record, frozen=True, kw_only=True):
    """A target that was taken off the wall: topic `retirements` (compacted), key target id. A restore is a tombstone.

    `heard_at` and `heard`: the last event since, and how many: a retired server that is heard from is told of, never
    put on the wall again by itself. `last_status` goes on with what is heard, so that a restore shows what is so then.
    """

    target: Target
    operator: str
    at: datetime
    reason: str
    last_status: TargetStatus
    command_id: str
    heard_at: datetime | None = None
    heard: int = 0

    def __post_init__(self) -> None:
        check_times(self.at, *([self.heard_at] if self.heard_at else ()))
        check_count(self.heard)


class InputPosition(Record, frozen=True, kw_only=True):
    """The record that a decision rests on."""

    topic: str
    partition: int
    offset: int


class StatusChange(Record, frozen=True, kw_only=True):
    """One step of a target's history: topic `status-changes`, key target id.

    `before` is None when nothing was known; `after` is None while the target is retired.
    """

    target_id: str
    before: TargetStatus | None
    after: TargetStatus | None
    effective_at: datetime
    recorded_at: datetime
    reason: str
    rule_id: str
    input: InputPosition
