"""The records on Kafka's topics. JSON; times are aware UTC in RFC 3339; unset optional fields are left out.

Identity (law 2): ingest mints `trap_id` at receipt. Its text order is arrival order (law 3): 14 hex digits of
microseconds since 1970, 6 of ingest's sequence, 12 of the ingest run. An event is `trap_id` + `alert_key`.

What stages reckon with is checked when it is read, so that a record that would stop one is a dead letter instead: a
time is aware and of the years 1970 to 8999, a target's id has a bounded length, a count fits in 53 bits.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from trapline.protocol.severity import Severity

# Far enough from the ends of datetime that any sum with a window or a time zone is a datetime again.
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)

TARGET_ID_LENGTH: Final = 1_001
MOST_COUNTED: Final = 2**53 - 1
"""The largest integer that a browser's number holds exactly."""


def _check_times(*times: datetime) -> None:
    # ValueError: msgspec makes its own error of it, with the place in the document.
    for at in times:
        if at.tzinfo is None:
            raise ValueError(f"{at.isoformat()} has no time zone")
        if not _EARLIEST <= at < _LATEST:
            raise ValueError(f"{at.isoformat()} is not of the years 1970 to 8999")


def _check_count(count: int) -> None:
    if not 0 <= count <= MOST_COUNTED:
        raise ValueError(f"a count is from 0 to {MOST_COUNTED}")


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all records: frozen, named fields, defaults left out on the wire.

    msgspec does not inherit `kw_only`, so each record repeats it.
    """


class Varbind(Record, frozen=True, kw_only=True):
    """One variable binding. `syntax` is SMIv2's name; octets that are not text are hex, and say so."""

    oid: str
    syntax: str
    value: str | int | None = None
    is_hex: bool = False


class Version(StrEnum):
    """SNMP message version."""

    V1 = "v1"
    V2C = "v2c"
    V3 = "v3"


class PduType(StrEnum):
    """Which notification PDU it was (RFC 1157 Trap-PDU; RFC 3416 SNMPv2-Trap-PDU, InformRequest-PDU)."""

    TRAP_V1 = "trap"
    TRAP_V2 = "snmpV2-trap"
    INFORM = "inform"


class Trap(Record, frozen=True, kw_only=True):
    """A notification as it came in: topic `snmp-traps`, key source_addr + engine_id.

    `security_name` is the v3 user, or for v1/v2c the *name* that the site gave the community: never the
    community itself (law 9). v1's own fields stay beside the trap_oid that RFC 3584 section 3.1 maps them to.
    """

    trap_id: str
    received_at: datetime
    version: Version
    pdu_type: PduType
    source_addr: str
    source_port: int
    security_name: str
    security_level: str = "noAuthNoPriv"
    engine_id: str | None = None
    context_name: str | None = None
    request_id: int | None = None
    trap_oid: str
    uptime_ticks: int | None = None
    enterprise_oid: str | None = None
    generic_trap: int | None = None
    specific_trap: int | None = None
    agent_addr: str | None = None
    varbinds: tuple[Varbind, ...] = ()

    def __post_init__(self) -> None:
        _check_times(self.received_at)


class Unmatched(Record, frozen=True, kw_only=True):
    """A trap that no rule took: topic `snmp-traps-unmatched`, key as in `snmp-traps`."""

    reason: str
    trap: Trap


class DeadLetter(Record, frozen=True, kw_only=True):
    """A record that could not be used, with where it came from: topics `*-dead`, key as in the source."""

    reason: str
    stage: str
    topic: str
    partition: int
    offset: int
    recorded_at: datetime
    value: bytes


class Target(Record, frozen=True, kw_only=True):
    """The monitored thing that a trap names. `type` is OEM's target type, or `snmp_agent` for other senders.

    `properties`: what the sender says of it besides, by name: `lifecycle_status`, `owner`, `version`, and OEM's
    user-defined target properties. They place a target on the wall; they are no part of its identity.
    """

    name: str
    type: str
    host: str | None = None
    properties: dict[str, str] = {}

    def __post_init__(self) -> None:
        if len(self.id) > TARGET_ID_LENGTH:
            raise ValueError(f"the target's id has {len(self.id)} characters; {TARGET_ID_LENGTH} is the most")

    @property
    def id(self) -> str:
        """OEM knows a target by type and name; so do we. This is the Kafka key from `alerts` on."""
        return f"{self.type}:{self.name}"


class Incident(Record, frozen=True, kw_only=True):
    """OEM's incident about an event: who has it, and how far."""

    id: str
    owner: str | None = None
    is_acknowledged: bool | None = None
    status: str | None = None
    priority: str | None = None
    escalation: str | None = None


class Link(Record, frozen=True, kw_only=True):
    """A page elsewhere, OEM's console above all."""

    label: str
    url: str


class BlindInterval(Record, frozen=True, kw_only=True):
    """A time in which datagrams could not be received; `lost` counts what the kernel says it dropped."""

    from_at: datetime
    to_at: datetime
    reason: str
    lost: int | None = None

    def __post_init__(self) -> None:
        _check_times(self.from_at, self.to_at)
        _check_count(self.lost or 0)


