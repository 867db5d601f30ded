"""A canary tells that its node sees, and when it did not."""

from datetime import UTC, datetime

import pytest

from tests.normalize.traps import text, trap
from trapline.normalize.canary import canary_event
from trapline.protocol import canary
from trapline.protocol.alerts import AlertEvent, BlindInterval, EventKind
from trapline.protocol.traps import Trap

BLIND = {
    canary.BLIND_FROM_AT: "2026-03-02T13:40:00.000000Z",
    canary.BLIND_TO_AT: "2026-03-02T13:41:00.000000Z",
    canary.BLIND_REASON: "restart",
    canary.LOST: "12",
}
SEEING = {canary.NODE: "node-1", canary.NONCE: "5f", canary.SENT_AT: "2026-03-02T13:51:00.000000Z"}


def canary_trap(texts: dict[str, str], security_name: str = canary.SECURITY_NAME) -> Trap:
    return trap(canary.TRAP_OID, tuple(text(oid, value) for oid, value in texts.items()), security_name=security_name)


def test_a_canary_is_news_of_its_node() -> None:
    decided = canary_event(canary_trap(SEEING | dict.fromkeys(BLIND, "")))

    assert isinstance(decided, AlertEvent)
    assert (EventKind.UPDATE, "trapline_canary:node-1", None) == (decided.kind, decided.target.id, decided.blind)


def test_a_canary_tells_when_its_node_was_blind() -> None:
    decided = canary_event(canary_trap(SEEING | BLIND))

    assert isinstance(decided, AlertEvent)
    assert decided.blind == BlindInterval(
        from_at=datetime(2026, 3, 2, 13, 40, tzinfo=UTC),
        to_at=datetime(2026, 3, 2, 13, 41, tzinfo=UTC),
        reason="restart",
        lost=12,
    )


@pytest.mark.parametrize(
    ("texts", "security_name", "reason"),
    [
        (SEEING, "public", "a canary trap came as 'public'"),
        ({}, canary.SECURITY_NAME, "a canary trap names no node"),
        (SEEING | BLIND | {canary.BLIND_FROM_AT: "yesterday"}, canary.SECURITY_NAME, "cannot be read"),
        (SEEING | BLIND | {canary.BLIND_TO_AT: "2026-03-02T13:41:00"}, canary.SECURITY_NAME, "has no time zone"),
        (SEEING | BLIND | {canary.LOST: "many"}, canary.SECURITY_NAME, "cannot be read"),
        (SEEING | BLIND | {canary.LOST: "9" * 30}, canary.SECURITY_NAME, "a count is from 0 to"),
        (SEEING | BLIND | {canary.BLIND_TO_AT: "9999-12-31T23:59:59Z"}, canary.SECURITY_NAME, "not of the years"),
        (SEEING | {canary.NODE: "n" * 2000}, canary.SECURITY_NAME, "the target's id has 2016 characters"),
    ],
    ids=["foreign", "without node", "no time", "no zone", "no number", "no count", "no year", "long node"],
)
def test_what_is_no_canary_is_refused_with_a_reason(texts: dict[str, str], security_name: str, reason: str) -> None:
    decided = canary_event(canary_trap(texts, security_name))

    assert isinstance(decided, str)
    assert reason in decided
