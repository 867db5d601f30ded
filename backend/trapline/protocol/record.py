"""The base of all records on Kafka's topics, and what is checked when one is read.

JSON; times are aware UTC in RFC 3339; unset optional fields are left out. What stages reckon with is checked when it
is read, so that a record that would stop one is a dead letter instead: a time is aware and of the years 1970 to 8999,
a target's id has a bounded length, a count fits in 53 bits.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

# Far enough from the ends of datetime that any sum with a window or a time zone is a datetime again.
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)

MOST_COUNTED: Final = 2**53 - 1
"""The largest integer that a browser's number holds exactly."""


def check_times(*times: datetime) -> None:
    """Raises ValueError for a time that no stage could reckon with."""
    # ValueError: msgspec makes its own error of it, with the place in the document.
    for at in times:
        if at.tzinfo is None:
            raise ValueError(f"{at.isoformat()} has no time zone")
        if not _EARLIEST <= at < _LATEST:
            raise ValueError(f"{at.isoformat()} is not of the years 1970 to 8999")


def check_count(count: int) -> None:
    """Raises ValueError for what no browser could count."""
    if not 0 <= count <= MOST_COUNTED:
        raise ValueError(f"a count is from 0 to {MOST_COUNTED}")


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all records: frozen, named fields, defaults left out on the wire.

    msgspec does not inherit `kw_only`, so each record repeats it.
    """
