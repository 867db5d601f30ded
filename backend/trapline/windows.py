"""Whether planned work is under way at an instant, and when that may change. Pure: the clock is given.

A window without a recurrence is there once. One that recurs is each time as long as the first, in hours that pass, not
in hours that the clock shows (RFC 5545, section 3.8.5.3): eight hours from 22:00 end at 07:00 in the night in which the
clocks go forward. A window that cannot be read is never under way; `check` says why, where somebody asks for it.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from trapline.protocol.commands import MaintenanceWindow
from trapline.recurrence import check as check_recurrence
from trapline.recurrence import recurrence_of

_LONGEST_NAME: Final = 64


class Occurrence(NamedTuple):
    """Once that the work is under way; without `to_at` until somebody ends it."""

    from_at: datetime
    to_at: datetime | None


@lru_cache(maxsize=1_000)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of a name. Raises ValueError with a sentence."""
    try:
        if len(name) > _LONGEST_NAME:
            raise ValueError(name)  # noqa: TRY301  (said as every other name that is none)
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError; a folder's name is an OSError
        raise ValueError(f"{name[:_LONGEST_NAME]!r} is no time zone; write one as Europe/Zurich or UTC") from None


def check(window: MaintenanceWindow) -> None:
    """Raises ValueError with a sentence for a window that means nothing."""
    zone = zone_of(window.time_zone)
    if window.to_at is not None and window.to_at <= window.from_at:
        raise ValueError(f"the window ends at {window.to_at.isoformat()}, which is not after it begins")
    if window.recurrence is None:
        return
    if window.to_at is None:
        raise ValueError("a window that recurs needs an end or a duration: how long is it each time?")
    check_recurrence(window.recurrence, window.from_at, window.to_at - window.from_at, zone)


def active(window: MaintenanceWindow, at: datetime) -> Occurrence | None:
    """The occurrence that is under way at `at`: from its beginning up to, and not with, its end."""
    begun, _ = _around(window, at)
    return begun if begun is not None and (begun.to_at is None or at < begun.to_at) else None


def following(window: MaintenanceWindow, at: datetime) -> Occurrence | None:
    """The next occurrence that begins after `at`."""
    return _around(window, at)[1]


def changes_at(window: MaintenanceWindow, at: datetime) -> datetime | None:
    """The next moment after `at` at which work begins or ends; None when nothing changes by itself any more."""
    begun, coming = _around(window, at)
    moments = [coming.from_at] if coming else []
    if begun is not None and begun.to_at is not None and at < begun.to_at:
        moments.append(begun.to_at)
    return min(moments, default=None)


def _around(window: MaintenanceWindow, at: datetime) -> tuple[Occurrence | None, Occurrence | None]:
    """The last occurrence that has begun by `at`, and the next."""
    if window.recurrence is None or window.to_at is None:
        once = Occurrence(window.from_at, window.to_at)
        return (once, None) if window.from_at <= at else (None, once)
    try:
        recurrence = recurrence_of(window.recurrence, window.from_at, zone_of(window.time_zone))
    except ValueError:
        return None, None
    length = window.to_at - window.from_at
    begun, coming = recurrence.around(at)
    return Occurrence(begun, begun + length) if begun else None, Occurrence(coming, coming + length) if coming else None
