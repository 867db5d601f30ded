"""The memory of exact repeats."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.snmp.packets import CREDENTIALS, NOW, OEM, OUR_ENGINE, security, v3
from trapline.protocol.errors import DatagramError
from trapline.snmp import LocalEngine, Repeats, Security, decode
from trapline.snmp.clocks import TIME_WINDOW_S
from trapline.snmp.repeats import KEPT_PER_GENERATION


def digest(number: int) -> bytes:
    return number.to_bytes(12, "big")


def feed(repeats: Repeats, numbers: Iterable[int], per_second: int) -> float:
    """Wall time after the last."""
    now = NOW
    for number in numbers:
        now = NOW + number / per_second
        assert not repeats.is_repeat(digest(number), now)
    return now


def test_a_storm_of_2000_a_second_keeps_the_whole_window() -> None:
    repeats, rate, seconds = Repeats(), 2000, 500
    now = feed(repeats, range(rate * seconds), rate)
    window = range(rate * (seconds - TIME_WINDOW_S), rate * seconds)
    assert all(repeats.is_repeat(digest(number), now) for number in window)


def test_a_storm_without_end_is_bounded() -> None:
    repeats = Repeats()
    feed(repeats, range(3 * KEPT_PER_GENERATION), 100_000)
    older, recent = repeats.generations
    assert [len(older.digests), len(recent.digests)] == [KEPT_PER_GENERATION, KEPT_PER_GENERATION]


@given(
    times=st.lists(st.floats(0, 1000), min_size=1, max_size=60).map(sorted),
    restart_after=st.integers(0, 60),
    ask_s=st.floats(0, TIME_WINDOW_S),
)
def test_what_came_within_the_window_is_known_also_over_a_restart(
    times: list[float], restart_after: int, ask_s: float
) -> None:
    repeats = Repeats()
    for number, at in enumerate(times):
        if number == restart_after:
            repeats = Repeats(reversed(repeats.generations))
        assert not repeats.is_repeat(digest(number), NOW + at)
    asked_at = times[-1] + ask_s
    for number, at in enumerate(times):
        if asked_at - at <= TIME_WINDOW_S:
            assert repeats.is_repeat(digest(number), NOW + asked_at)


def test_a_replay_is_refused_after_a_restart() -> None:
    first = security()
    decode(v3(OEM), first, NOW)
    second = Security(
        CREDENTIALS,
        LocalEngine(OUR_ENGINE, 4, NOW),
        clocks=first.clocks,
        repeats=Repeats(first.repeats.generations),
    )
    with pytest.raises(DatagramError) as refused:
        decode(v3(OEM), second, NOW + 3)
    assert refused.value.reason == "replayed"
    assert decode(v3(OEM, message_id=79), second, NOW + 3)
