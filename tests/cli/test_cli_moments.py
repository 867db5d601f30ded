"""A moment as people write it on a command line."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.cli.moments import moment

ZURICH = ZoneInfo("Europe/Zurich")
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # 13:00 in Zurich


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2h", "2026-03-02T14:00Z", id="from now"),
        pytest.param("1d 12h", "2026-03-04T00:00Z", id="in two units"),
        pytest.param("14:30", "2026-03-02T13:30Z", id="later today"),
        pytest.param("6:00", "2026-03-03T05:00Z", id="tomorrow"),
        pytest.param("13:00", "2026-03-03T12:00Z", id="now is not to come"),
        pytest.param("2026-11-24 06:00", "2026-11-24T05:00Z", id="by the site's clock"),
        pytest.param("2026-07-24 06:00", "2026-07-24T04:00Z", id="by the site's clock in summer"),
        pytest.param("2026-11-24T06:00Z", "2026-11-24T06:00Z", id="in UTC"),
        pytest.param("2026-11-24T06:00+09:00", "2026-11-23T21:00Z", id="in a zone of its own"),
        pytest.param("2026-11-24", "2026-11-23T23:00Z", id="a day begins"),
    ],
)
def test_a_time_is_read_by_the_sites_clock(text: str, expected: str) -> None:
    assert moment(text, ZURICH, NOW) == datetime.fromisoformat(expected)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "-2h", "2026-13-01", "06:00pm", "2"])
def test_what_is_no_time_is_said_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no time; write 2h, 06:00 or '2026-11-24 06:00'"):
        moment(text, ZURICH, NOW)


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
)
def test_a_time_of_day_is_the_next_one_that_the_clock_shows(now: datetime, hour: int, minute: int) -> None:
    at = moment(f"{hour:02}:{minute:02}", ZURICH, now)
    assert now < at <= now + timedelta(hours=26)
    shown = at.astimezone(ZURICH)
    # Where the clocks leave it out it is as much later.
    assert (shown.hour - hour, shown.minute) in {(0, minute), (1, minute)}
