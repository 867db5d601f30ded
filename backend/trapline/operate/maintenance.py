"""Planned work: begin or plan a window for targets, servers, tiers; end it. Pure.

A window begins now unless it is said, lasts until `to_at` or for `duration_s`, or until somebody ends it. It recurs by
an RRULE in a named time zone (see `trapline.recurrence`). One call is one window, whatever it is for: its id is that of
the call's first command.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from trapline import windows
from trapline.operate.orders import LONGEST, Order, aware, refused, targets
from trapline.protocol.commands import Action, Command, MaintenanceWindow

_SHORTEST: Final = timedelta(minutes=1)
_MOST_CHARACTERS: Final = 1_001


def start(
    order: Order,
    named: str | Sequence[str],
    *,
    from_at: datetime | None,
    to_at: datetime | None,
    duration_s: float | None,
    recurrence: str | None,
    time_zone: str,
    note: str,
) -> list[Command]:
    """Raises Refused. What a rule makes may take three seconds to find out: not for an event loop."""
    begins = order.now if from_at is None else aware(from_at, "from_at")
    # Rules know whole seconds, and so do people.
    begins = begins.replace(microsecond=0)
    ends = _end(begins, to_at, duration_s)
    if abs(begins - order.now) > LONGEST:
        raise refused(f"from_at is {begins.isoformat()}; plan within a year of today", "from_at")
    if ends is not None and recurrence is None and ends <= order.now:
        raise refused(f"the window is over at {ends.isoformat()}, which is past; name a time to come", "to_at")
    commands = order.commands(Action.MAINTAIN, targets(named, or_scopes=True), note)
    first = commands[0]
    window = MaintenanceWindow(
        window_id=first.command_id,
        from_at=begins,
        to_at=ends,
        recurrence=recurrence,
        time_zone=time_zone,
        operator=first.operator,
        note=first.note,
    )
    try:
        windows.check(window)
    except ValueError as error:
        raise refused(str(error), "recurrence" if recurrence else "time_zone") from None
    return [replace(command, window=window) for command in commands]


def end(order: Order, window_id: str, named: str | Sequence[str], note: str) -> list[Command]:
    """Raises Refused. `named`: the targets and scopes that the window is for, from `trapline.api.maintenance.get`."""
    if not window_id.strip() or len(window_id) > _MOST_CHARACTERS:
        raise refused(
            f"{window_id[:80]!r} is no window's id; trapline.api.maintenance.get lists them, as does "
            "`trapline maintenance list`",
            "window_id",
        )
    return order.commands(Action.END_MAINTENANCE, targets(named, or_scopes=True), note, window_id=window_id)


def _end(begins: datetime, to_at: datetime | None, duration_s: float | None) -> datetime | None:
    if to_at is not None and duration_s is not None:
        raise refused("both to_at and duration_s are given; keep one", "duration_s")
    if to_at is not None:
        ends = aware(to_at, "to_at").replace(microsecond=0)
    elif duration_s is not None:
        if not 0 < duration_s <= LONGEST.total_seconds():
            raise refused(f"duration_s is {duration_s:g}; a window lasts from a minute to a year", "duration_s")
        ends = begins + timedelta(seconds=int(duration_s))
    else:
        return None
    if not _SHORTEST <= ends - begins <= LONGEST:
        raise refused(
            f"the window is from {begins.isoformat()} to {ends.isoformat()}; it lasts from a minute to a year", "to_at"
        )
    return ends
