from datetime import UTC, datetime, timedelta

import pytest

from trapline.ingest.blind import KEPT, KERNEL, SPOOL, BlindLog, DropWatch
from trapline.protocol.alerts import BlindInterval

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(second: float) -> datetime:
    return T0 + timedelta(seconds=second)


def interval(begin: float, end: float, reason: str = KERNEL, lost: int | None = 1) -> BlindInterval:
    return BlindInterval(from_at=at(begin), to_at=at(end), reason=reason, lost=lost)


@pytest.mark.parametrize(
    ("added", "untold"),
    [
        ([], []),
        ([interval(0, 1)], [interval(0, 1)]),
        ([interval(0, 1), interval(1, 2, lost=4)], [interval(0, 2, lost=5)]),
        ([interval(0, 1), interval(1, 2, lost=None)], [interval(0, 2, lost=None)]),
        ([interval(0, 1), interval(2, 3)], [interval(0, 1), interval(2, 3)]),
        ([interval(0, 1), interval(1, 2, SPOOL)], [interval(0, 1), interval(1, 2, SPOOL)]),
    ],
    ids=[
        "nothing",
        "one",
        "consecutive are one",
        "one uncounted part",
        "a gap keeps them apart",
        "reasons keep them apart",
    ],
)
def test_consecutive_losses_are_one_interval(added: list[BlindInterval], untold: list[BlindInterval]) -> None:
    log = BlindLog()
    for each in added:
        log.add(each)
    assert list(log.untold) == untold


def test_an_interval_is_announced_until_its_canary_comes_back() -> None:
    log = BlindLog()
    assert log.announce() is None
    log.add(interval(0, 1))
    log.add(interval(5, 6))
    first = log.announce()
    assert first == log.announce() == interval(0, 1)
    log.told(None)
    log.told(first)
    log.told(first)
    assert log.announce() == interval(5, 6)
    log.told(interval(5, 6))
    assert (log.announce(), log.untold) == (None, ())


def test_what_is_being_told_is_not_changed_any_more() -> None:
    log = BlindLog()
    log.add(interval(0, 1))
    told = log.announce()
    log.add(interval(1, 2))
    log.told(told)
    assert log.untold == (interval(1, 2),)


def test_only_the_newest_are_kept() -> None:
    log = BlindLog(interval(2 * n, 2 * n + 1) for n in range(KEPT))
    log.add(interval(1000, 1001))
    assert len(log.untold) == KEPT
    assert (log.untold[0], log.untold[-1]) == (interval(2, 3), interval(1000, 1001))


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ({"a": 5}, {"a": 5}, 0),
        ({"a": 5}, {"a": 8}, 3),
        ({"a": 5, "b": 0}, {"a": 6, "b": 2}, 3),
        ({"a": 5}, {"b": 2}, 2),
        ({"a": (1 << 32) - 1}, {"a": 2}, 3),
    ],
    ids=["nothing", "some", "two sockets", "a new socket starts at 0", "the kernel's counter wraps"],
)
def test_drops_are_the_growth_of_the_counters(before: dict[str, int], after: dict[str, int], lost: int) -> None:
    watch = DropWatch(at(0), before)
    found = watch.check(at(1), KERNEL, after)
    assert found == (interval(0, 1, lost=lost) if lost else None)
    assert watch.check(at(2), KERNEL, after) is None
    assert watch.check(at(3), KERNEL, {name: count + 1 for name, count in after.items()}) == interval(
        2, 3, lost=len(after)
    )


def test_a_clock_that_steps_back_gives_no_interval_that_ends_before_it_begins() -> None:
    found = DropWatch(at(10), {"a": 0}).check(at(3), KERNEL, {"a": 1})
    assert found == interval(3, 3)
