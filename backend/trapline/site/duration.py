"""A length of time as people write it: 90s, 15m, 1h 30m, 26h, 30d. Pure."""

import re
from datetime import timedelta
from functools import lru_cache
from typing import Final

PATTERN: Final = r"^\s*(\d{1,6}[smhd]\s*)+$"
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@lru_cache(maxsize=1_000)
def duration(text: str) -> timedelta:
    """Raises ValueError with a sentence."""
    if not re.search(PATTERN, text):
        raise ValueError(f"{text!r} is no length of time; write for example 90s, 15m, 26h or 30d")
    total = sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"(\d+)([smhd])", text))
    if not 1 <= total <= 3_650 * 86_400:
        raise ValueError(f"{text!r} is no length of time that can be watched; write from 1s to 3650d")
    return timedelta(seconds=total)


def spoken(length: timedelta) -> str:
    """A duration as it is written, in its two largest units: `1d 4h`. What is below a second is none."""
    rest, words = int(length.total_seconds()), []
    for unit in ("d", "h", "m", "s"):
        count, rest = divmod(rest, _SECONDS[unit])
        if count:
            words.append(f"{count}{unit}")
    return " ".join(words[:2]) or "0s"
