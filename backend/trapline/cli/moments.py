"""A moment as people write it on a command line. Pure: the clock and the zone are given.

`2h`, `1d 12h`                        from now
`06:00`                               the next time that the clock shows it
`2026-11-24 06:00`                    in the site's time zone
`2026-11-24T06:00+01:00`, `…Z`        with a zone of its own
"""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from trapline.site.duration import duration

_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """In UTC. Raises ValueError with a sentence."""
    text = text.strip()
    if match := _CLOCK.fullmatch(text):
        return _next(time(int(match[1]), int(match[2])), zone, now)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is not None:
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    try:
        return now + duration(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time; write 2h, 06:00 or '2026-11-24 06:00'") from None


def _next(clock: time, zone: ZoneInfo, now: datetime) -> datetime:
    today = now.astimezone(zone).date()
    for days in (0, 1):
        at = datetime.combine(today + timedelta(days=days), clock, zone).astimezone(UTC)
        if at > now:
            return at
    # The clock goes back in between, and the first of two equal times is past: the day after is sure.
    return datetime.combine(today + timedelta(days=2), clock, zone).astimezone(UTC)
