"""Retired targets stay off the wall until somebody restores them."""

import pytest

from tests.track.events import DATABASE, NODE, at, cleared, command, fold, raised, status_after, updated
from trapline.kafka.records import Input
from trapline.protocol import codec, topics
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.commands import Action, Command
from trapline.protocol.severity import Severity
from trapline.protocol.status import Retirement, StatusChange
from trapline.settings import load
from trapline.track.component import Tracker
from trapline.track.decide import NOBODY, Known, decide

KEY = DATABASE.id.encode()
RETIRE = command(Action.RETIRE, 10, "replaced by claimsdb2")
RESTORE = command(Action.RESTORE, 100, "still in use")


def retirement(*log: AlertEvent | Command) -> Retirement:
    known = fold(*log).known
    assert known.status is None
    assert known.retirement is not None
    return known.retirement


def test_retiring_keeps_who_why_when_and_the_last_status() -> None:
    retired = retirement(raised(1), RETIRE)

    assert ("anna", at(10), "replaced by claimsdb2", DATABASE) == (
        retired.operator,
        retired.at,
        retired.reason,
        retired.target,
    )
    assert status_after(raised(1)) == retired.last_status
    assert ("anna retired it: replaced by claimsdb2", "track.retire") == fold(raised(1), RETIRE)[2:4]


def test_an_event_of_a_retired_target_is_counted_and_told_and_never_brings_it_back() -> None:
    log = (raised(1), RETIRE, raised(20), raised(21), updated(22), cleared(200))
    told = [fold(*log[:n]).is_history for n in range(3, 7)]
    retired = retirement(*log)

    assert (4, at(200)) == (retired.heard, retired.heard_at)
    assert [True, False, False, True] == told  # the first, and the first for more than a minute
    assert (
        "oracle_database:claimsdb1 is retired and was heard of 4 times since: cleared after major: OEM says so"
        == fold(*log).reason
    )
    assert "track.retired" == fold(*log).rule_id


def test_a_repeat_is_not_heard_twice() -> None:
    assert 1 == retirement(raised(1), RETIRE, raised(20), raised(20), raised(15)).heard


def test_a_trap_from_before_is_told_and_not_heard_since() -> None:
    decision = fold(raised(1), RETIRE, raised(9, "other"))

    assert (0, None) == (
        retirement(raised(1), RETIRE, raised(9, "other")).heard,
        retirement(raised(1), RETIRE).heard_at,
    )
    assert "came before oracle_database:claimsdb1 was retired: raised major: OEM says so" == decision.reason
    assert decision.is_history


def test_restoring_shows_what_is_so_now() -> None:
    decision = fold(raised(1), RETIRE, raised(20, "disk", Severity.CRITICAL), RESTORE)
    status = decision.known.status

    assert status is not None
    assert decision.known.retirement is None
    assert status_after(raised(1), raised(20, "disk", Severity.CRITICAL)).open_alerts == status.open_alerts
    assert (Severity.CRITICAL, at(20)) == (status.severity, status.since)
    assert status.reason == decision.reason
    assert (
        "anna restored it; anna had retired it at 2026-03-02T13:00:10+00:00; it was heard of once meanwhile: still in use"
        == decision.reason
    )


def test_what_had_its_time_meanwhile_is_over_when_it_is_restored() -> None:
    decision = fold(raised(1, expires_at=at(50)), RETIRE, RESTORE)

    assert decision.known.status is not None
    assert () == decision.known.status.open_alerts
    assert "; expired: major since" in decision.reason


@pytest.mark.parametrize(
    "log",
    [
        (raised(1), RETIRE, RETIRE),
        (raised(1), RETIRE, RESTORE, RESTORE),
        (raised(1), RETIRE, RESTORE, RETIRE),
        (raised(1), RETIRE, RESTORE, RETIRE, RESTORE),
        (raised(1), command(Action.ACKNOWLEDGE, 5), RETIRE, command(Action.ACKNOWLEDGE, 5)),
    ],
    ids=["retire", "restore", "retire after restore", "both after both", "an acknowledgement from before"],
)
def test_a_command_that_comes_again_changes_nothing_and_is_not_told(log: tuple[AlertEvent | Command, ...]) -> None:
    once = fold(*log[:-1])
    again = fold(*log)

    assert once.known == again.known
    assert not again.is_history


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ((raised(1), RETIRE, command(Action.RETIRE, 20)), "anna retired it, but anna did so before"),
        (
            (raised(1), RETIRE, command(Action.ACKNOWLEDGE, 20)),
            "anna asked to acknowledge, but it is retired: restore it first",
        ),
        ((raised(1), RESTORE), "anna restored it, but it is not retired"),
    ],
)
def test_a_command_without_effect_is_told_with_a_reason(log: tuple[AlertEvent | Command, ...], reason: str) -> None:
    before, decision = fold(*log[:-1]).known, fold(*log)

    assert (before.status is None, True, reason) == (decision.known.status is None, *decision[1:3])


def test_a_target_that_nobody_knows_cannot_be_retired() -> None:
    decision = decide(NOBODY, RETIRE)

    assert (NOBODY, True) == (decision.known, decision.is_refused)


def test_a_nodes_canary_cannot_be_retired() -> None:
    after = decide(fold(updated(1, target=NODE)).known, command(Action.RETIRE, 2, target_id=NODE.id))

    assert after.known.status is not None
    assert "trapline_canary:node-1 is a node's canary: it cannot be retired" == after.reason


def test_the_tombstone_the_retirement_and_the_history_are_written_together() -> None:
    ours = Tracker(load({}))
    ours._known = {3: {}}
    ours.process([Input("alerts", 3, 0, KEY, codec.encode(raised(1)))])
    history, tombstone, retired = ours.process([Input("commands", 3, 0, KEY, codec.encode(RETIRE))])

    change = codec.decode(history.value or b"", StatusChange)
    assert (status_after(raised(1)), None) == (change.before, change.after)
    assert (topics.STATUS, DATABASE.id, None, 3) == tombstone
    assert (topics.RETIREMENTS, DATABASE.id, 3) == (retired.topic, retired.key, retired.partition)
    assert retirement(raised(1), RETIRE) == codec.decode(retired.value or b"", Retirement)

    history, status, restored = ours.process([Input("commands", 3, 1, KEY, codec.encode(RESTORE))])
    assert (topics.RETIREMENTS, DATABASE.id, None, 3) == restored
    assert status.value == codec.encode(status_after(raised(1), RETIRE, RESTORE))


def test_after_a_restart_a_retired_target_is_retired_whatever_else_is_stored() -> None:
    ours = Tracker(load({}))
    ours._known = {3: {}}
    retired = retirement(raised(1), RETIRE)
    ours._restore(Input("retirements", 3, 0, KEY, codec.encode(retired)))
    ours._restore(Input("status", 3, 0, KEY, codec.encode(status_after(raised(1)))))

    assert {DATABASE.id: Known(retirement=retired)} == ours._known[3]
