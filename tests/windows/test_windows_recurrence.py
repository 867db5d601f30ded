"""Planned work by the clocks of a zone: over daylight saving, and what is no rule."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline import windows
from trapline.protocol.commands import MaintenanceWindow

ZURICH, SANTIAGO = "Europe/Zurich", "America/Santiago"


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
    """What a clock in `zone` shows, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def window(from_at: datetime, hours: float | None, recurrence: str | None, zone: str) -> MaintenanceWindow:
    to_at = None if hours is None else from_at + timedelta(hours=hours)
    return MaintenanceWindow(window_id="w", from_at=from_at, to_at=to_at, recurrence=recurrence, time_zone=zone)


def beginnings(planned: MaintenanceWindow, after: datetime, count: int) -> list[str]:
    """The next so many, in UTC."""
    found: list[str] = []
    while len(found) < count and (coming := windows.following(planned, after)) is not None:
        found.append(f"{coming.from_at:%m-%d %H:%M}")
        after = coming.from_at
    return found


@pytest.mark.parametrize(
    ("first", "zone", "recurrence", "after", "expected"),
    [
        pytest.param(
            "2026-03-27T22:00", ZURICH, "FREQ=DAILY", "2026-03-27", ["03-27 21:00", "03-28 21:00", "03-29 20:00"],
            id="22:00 stays 22:00 when the clocks go forward",
        ),
        pytest.param(
            "2026-10-23T22:00", ZURICH, "FREQ=DAILY", "2026-10-23", ["10-23 20:00", "10-24 20:00", "10-25 21:00"],
            id="and back",
        ),
        pytest.param(
            "2026-03-28T02:30", ZURICH, "FREQ=DAILY", "2026-03-27", ["03-28 01:30", "03-29 01:30", "03-30 00:30"],
            id="02:30 that does not exist is 03:30",
        ),
        pytest.param(
            "2026-10-24T02:30", ZURICH, "FREQ=DAILY", "2026-10-23", ["10-24 00:30", "10-25 00:30", "10-26 01:30"],
            id="of 02:30 that comes twice the first",
        ),
        pytest.param(
            "2026-09-05T00:15", SANTIAGO, "FREQ=DAILY", "2026-09-04", ["09-05 04:15", "09-06 04:15", "09-07 03:15"],
            id="midnight that does not exist, south",
        ),
        pytest.param(
            "2026-04-03T23:30", SANTIAGO, "FREQ=DAILY", "2026-04-03", ["04-04 02:30", "04-05 02:30", "04-06 03:30"],
            id="23:30 that comes twice, south",
        ),
        pytest.param(
            "2026-11-01T06:00", ZURICH, "FREQ=MONTHLY;BYDAY=1SU", "2026-11-01", ["11-01 05:00", "12-06 05:00", "01-03 05:00"],
            id="the first Sunday of a month",
        ),
        pytest.param(
            "2026-01-31T06:00", "UTC", "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-30", ["01-31 06:00", "02-28 06:00", "03-31 06:00"],
            id="the last day of a month",
        ),
        pytest.param(
            "2026-01-05T06:00", "UTC", "FREQ=WEEKLY;INTERVAL=2;COUNT=2", "2026-01-01", ["01-05 06:00", "01-19 06:00"],
            id="every other week, twice",
        ),
        pytest.param(
            "2026-01-05T00:00", "UTC", "rrule:freq=daily;byhour=0,12", "2026-01-05T12:00", ["01-06 00:00", "01-06 12:00"],
            id="twice a day, in small letters",
        ),
        pytest.param(
            "2026-01-05T22:00", ZURICH, "FREQ=DAILY;UNTIL=20260106", "2026-01-05", ["01-05 21:00", "01-06 21:00"],
            id="until a day, all of it",
        ),
        pytest.param(
            "2026-01-05T22:00", ZURICH, "FREQ=DAILY;UNTIL=20260106T210000Z", "2026-01-05", ["01-05 21:00", "01-06 21:00"],
            id="until an instant, with it",
        ),
        pytest.param(
            "2026-01-05T22:00", ZURICH, "FREQ=DAILY;UNTIL=20260106T215959", "2026-01-05", ["01-05 21:00"],
            id="until what the clock shows",
        ),
    ],
)  # fmt: skip
def test_work_recurs_by_the_clocks_of_its_zone(
    first: str, zone: str, recurrence: str, after: str, expected: list[str]
) -> None:
    planned = window(at(first, zone), 1, recurrence, zone)
    windows.check(planned)
    assert beginnings(planned, at(after), 3)[: len(expected)] == expected
    if len(expected) < 3:
        assert beginnings(planned, at(after), 3)[len(expected) :] == [] or "BYHOUR" in recurrence.upper()


