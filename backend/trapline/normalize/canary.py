"""The canary of a node as an event on that node: it says that the pipeline sees, and when it did not. Pure.

Only ingest's own community may say so (law 6): a canary under another name is no canary.
"""

from datetime import datetime
from typing import Final

from trapline.protocol import canary
from trapline.protocol.alerts import AlertEvent, BlindInterval, EventKind, Provenance, Target
from trapline.protocol.severity import Severity
from trapline.protocol.traps import Trap

_RULE_ID: Final = "canary"
_NODE_LENGTH: Final = 80


def canary_event(trap: Trap) -> AlertEvent | str:
    """The event of a canary trap, or one sentence why it is none."""
    if trap.security_name != canary.SECURITY_NAME:
        return f"a canary trap came as {trap.security_name!r}, but only {canary.SECURITY_NAME!r} sends canaries"
    texts = {varbind.oid: str(varbind.value or "") for varbind in trap.varbinds}
    node = texts.get(canary.NODE)
    if not node:
        return "a canary trap names no node"
    try:
        target, blind = Target(name=node, type=canary.TARGET_TYPE), _blind(texts)
    except ValueError as error:
        return f"the canary of {node[:_NODE_LENGTH]} tells what cannot be read: {error}"
    return AlertEvent(
        trap_id=trap.trap_id,
        kind=EventKind.UPDATE,
        target=target,
        alert_key="canary",
        severity=Severity.CLEARED,
        message="Traps are received",
        received_at=trap.received_at,
        occurred_text=texts.get(canary.SENT_AT) or None,
        rule_id=_RULE_ID,
        reason="a canary came through the socket",
        provenance=Provenance(trap_oid=trap.trap_oid, source_addr=trap.source_addr, security_name=trap.security_name),
        blind=blind,
    )


def gap_event(node: str, from_at: datetime, to_at: datetime, lost: int) -> AlertEvent:
    """Tells on the wall that traps were deleted unread. Received long ago: it makes no canary look fresher."""
    reason = "Kafka deleted traps by retention before normalize was back to read them"
    return AlertEvent(
        trap_id="",
        kind=EventKind.UPDATE,
        target=Target(name=node, type=canary.TARGET_TYPE),
        alert_key="canary",
        severity=Severity.CLEARED,
        message="Traps are lost",
        received_at=from_at,
        rule_id=_RULE_ID,
        reason=reason,
        provenance=Provenance(trap_oid=canary.TRAP_OID, source_addr="", security_name=canary.SECURITY_NAME),
        blind=BlindInterval(from_at=from_at, to_at=to_at, reason=reason, lost=lost),
    )


def _blind(texts: dict[str, str]) -> BlindInterval | None:
    from_at, to_at = texts.get(canary.BLIND_FROM_AT), texts.get(canary.BLIND_TO_AT)
    if not from_at or not to_at:
        return None
    lost = texts.get(canary.LOST)
    return BlindInterval(
        from_at=_aware(from_at),
        to_at=_aware(to_at),
        reason=texts.get(canary.BLIND_REASON) or "unknown",
        lost=int(lost) if lost else None,
    )


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return at
