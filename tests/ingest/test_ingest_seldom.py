from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from trapline.ingest.seldom import Seldom


def test_the_first_is_said_at_once_and_the_next_line_has_the_count() -> None:
    line = Seldom(60)
    assert [line.count(now) for now in (0.0, 1.0, 59.9, 60.0, 61.0)] == [1, None, None, 3, None]


@given(st.lists(st.floats(0, 10_000)), st.floats(1, 1000))
def test_lines_are_apart_and_no_occurrence_is_told_twice(times: list[float], every_s: float) -> None:
    line = Seldom(every_s)
    said = [(now, line.count(now)) for now in sorted(times)]
    lines = [(now, count) for now, count in said if count is not None]
    assert all(later - earlier >= every_s for (earlier, _), (later, _) in pairwise(lines))
    last = max((place for place, (_, count) in enumerate(said) if count is not None), default=-1)
    assert sum(count for _, count in lines) == last + 1
    assert bool(lines) == bool(times)
