"""When planned work begins again: an RRULE (RFC 5545, section 3.3.10) by the clocks of a time zone. Pure.

A rule is reckoned in wall-clock time, so that 22:00 stays 22:00 over a change of daylight saving time. A time that the
clocks leave out begins as much later as they leave out (02:30 is then 03:30), and of a time that comes twice the first
is meant: RFC 5545, section 3.3.5.

Taken are DAILY, WEEKLY, MONTHLY and YEARLY, with BYHOUR and BYMINUTE up to 24 times a day: what comes more often is no
maintenance, and every stage that reads such a rule would reckon for ever.
"""

import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

MOST_CHARACTERS: Final = 300
MOST_A_DAY: Final = 24
_FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_SELECTORS: Final = {"BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYHOUR", "BYMINUTE", "BYSETPOS"}
_PARTS: Final = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", *_SELECTORS}
_UNTIL: Final = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
_FIRST_WITHIN: Final = timedelta(days=366 * 5)
_LOOKED_AT: Final = 400


class Recurrence:
    """The times at which one window begins. Made by `recurrence_of`, which remembers them."""

    def __init__(self, text: str, first_at: datetime, zone: ZoneInfo) -> None:
        self._first_at, self._zone = first_at, zone
        self._rule = _rule(text, _wall(first_at, zone), zone)
        self._coming: Iterator[datetime] = iter(self._rule)
        self._known: list[datetime] = []

    def around(self, at: datetime) -> tuple[datetime | None, datetime | None]:
        """The last beginning not after `at` and the first one after it, in UTC; None where there is none."""
        while not self._known or self._known[-1] <= at:
            following = next(self._coming, None)
            if following is None:
                break
            self._known.append(self._instant(following))
        index = bisect_right(self._known, at)
        return (
            self._known[index - 1] if index else None,
            self._known[index] if index < len(self._known) else None,
        )

    def beginnings(self, most: int) -> list[datetime]:
        """The first so many, as the clocks of the zone show them."""
        return list(islice(self._rule, most))

    def _instant(self, wall: datetime) -> datetime:
        # fold=0 is both of RFC 5545's answers: the offset before a gap, the first of a time that comes twice.
        # The window's own beginning is an instant already, and may be the second.
        try:
            return max(wall.replace(tzinfo=self._zone).astimezone(UTC), self._first_at)
        except OverflowError:  # the last day of the year 9999, behind Greenwich
            return wall.replace(tzinfo=UTC)


def recurrence_of(text: str, first_at: datetime, zone: ZoneInfo) -> Recurrence:
    """Raises ValueError with a sentence that quotes the rule."""
    made = _made(text, first_at, zone)
    if isinstance(made, Recurrence):
        return made
    raise ValueError(str(made))


# A rule that never comes takes up to three seconds to find out, so what is wrong is remembered too.
@lru_cache(maxsize=512)
def _made(text: str, first_at: datetime, zone: ZoneInfo) -> Recurrence | ValueError:
    try:
        return Recurrence(text, first_at, zone)
    except ValueError as error:
        return error


def check(text: str, first_at: datetime, length: timedelta, zone: ZoneInfo) -> None:
    """Whether work that begins at `first_at` and lasts `length` can recur so. Raises ValueError with a sentence."""
    recurrence = recurrence_of(text, first_at, zone)
    walls = recurrence.beginnings(_LOOKED_AT)
    begins = _wall(first_at, zone)
    if walls[0] != begins:
        raise ValueError(
            f"{text!r} does not begin at {begins:%Y-%m-%d %H:%M}; its first time from then on is "
            f"{walls[0]:%Y-%m-%d %H:%M}: let the window begin then"
        )
    shortest = min((after - before for before, after in pairwise(walls)), default=length)
    if length > shortest:
        raise ValueError(f"{text!r} begins again after {shortest}, but the window is {length} long; make it shorter")


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    """What a clock shows: rules know whole seconds."""
    return at.astimezone(zone).replace(tzinfo=None, microsecond=0)


def _rule(text: str, begins: datetime, zone: ZoneInfo) -> rrule:
    parts = _parts(text)
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(text, parts["UNTIL"], zone)
    made = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what the library would only warn of is said
            rule = rrulestr(made, dtstart=begins)
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, OverflowError, Warning) as error:
        raise ValueError(f"{text!r} cannot be read as an RRULE: {error}") from None
    assert isinstance(rule, rrule)  # one rule, and no dates besides
    # A day that never comes (30 February) is looked for up to the year 9999, and that is done here once.
    first = next(iter(rule), None)
    if first is None or first > begins + _FIRST_WITHIN:
        raise ValueError(f"{text!r} never comes in the five years after {begins:%Y-%m-%d %H:%M}")
    return rule


def _parts(text: str) -> dict[str, str]:
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"the recurrence has {len(text)} characters; {MOST_CHARACTERS} is the most")
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if name not in _PARTS or not equals or not value or name in parts:
            raise ValueError(f"{text!r} has {part!r}; write an RRULE of RFC 5545, as FREQ=WEEKLY;BYDAY=SU")
        parts[name] = value
    if parts.get("FREQ") not in _FREQUENCIES:
        raise ValueError(f"{text!r} comes too often or says not how often; FREQ is one of {', '.join(_FREQUENCIES)}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError(f"{text!r} has both COUNT and UNTIL; keep one")
    for name, most in (("INTERVAL", 1_000), ("COUNT", 10_000)):
        value = parts.get(name, "1")
        if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= most):
            raise ValueError(f"{text!r} has {name}={value}; it is from 1 to {most}")
    if parts["FREQ"] in _FREQUENCIES[:2] and re.search(r"\d", parts.get("BYDAY", "")):
        raise ValueError(f"{text!r} counts days of the week, which only MONTHLY and YEARLY can; write BYDAY=SU")
    times = len(set(parts.get("BYHOUR", "0").split(","))) * len(set(parts.get("BYMINUTE", "0").split(",")))
    if times > MOST_A_DAY:
        raise ValueError(f"{text!r} comes {times} times a day; {MOST_A_DAY} is the most")
    return parts


def _until(text: str, value: str, zone: ZoneInfo) -> str:
    """UNTIL by the clocks of the zone. A date is all of that day."""
    match = _UNTIL.fullmatch(value)
    if match is None:
        raise ValueError(f"{text!r} has UNTIL={value}; write 20261231 or 20261231T215900Z")
    day, time, is_utc = match.groups()
    try:
        at = datetime.strptime(f"{day}{time or '235959'}", "%Y%m%d%H%M%S")  # noqa: DTZ007  (as the clocks show it)
        if is_utc:
            at = at.replace(tzinfo=UTC).astimezone(zone)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} has UNTIL={value}, which is no date and time") from None
    return f"{at:%Y%m%dT%H%M%S}"