def test_it_begins_at_the_second_0230_where_that_was_said() -> None:
    second = at("2026-10-25T02:30", ZURICH, fold=1)
    planned = window(second, 1, "FREQ=DAILY", ZURICH)
    windows.check(planned)
    assert windows.active(planned, second - timedelta(minutes=1)) is None
    assert windows.active(planned, second) == (second, second + timedelta(hours=1))
    assert windows.following(planned, second) == (at("2026-10-26T02:30", ZURICH), at("2026-10-26T03:30", ZURICH))


def test_each_time_is_as_long_as_the_first_in_hours_that_pass() -> None:
    planned = window(at("2026-03-27T22:00", ZURICH), 8, "FREQ=DAILY", ZURICH)
    night = windows.active(planned, at("2026-03-29T04:00", ZURICH))
    assert night == (at("2026-03-28T22:00", ZURICH), at("2026-03-29T07:00", ZURICH))


@pytest.mark.parametrize(
    ("hours", "moment", "is_active", "changes"),
    [
        pytest.param(2, "2026-01-05T09:59", False, "2026-01-05T10:00", id="before"),
        pytest.param(2, "2026-01-05T10:00", True, "2026-01-05T12:00", id="at its beginning"),
        pytest.param(2, "2026-01-05T12:00", False, None, id="at its end"),
        pytest.param(None, "2030-01-05T12:00", True, None, id="until somebody ends it"),
    ],
)
def test_a_window_is_there_from_its_beginning_up_to_its_end(
    hours: float | None, moment: str, is_active: bool, changes: str | None
) -> None:
    planned = window(at("2026-01-05T10:00"), hours, None, "UTC")
    assert (windows.active(planned, at(moment)) is not None) is is_active
    assert windows.changes_at(planned, at(moment)) == (at(changes) if changes else None)


@pytest.mark.parametrize(
    ("recurrence", "hours", "sentence"),
    [
        pytest.param("every sunday", 1, "'every sunday' has 'EVERY SUNDAY'; write an RRULE", id="no rule"),
        pytest.param("", 1, "write an RRULE of RFC 5545", id="empty"),
        pytest.param("FREQ=SECONDLY", 1, "FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY", id="every second"),
        pytest.param("FREQ=HOURLY", 1, "comes too often", id="every hour"),
        pytest.param("BYDAY=SU", 1, "says not how often", id="no frequency"),
        pytest.param("FREQ=DAILY;INTERVAL=0", 1, "INTERVAL=0; it is from 1 to 1000", id="never on"),
        pytest.param("FREQ=DAILY;COUNT=-1", 1, "COUNT=-1; it is from 1 to 10000", id="a negative count"),
        pytest.param("FREQ=DAILY;COUNT=1;UNTIL=20270101", 1, "both COUNT and UNTIL", id="two ends"),
        pytest.param("FREQ=DAILY;UNTIL=tomorrow", 1, "write 20261231", id="until what"),
        pytest.param("FREQ=DAILY;UNTIL=20261341", 1, "which is no date", id="until no date"),
        pytest.param("FREQ=DAILY;UNTIL=20200101", 1, "never comes", id="until before it begins"),
        pytest.param("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 1, "never comes in the five years", id="30 February"),
        pytest.param("FREQ=WEEKLY;BYDAY=XX", 1, "cannot be read as an RRULE", id="no day"),
        pytest.param("FREQ=WEEKLY;BYDAY=1SU", 1, "which only MONTHLY and YEARLY can", id="a day counted in a week"),
        pytest.param("FREQ=DAILY;BYEASTER=1", 1, "has 'BYEASTER=1'", id="a word of the library's own"),
        pytest.param("FREQ=DAILY;FREQ=DAILY", 1, "has 'FREQ=DAILY'", id="said twice"),
        pytest.param("FREQ=DAILY\nDTSTART:20200101", 1, "comes too often or says not", id="more than a rule"),
        pytest.param(f"FREQ=DAILY;BYMINUTE={','.join(map(str, range(25)))}", 1, "comes 25 times a day", id="too often"),
        pytest.param("FREQ=WEEKLY;BYDAY=TU", 1, "does not begin at 2026-01-05 10:00", id="another day than its first"),
        pytest.param("FREQ=DAILY", 25, "begins again after 1 day, 0:00:00, but the window is", id="longer than between"),
        pytest.param("FREQ=DAILY", None, "needs an end or a duration", id="no end"),
        pytest.param("FREQ=DAILY;" + "BYHOUR=1," * 50, 1, "characters; 300 is the most", id="endless text"),
    ],
)  # fmt: skip
def test_what_is_no_recurrence_is_refused_in_one_sentence_that_quotes_it(
    recurrence: str, hours: float | None, sentence: str
) -> None:
    planned = window(at("2026-01-05T10:00"), hours, recurrence, "UTC")
    with pytest.raises(ValueError, match=r".") as caught:
        windows.check(planned)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("zone", ["Europe/Zürich", "", "/etc/passwd", "../UTC", "Europe", "x" * 100])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="is no time zone; write one as Europe/Zurich"):
        windows.check(window(at("2026-01-05T10:00"), 1, None, zone))


