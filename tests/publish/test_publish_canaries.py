"""The canaries of the nodes: the own one tells the freshness, all of them when a node was blind."""

from datetime import UTC, datetime, timedelta

from trapline.protocol.alerts import BlindInterval, Target
from trapline.protocol.severity import Severity
from trapline.protocol.status import TargetStatus
from trapline.publish.canaries import MOST_NODES, Canaries

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def canary(node: str, minute: int) -> TargetStatus:
    at = NOON + timedelta(minutes=minute)
    return TargetStatus(
        target=Target(name=node, type="trapline_canary"),
        severity=Severity.CLEARED,
        since=NOON,
        last_heard_at=at,
        reason="test",
        rule_id="canary",
        blind=(BlindInterval(from_at=at, to_at=at + timedelta(seconds=1), reason=node),),
    )


def heard(*statuses: TargetStatus) -> Canaries:
    canaries = Canaries()
    for status in statuses:
        canaries.update(status.target.id, status)
    return canaries


def test_the_own_canary_tells_the_freshness_and_the_newest_where_there_is_none() -> None:
    canaries = heard(canary("other", 9), canary("mine", 3))
    assert canaries.heard_at("mine") == NOON + timedelta(minutes=3)
    assert canaries.heard_at("without ingest") == NOON + timedelta(minutes=9)
    assert [interval.reason for interval in canaries.blind()] == ["mine", "other"]


def test_a_canary_that_is_forgotten_tells_nothing() -> None:
    canaries = heard(canary("mine", 3))
    canaries.update("trapline_canary:mine", None)
    canaries.update("trapline_canary:nobody", None)
    assert (canaries.heard_at("mine"), canaries.blind()) == (None, ())


def test_however_often_a_node_is_renamed_only_those_heard_last_are_kept() -> None:
    canaries = heard(canary("mine", 10_000), *(canary(f"n{minute}", minute) for minute in range(3 * MOST_NODES)))
    assert len(canaries._statuses) == MOST_NODES
    assert canaries.heard_at("mine") == NOON + timedelta(minutes=10_000)
    assert "trapline_canary:n0" not in canaries._statuses
