"""Flapping begins at 30 % and ends below 25 % of the last twenty minutes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.track.events import at, cleared, due_commands, fold, raised, status_after
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.commands import Action, Command
from trapline.protocol.status import TargetStatus
from trapline.track.flap import BEGINS_AT, ENDS_BELOW, MINUTES, minute_of, percent, start_of, steady_at, with_flip
from trapline.track.timers import due_at

FIRST = minute_of(at(0))


def flips(count: int, every_s: float = 60) -> list[AlertEvent]:
    """One event more than it changes."""
    return [(raised if n % 2 else cleared)(n * every_s) for n in range(count + 1)]


def settled(status: TargetStatus, second: float) -> list[Command]:
    return [each for each in due_commands(status, at(second)) if each.action is Action.SETTLE]


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ((), 0),
        (tuple(range(MINUTES)), 100),
        ((0,), 6),
        ((19,), 4),
        ((20,), 0),
        ((0, 1, 2, 3, 4), 28.9),
        ((0, 1, 2, 3, 4, 5), 34.4),
    ],
)
def test_newer_changes_weigh_more_from_80_to_120_per_cent(ages: tuple[int, ...], expected: float) -> None:
    assert expected == pytest.approx(percent(tuple(FIRST - age for age in ages), FIRST), abs=0.1)


def test_five_minutes_with_changes_are_none_too_many_and_six_are() -> None:
    assert not status_after(*flips(5)).is_flapping
    decision = fold(*flips(6))

    assert status_after(*flips(6)).is_flapping
    assert "track.flapping" == decision.rule_id
    assert decision.reason.startswith("flapping: the severity changed in 6 of the last 20 minutes (34 %); ")


def test_many_changes_in_one_minute_are_one_minute() -> None:
    assert not status_after(*flips(500, every_s=0.1)).is_flapping


def test_changes_far_apart_are_no_flapping() -> None:
    assert not status_after(*flips(40, every_s=300)).is_flapping


def test_the_clock_ends_it_when_it_is_below_the_lower_bound_and_tells_what_was_not_told() -> None:
    log = [*flips(6), *(raised(360 + n / 10) for n in range(20))]
    flapping = status_after(*log)
    steady = due_at(flapping)

    assert steady is not None
    second = (steady - at(0)).total_seconds()
    assert [] == settled(flapping, second - 0.001)
    (wish,) = settled(flapping, second)
    decision = fold(*log, wish)
    assert not status_after(*log, wish).is_flapping
    assert ("track.settle", True) == (decision.rule_id, decision.is_history)
    assert "steady again, cleared: below 25 % of the last 20 minutes" in decision.reason.replace("major", "cleared")
    assert "steps before it are counted, not told one by one" in decision.reason
    assert due_at(status_after(*log, wish)) is None


def test_the_next_change_ends_it_too_when_the_time_was_over() -> None:
    log = [*flips(6), raised(9_000)]
    steady = due_at(status_after(*flips(6)))

    assert steady is not None
    assert not status_after(*log).is_flapping
    assert fold(*log).reason.startswith("steady again, cleared: below 25 % of the last 20 minutes; raised major")


def test_between_the_bounds_it_stays_as_it_was() -> None:
    """Hysteresis: six minutes with changes begin it, five of them do not end it."""
    status = status_after(*flips(6))
    five_left = start_of(min(status.memory.flipped) + MINUTES)

    assert BEGINS_AT > percent(status.memory.flipped, minute_of(five_left)) < ENDS_BELOW
    assert status.is_flapping
    quiet = start_of(minute_of(at(360)) + 8)
    assert BEGINS_AT > percent(status.memory.flipped, minute_of(quiet)) >= ENDS_BELOW
    assert [] == settled(status, (quiet - at(0)).total_seconds())


def test_while_it_flaps_one_step_a_minute_is_told_and_the_others_are_counted() -> None:
    known = fold(*flips(6)).known
    told = 0
    steps = [(raised if n % 2 else cleared)(361 + n) for n in range(1, 590)]
    for each in steps:
        decision = fold(each, known=known)
        known, told = decision.known, told + decision.is_history

    assert known.status is not None
    assert known.status.memory.telling is not None
    assert 9 == told
    assert "steps before it are counted" in fold(raised(2000), known=known).reason


MINUTES_WITH_FLIPS = st.lists(st.integers(0, 60), min_size=1, max_size=60).map(sorted)


@given(MINUTES_WITH_FLIPS)
def test_from_the_moment_told_on_it_is_steady_and_not_before(minutes: list[int]) -> None:
    flipped: tuple[int, ...] = ()
    for minute in minutes:
        flipped = with_flip(flipped, start_of(FIRST + minute))
    steady = minute_of(steady_at(flipped))

    assert len(flipped) <= MINUTES
    assert percent(flipped, steady) < ENDS_BELOW
    assert all(percent(flipped, minute) >= ENDS_BELOW for minute in range(max(flipped), steady))
