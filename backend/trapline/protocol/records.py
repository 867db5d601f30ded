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
    """The monitored thing that a trap names. `type` is OEM's target type, or `snmp_agent` for other senders."""

    name: str
    type: str
    host: str | None = None

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
    """What an event does: open (or worsen, or repeat) an alert, end it, or only say something about it."""

    RAISE = "raise"
    CLEAR = "clear"
    UPDATE = "update"


class Provenance(Record, frozen=True, kw_only=True):
    """Where an event came from. The sender is only provenance (law 1)."""

    trap_oid: str
    source_addr: str
    security_name: str
    engine_id: str | None = None


class AlertEvent(Record, frozen=True, kw_only=True):
    """One fact about a target: topic `alerts`, key target id."""

    trap_id: str
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
    is_test: bool = False
    blind: BlindInterval | None = None

    def __post_init__(self) -> None:
        _check_times(self.received_at)


class Action(StrEnum):
    """What an operator decided."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"


class Command(Record, frozen=True, kw_only=True):
    """An operator's command: topic `commands`, key target id. The topic is the audit log."""

    command_id: str
    action: Action
    target_id: str
    operator: str
    issued_at: datetime
    note: str = ""

    def __post_init__(self) -> None:
        _check_times(self.issued_at)


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
    is_test: bool = False

    def __post_init__(self) -> None:
        _check_times(self.raised_at, self.last_seen_at)
        _check_count(self.occurrences)


class SettledAlert(Record, frozen=True, kw_only=True):
    """A key that was cleared, remembered for a while so that a repeat of its raise changes nothing."""

    alert_key: str
    last_trap_id: str


class Acknowledgement(Record, frozen=True, kw_only=True):
    """Somebody has it."""

    operator: str
    at: datetime
    note: str = ""

    def __post_init__(self) -> None:
        _check_times(self.at)


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

    def __post_init__(self) -> None:
        _check_times(self.since, self.last_heard_at)


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
