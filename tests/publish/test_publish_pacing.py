"""When frames go."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from trapline.publish.pacing import Pacer


def test_the_first_change_goes_at_once() -> None:
    assert Pacer(0.05).wait_s(1000.0) == 0


def test_the_next_waits_for_the_interval_and_one_after_a_pause_goes_at_once() -> None:
    pacer = Pacer(0.5)
    pacer.sent(10.0)
    assert pacer.wait_s(10.25) == 0.25
    assert pacer.wait_s(10.5) == 0
    assert pacer.wait_s(99.0) == 0


@given(changes=st.lists(st.floats(0, 10), min_size=1), interval=st.floats(0.01, 1))
def test_no_second_ever_sees_more_frames_than_the_interval_allows(changes: list[float], interval: float) -> None:
    pacer = Pacer(interval)
    sent: list[float] = []
    for change in sorted(changes):
        at = change + pacer.wait_s(change)
        pacer.sent(at)
        sent.append(at)
    assert all(later - earlier >= interval * 0.999 for earlier, later in itertools.pairwise(sent))
