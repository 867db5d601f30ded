"""Flapping with hysteresis: Icinga's 30 and 25 per cent, for a sender that speaks only when something changes. Pure.

Icinga looks at a service once in a check interval, keeps whether the state differed from the look before, and weighs
the last 20 looks from 0.8 (oldest) to 1.2 (newest). OEM is not looked at: it says each change once. So a minute stands
for a look: a minute in which the severity changed is a look that found a change, however often it changed in it. That
is what an Icinga that looks once a minute would find, from events alone.

A target flaps from 30 % on (about six of twenty minutes) until it is below 25 % (five). Time alone ends it: the minute
from which it is below is known as soon as it last changed, and then the clock says `settle`.
"""

from datetime import UTC, datetime
from typing import Final

MINUTES: Final = 20
BEGINS_AT: Final = 30.0
ENDS_BELOW: Final = 25.0
_OLDEST, _NEWEST = 0.8, 1.2
_LAST: Final = int(datetime(8999, 12, 31, tzinfo=UTC).timestamp()) // 60


def minute_of(at: datetime) -> int:
    """Whole minutes since 1970."""
    return int(at.timestamp()) // 60


def start_of(minute: int) -> datetime:
    """When a minute begins; one that no time has stands for the first or the last."""
    return datetime.fromtimestamp(min(max(minute, 0), _LAST) * 60, UTC)


def with_flip(flipped: tuple[int, ...], at: datetime) -> tuple[int, ...]:
    """The minutes with a change, this one included, as far back as they count."""
    minute = minute_of(at)
    return (*(each for each in flipped if minute - MINUTES < each < minute), minute)


def percent(flipped: tuple[int, ...], minute: int) -> float:
    """How much of the last 20 minutes changed, weighted, as seen in `minute`: 0 to 100."""
    ages = (minute - each for each in flipped)
    step = (_NEWEST - _OLDEST) / (MINUTES - 1)
    return 100 * sum(_NEWEST - age * step for age in ages if 0 <= age < MINUTES) / MINUTES


def steady_at(flipped: tuple[int, ...]) -> datetime:
    """From when on it is below the lower bound, if nothing changes any more."""
    last = max(flipped, default=0)
    return start_of(next(minute for minute in range(last, last + MINUTES + 1) if percent(flipped, minute) < ENDS_BELOW))
