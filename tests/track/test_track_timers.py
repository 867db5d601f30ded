"""What the clock decides, with a clock that the test holds."""

from datetime import datetime

import pytest

from tests.track.events import (
    DATABASE,
    at,
    cleared,
    command,
    due_commands,
    fold,
    raised,
    status_after,
    trap_id,
    updated,
)
from trapline.kafka.records import Input, Output
from trapline.protocol import codec, topics
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.commands import CLOCK, Action, Command
from trapline.protocol.severity import Severity
from trapline.protocol.status import TargetStatus
from trapline.settings import load
from trapline.track.component import Tracker
from trapline.track.decide import Known, decide
from trapline.track.timers import due_at

KEY = DATABASE.id.encode()
EXPIRING = raised(1, expires_at=at(60))


def written(status: TargetStatus, now: float) -> list[Command]:
    return due_commands(status, at(now))


def tracker() -> Tracker:
    made = Tracker(load({}))
    made._known = {3: {}}
    return made


def as_inputs(outputs: list[Output], offset: int) -> list[Input]:
    assert {topics.COMMANDS} == {each.topic for each in outputs}
    return [
        Input("commands", each.partition or 0, offset + n, each.key.encode(), each.value)
        for n, each in enumerate(outputs)
    ]


def alert(each: AlertEvent, offset: int = 0) -> Input:
    return Input("alerts", 3, offset, KEY, codec.encode(each))


def test_an_alert_expires_at_its_time_with_reason_and_rule() -> None:
    (wish,) = written(status_after(EXPIRING), 60)
    decision = fold(EXPIRING, wish)

    assert (CLOCK, Action.EXPIRE, f"expire/status/{trap_id(1)}") == (wish.operator, wish.action, wish.command_id)
    assert decision.known.status is not None
    assert (Severity.CLEARED, (), at(60)) == (
        decision.known.status.severity,
        decision.known.status.open_alerts,
        decision.known.status.since,
    )
    assert "track.expire" == decision.rule_id
    assert decision.reason.startswith("expired: major since 2026-03-02T13:00:01+00:00, not raised again until ")


def test_nothing_is_due_before_its_time() -> None:
    assert [] == written(status_after(EXPIRING), 59.999)
    assert at(60) == due_at(status_after(EXPIRING))


@pytest.mark.parametrize(
    "later",
    [raised(30), raised(30, expires_at=at(90)), updated(30, expires_at=at(90)), cleared(30)],
    ids=["raised for good", "raised for longer", "updated for longer", "cleared"],
)
def test_an_alert_that_took_a_later_trap_does_not_expire_by_the_earlier_one(later: AlertEvent) -> None:
    (wish,) = written(status_after(EXPIRING), 60)
    before = fold(EXPIRING, later)

    assert before.known == decide(before.known, wish).known


@pytest.mark.parametrize(
    "later",
    [raised(90), raised(90, severity=Severity.CRITICAL), updated(90), cleared(90)],
    ids=["raise", "worse", "update", "clear"],
)
def test_whether_the_clock_or_the_next_event_says_that_the_time_has_come_is_the_same(later: AlertEvent) -> None:
    (wish,) = written(status_after(EXPIRING), 61)
    first, last, never = (
        fold(*log).known.status for log in ((EXPIRING, wish, later), (EXPIRING, later, wish), (EXPIRING, later))
    )

    assert first is not None
    assert last is not None
    assert never is not None
    assert (first.open_alerts, first.changes, first.severity) == (last.open_alerts, last.changes, last.severity)
    assert (first.open_alerts, first.changes, first.memory) == (never.open_alerts, never.changes, never.memory)
    assert at(60) in [each.at for each in first.changes]


def test_a_raise_after_the_time_is_a_new_alert() -> None:
    decision = fold(EXPIRING, raised(90))
    (alert,) = status_after(EXPIRING, raised(90)).open_alerts

    assert (1, at(90)) == (alert.occurrences, alert.raised_at)
    assert decision.reason.endswith("not raised again until 2026-03-02T13:01:00+00:00; raised major: OEM says so")


