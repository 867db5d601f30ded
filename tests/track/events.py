"""Events as normalize writes them: the n-th trap arrives n seconds after 13:00."""

from datetime import UTC, datetime, timedelta
from typing import Any

from trapline.protocol import canary
from trapline.protocol.alerts import AlertEvent, EventKind, Provenance, Target
from trapline.protocol.commands import Action, Command
from trapline.protocol.severity import Severity
from trapline.protocol.status import TargetStatus
from trapline.track.decide import NOBODY, Decision, Known, decide
from trapline.track.timers import due

START = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
DATABASE = Target(name="claimsdb1", type="oracle_database", host="claims-db-01.example.com")
NODE = Target(name="node-1", type=canary.TARGET_TYPE)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def trap_id(second: float) -> str:
    return f"{int(at(second).timestamp() * 1_000_000):014x}000001c0ffee000001"


def event(
    kind: EventKind, second: float, key: str = "status", severity: Severity = Severity.MAJOR, **fields: Any
) -> AlertEvent:
    known: dict[str, Any] = {
        "trap_id": trap_id(second),
        "kind": kind,
        "target": DATABASE,
        "alert_key": key,
        "severity": Severity.CLEARED if kind is EventKind.CLEAR else severity,
        "message": f"{key} {kind}",
        "received_at": at(second),
        "rule_id": "oem-event",
        "reason": "OEM says so",
        "provenance": Provenance(trap_oid="1.3.6.1.4.1.111.15.2.0.3", source_addr="192.0.2.10", security_name="public"),
    }
    return AlertEvent(**(known | fields))


def raised(second: float, key: str = "status", severity: Severity = Severity.MAJOR, **fields: Any) -> AlertEvent:
    return event(EventKind.RAISE, second, key, severity, **fields)


def cleared(second: float, key: str = "status", **fields: Any) -> AlertEvent:
    return event(EventKind.CLEAR, second, key, **fields)


def updated(second: float, key: str = "status", **fields: Any) -> AlertEvent:
    return event(EventKind.UPDATE, second, key, **fields)


def command(action: Action, second: float, note: str = "", command_id: str = "", **fields: Any) -> Command:
    known: dict[str, Any] = {
        "command_id": command_id or f"c{second}",
        "action": action,
        "target_id": DATABASE.id,
        "operator": "anna",
        "issued_at": at(second),
        "note": note,
    }
    return Command(**(known | fields))


def fold(*log: AlertEvent | Command, known: Known = NOBODY) -> Decision:
    """The last decision of a log."""
    decision = Decision(known, False, "", "")
    for each in log:
        decision = decide(decision.known, each)
    return decision


def status_after(*log: AlertEvent | Command) -> TargetStatus:
    status = fold(*log).known.status
    assert status is not None
    return status


def due_commands(status: TargetStatus, now: datetime) -> list[Command]:
    """What the clock says of the target at `now`."""
    command = due(status.target.id, status, now)
    return [command] if command else []