class EventKind(StrEnum):
    """What an event does: open (or worsen, or repeat) an alert, end it, or only say something about it.

    The sender may also say that work on the target is planned, from now until it says that it is over: OEM's blackout.
    """

    RAISE = "raise"
    CLEAR = "clear"
    UPDATE = "update"
    MAINTENANCE_START = "maintenance-start"
    MAINTENANCE_END = "maintenance-end"


class Provenance(Record, frozen=True, kw_only=True):
    """Where an event came from. The sender is only provenance (law 1)."""

    trap_oid: str
    source_addr: str
    security_name: str
    engine_id: str | None = None


class AlertEvent(Record, frozen=True, kw_only=True):
    """One fact about a target: topic `alerts`, key target id.

    `expires_at`: the alert ends by itself then, unless it is raised again. `caveats`: sentences on what the sender
    left out or cut short. `replay_id`: set when a stored trap was run again through corrected rules; it supersedes
    what that trap said before, and of two replays the greater id holds (its text order is the order of replays).
    """

    trap_id: str
    replay_id: str = ""
    kind: EventKind
    target: Target
    alert_key: str
    severity: Severity
    message: str
    received_at: datetime
    occurred_text: str | None = None
    rule_id: str
    reason: str
    provenance: Provenance
    event_type: str | None = None
    incident: Incident | None = None
    root_cause: str | None = None
    links: tuple[Link, ...] = ()
    caveats: tuple[str, ...] = ()
    expires_at: datetime | None = None
    is_test: bool = False
    blind: BlindInterval | None = None

    def __post_init__(self) -> None:
        _check_times(self.received_at, *([self.expires_at] if self.expires_at else ()))


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
        _check_times(self.from_at, *([self.to_at] if self.to_at else ()))


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
        _check_times(self.issued_at, *([self.until] if self.until else ()))


class OpenAlert(Record, frozen=True, kw_only=True):
    """A condition that is open on a target. `last_trap_id` is the arrival of the last event it took."""

    alert_key: str
    severity: Severity
    message: str
    rule_id: str
    raised_at: datetime
    last_seen_at: datetime
    last_trap_id: str
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
        _check_times(self.raised_at, self.last_seen_at, *([self.expires_at] if self.expires_at else ()))
        _check_count(self.occurrences)


class SettledAlert(Record, frozen=True, kw_only=True):
    """A key that was cleared, remembered for a while so that a repeat of its raise changes nothing."""

    alert_key: str
    last_trap_id: str


class Acknowledgement(Record, frozen=True, kw_only=True):
    """Somebody has it, until a time where one was said."""

    operator: str
    at: datetime
    note: str = ""
    until: datetime | None = None

    def __post_init__(self) -> None:
        _check_times(self.at, *([self.until] if self.until else ()))


class SeverityChange(Record, frozen=True, kw_only=True):
    """From `at` on the target had this severity; the last few give the trend."""

    at: datetime
    severity: Severity

    def __post_init__(self) -> None:
        _check_times(self.at)


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
    last_command_id: str = ""
    changes: tuple[SeverityChange, ...] = ()
    blind: tuple[BlindInterval, ...] = ()
    windows: tuple[MaintenanceWindow, ...] = ()
    is_flapping: bool = False
    sender: str = ""
    """The source address of the last event. A sender that is silent makes its targets unknown (law 6)."""

    def __post_init__(self) -> None:
        _check_times(self.since, self.last_heard_at)


class Retirement(Record, frozen=True, kw_only=True):
    """A target that was taken off the wall: topic `retirements` (compacted), key target id. A restore is a tombstone.

    `heard_at` and `heard`: the last event since, and how many: a retired server that is heard from is told of, never
    put on the wall again by itself.
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
        _check_times(self.at, *([self.heard_at] if self.heard_at else ()))
        _check_count(self.heard)


class Sender(Record, frozen=True, kw_only=True):
    """An SNMPv3 sender that an operator decided on: topic `senders` (compacted), key `engine_id/security_name`."""

    engine_id: str
    security_name: str
    is_approved: bool
    operator: str
    at: datetime
    note: str = ""

    def __post_init__(self) -> None:
        _check_times(self.at)


class Held(Record, frozen=True, kw_only=True):
    """A v3 datagram of a sender that nobody knows: topic `snmp-held`, key `engine_id/security_name`.

    The octets are as they came: authenticated, and its time window judged by `received_at`, once the sender is
    approved. Never v1 or v2c, whose octets hold the community.
    """

    held_id: str
    received_at: datetime
    source_addr: str
    source_port: int
    engine_id: str
    security_name: str
    reason: str
    datagram: bytes

    def __post_init__(self) -> None:
        _check_times(self.received_at)


class InputPosition(Record, frozen=True, kw_only=True):
    """The record that a decision rests on."""

    topic: str
    partition: int
    offset: int


class StatusChange(Record, frozen=True, kw_only=True):
    """One step of a target's history: topic `status-changes`, key target id."""

    target_id: str
    before: TargetStatus | None
    after: TargetStatus
    effective_at: datetime
    recorded_at: datetime
    reason: str
    rule_id: str
    input: InputPosition