def test_one_command_ends_all_that_has_had_its_time_and_says_so() -> None:
    log = (raised(1, "a", expires_at=at(60)), raised(2, "b", expires_at=at(50)), raised(3, "c"))
    (wish,) = written(status_after(*log), 70)

    assert ["c"] == [each.alert_key for each in status_after(*log, wish).open_alerts]
    assert f"expire/b/{trap_id(2)}" == wish.command_id
    assert 2 == fold(*log, wish).reason.count("expired: major")


def test_a_repeat_of_the_trap_does_not_open_what_has_expired() -> None:
    (wish,) = written(status_after(EXPIRING), 60)
    after = fold(EXPIRING, wish, EXPIRING)

    assert after.known == fold(EXPIRING, wish).known
    assert () == status_after(EXPIRING, wish, EXPIRING).open_alerts


def test_an_acknowledgement_ends_at_its_time_and_only_that_one() -> None:
    first = command(Action.ACKNOWLEDGE, 2, until=at(50))
    again = command(Action.ACKNOWLEDGE, 40, until=at(80))
    (wish,) = written(status_after(raised(1), first), 50)

    ended = fold(raised(1), first, wish)
    assert ended.known.status is not None
    assert ended.known.status.acknowledgement is None
    assert "anna's acknowledgement ends, because it was until 2026-03-02T13:00:50+00:00" == ended.reason
    assert status_after(raised(1), first, again) == status_after(raised(1), first, again, wish)


def test_the_clock_writes_a_command_once_and_status_changes_only_when_it_is_read() -> None:
    ours = tracker()
    ours.process([alert(EXPIRING)])
    first, second = ours.due(at(61)), ours.due(at(62))

    assert (1, []) == (len(first), second)
    open_still = ours._known[3][DATABASE.id].status
    assert open_still is not None
    assert 1 == len(open_still.open_alerts)

    ours.process([alert(updated(30, "other"), 1)])  # whatever comes of the target meanwhile
    assert [] == ours.due(at(63))
    outputs = ours.process(as_inputs(first, 7))
    assert [topics.STATUS_CHANGES, topics.STATUS] == [each.topic for each in outputs]
    assert [] == ours.due(at(64))


def test_killed_between_writing_and_reading_the_next_one_ends_the_same() -> None:
    """The command is in Kafka. Its successor reads the status, writes the same command again, and reads both."""
    first = tracker()
    stored = first.process([alert(EXPIRING)])
    in_topic = first.due(at(61))
    successor = tracker()
    successor._restore(Input("status", 3, 0, KEY, stored[-1].value))
    again = successor.due(at(62))
    outputs = successor.process(as_inputs([*in_topic, *again], 7))

    ids = [codec.decode(each.value or b"", Command).command_id for each in (*in_topic, *again)]
    assert 2 == len(ids)
    assert 1 == len(set(ids))
    assert [topics.STATUS_CHANGES, topics.STATUS] == [each.topic for each in outputs]
    assert codec.decode(outputs[-1].value or b"", TargetStatus) == status_after(EXPIRING, *written_at(61))


def written_at(now: float) -> list[Command]:
    return written(status_after(EXPIRING), now)


def test_the_clock_leaves_a_retired_target_alone_and_goes_on_when_it_is_restored() -> None:
    ours = tracker()
    ours.process([alert(EXPIRING)])
    wishes = [command(Action.RETIRE, 10), command(Action.RESTORE, 20)]
    for offset, (wish, is_due) in enumerate(zip(wishes, [False, True], strict=True)):
        ours.process([Input("commands", 3, offset, KEY, codec.encode(wish))])
        assert is_due == bool(ours.due(at(200)))


@pytest.mark.parametrize("moment", [at(1), at(100)])
def test_a_clocks_command_about_nothing_changes_nothing_and_is_not_told(moment: datetime) -> None:
    known = Known(status_after(raised(0)))
    for action in (Action.EXPIRE, Action.SETTLE):
        decision = decide(known, command(action, 1, issued_at=moment))
        assert (known, False) == (decision.known, decision.is_history)