RULES = st.builds(
    lambda frequency, interval, selector, end: f"FREQ={frequency};INTERVAL={interval}{selector}{end}",
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 3),
    st.sampled_from(["", ";BYDAY=SU", ";BYDAY=MO,WE,FR", ";BYHOUR=2", ";BYHOUR=2,3;BYMINUTE=30", ";BYMONTHDAY=-1"]),
    st.sampled_from(["", ";COUNT=5", ";UNTIL=20270401"]),
)
ZONES = st.sampled_from([ZURICH, SANTIAGO, "Australia/Lord_Howe", "UTC"])
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
SECONDS = INSTANTS.map(lambda moment: moment.replace(microsecond=0))
PLANNED = st.builds(window, SECONDS, st.floats(0.25, 12), RULES, ZONES)


@given(planned=PLANNED, moment=INSTANTS)
def test_until_it_may_change_it_does_not_and_then_it_does(planned: MaintenanceWindow, moment: datetime) -> None:
    due = windows.changes_at(planned, moment)
    if due is None:
        assert windows.active(planned, datetime(2040, 1, 1, tzinfo=UTC)) is None
        return
    assert due > moment
    assert windows.active(planned, due - timedelta(microseconds=1)) == windows.active(planned, moment)
    assert windows.active(planned, due) != windows.active(planned, moment)


@given(planned=PLANNED, moments=st.lists(INSTANTS, min_size=2, max_size=5))
def test_the_answer_does_not_depend_on_what_was_asked_before(
    planned: MaintenanceWindow, moments: list[datetime]
) -> None:
    forward = {moment: windows.active(planned, moment) for moment in sorted(moments)}
    assert forward == {moment: windows.active(planned, moment) for moment in sorted(moments, reverse=True)}


@given(planned=PLANNED, moment=INSTANTS)
def test_the_clock_shows_the_same_time_each_time_unless_it_leaves_it_out(
    planned: MaintenanceWindow, moment: datetime
) -> None:
    coming = windows.following(planned, moment)
    if coming is None or "BYHOUR" in (planned.recurrence or ""):
        return
    zone = ZoneInfo(planned.time_zone)
    first, shown = planned.from_at.astimezone(zone), coming.from_at.astimezone(zone)
    if shown.time() != first.time():
        wanted = shown.replace(hour=first.hour, minute=first.minute, second=first.second)
        assert wanted.astimezone(UTC).astimezone(zone).time() != wanted.time()  # there was no such time


@given(text=st.text(max_size=60) | st.lists(st.sampled_from(["FREQ=", "DAILY", ";", "BYDAY=", "-1", "SU", ",", "COUNT=3", "UNTIL=2", "BYHOUR=99", "BYSETPOS=", "0", "WKST=", "RRULE:"]), max_size=8).map("".join))  # fmt: skip
def test_whatever_is_written_is_a_rule_or_a_sentence(text: str) -> None:
    planned = window(at("2026-01-05T10:00"), 1, text, "UTC")
    try:
        windows.check(planned)
    except ValueError as error:
        sentence = str(error)
    else:
        sentence = ""
    assert sentence or windows.following(planned, at("2026-01-01")) is not None
