"""One moment for each key, and no memory of those that no longer hold."""

import sys
from datetime import UTC, datetime, timedelta

import pytest

from trapline.deadlines import Deadlines

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("noted", "now", "taken"),
    [
        pytest.param([("a", 1)], 0, [], id="not yet"),
        pytest.param([("a", 1), ("b", 2)], 1, ["a"], id="at its moment"),
        pytest.param([("b", 2), ("a", 1)], 2, ["a", "b"], id="in order"),
        pytest.param([("a", 1), ("a", 3)], 2, [], id="put off"),
        pytest.param([("a", 3), ("a", 1)], 3, ["a"], id="brought forward: once"),
        pytest.param([("a", 1), ("a", None)], 3, [], id="called off"),
        pytest.param([("a", 1), ("a", 2), ("a", 1)], 3, ["a"], id="put off and brought back: once"),
    ],
)
def test_a_key_is_due_when_it_was_watched_last(noted: list[tuple[str, int | None]], now: int, taken: list[str]) -> None:
    deadlines = Deadlines[str]()
    for key, hours in noted:
        deadlines.watch(key, None if hours is None else NOON + hours * HOUR)
    assert list(deadlines.take(NOON + now * HOUR)) == taken
    assert list(deadlines.take(NOON + now * HOUR)) == []


def test_what_is_due_long_since_comes_first_and_no_more_than_asked_at_once() -> None:
    deadlines = Deadlines[str]()
    for hour in range(5):
        deadlines.watch(f"k{hour}", NOON + hour * HOUR)
    assert list(deadlines.take(NOON + 9 * HOUR, 2)) == ["k0", "k1"]
    assert list(deadlines.take(NOON + 9 * HOUR, 9)) == ["k2", "k3", "k4"]


def test_what_is_put_off_for_ever_takes_no_more_room() -> None:
    deadlines = Deadlines[str]()
    for minute in range(50_000):
        deadlines.watch("a", NOON + timedelta(days=1, minutes=minute))
    assert sys.getsizeof(deadlines._queue) < 20_000
    assert list(deadlines.take(NOON + timedelta(days=99))) == ["a"]
