"""Planned work and retirements as lists, each small enough for one message. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final, TypeVar

from trapline import windows
from trapline.protocol.commands import MaintenanceWindow
from trapline.protocol.record import Record
from trapline.protocol.status import Retirement
from trapline.protocol.upkeep import MaintenanceList, PlannedWork, Retired, RetirementList, RetirementProposal
from trapline.publish.cells import short
from trapline.publish.size import MOST_OCTETS, octets_of

_TARGETS_NAMED: Final = 500  # as many as one call may name
_NAMES_CHARACTERS: Final = 30_000
_TEXT: Final = 300
_DAY: Final = timedelta(days=1)
_MOST_HEARD: Final = 20

OCTETS_IN_DETAIL: Final = 16 * 1024
"""How much of it stands in the detail of a server, beside what fills a message already."""

R = TypeVar("R", bound=Record)


def maintenance_list(
    planned: Mapping[str, Sequence[MaintenanceWindow]], now: datetime, most_octets: int = MOST_OCTETS
) -> MaintenanceList:
    """The windows by target id. What one call planned for many targets is one piece of work."""
    targets: dict[MaintenanceWindow, list[str]] = {}
    for target_id, its_windows in planned.items():
        for window in its_windows:
            targets.setdefault(window, []).append(target_id)
    work = sorted((_work(window, ids, now) for window, ids in targets.items()), key=_soonest)
    kept = _fitting(work, most_octets)
    return MaintenanceList(work=kept, left_out=len(work) - len(kept))


def retirement_list(
    retirements: Iterable[Retirement],
    proposals: Sequence[RetirementProposal],
    server_of: Callable[[str], str],
) -> RetirementList:
    """All that is retired, what is proposed in the order given, what was heard of again. `server_of` takes an id."""
    retired = sorted(
        (_retired(each, server_of(each.target.id)) for each in retirements), key=lambda one: one.at, reverse=True
    )
    heard = sorted((one for one in retired if one.heard_at), key=lambda one: one.heard_at or one.at, reverse=True)
    share = MOST_OCTETS // 3
    kept = _fitting(retired, share), _fitting(proposals, share), _fitting(heard, share)
    total = len(retired) + len(proposals) + len(heard)
    return RetirementList(
        retired=kept[0], proposed=kept[1], heard_again=kept[2], left_out=total - sum(map(len, kept))
    )  # fmt: skip


def heard_retired(retirements: Iterable[Retirement], server_of: Callable[[str], str], now: datetime) -> tuple[str, ...]:
    """The servers of retired targets that were heard of within a day, the last first; `server_of` takes an id."""
    heard = [(each.heard_at, each.target.id) for each in retirements if each.heard_at and each.heard_at > now - _DAY]
    servers = dict.fromkeys(short(server_of(target_id)) for _, target_id in sorted(heard, reverse=True))
    return tuple(servers)[:_MOST_HEARD]


def _work(window: MaintenanceWindow, target_ids: list[str], now: datetime) -> PlannedWork:
    active, following = windows.active(window, now), windows.following(window, now)
    return PlannedWork(
        window=window,
        target_ids=_named(sorted(target_ids)),
        targets=len(target_ids),
        active_from_at=active.from_at if active else None,
        active_to_at=active.to_at if active else None,
        next_from_at=following.from_at if following else None,
    )


def _named(target_ids: list[str]) -> tuple[str, ...]:
    characters = accumulate(map(len, target_ids))
    return tuple(
        target_id
        for target_id, reached in zip(target_ids[:_TARGETS_NAMED], characters, strict=False)
        if reached <= _NAMES_CHARACTERS
    )


def _soonest(work: PlannedWork) -> tuple[int, float, str]:
    if work.active_from_at:
        return 0, work.active_from_at.timestamp(), work.window.window_id
    if work.next_from_at:
        return 1, work.next_from_at.timestamp(), work.window.window_id
    return 2, -work.window.from_at.timestamp(), work.window.window_id


def _retired(retirement: Retirement, server: str) -> Retired:
    return Retired(
        target_id=retirement.target.id,
        server=server,
        operator=retirement.operator,
        at=retirement.at,
        reason=retirement.reason[:_TEXT],
        severity=retirement.last_status.severity,
        heard=retirement.heard,
        heard_at=retirement.heard_at,
    )


def _fitting(records: Sequence[R], most_octets: int) -> tuple[R, ...]:
    octets = 0
    for index, record in enumerate(records):
        octets += octets_of(record)
        if octets > most_octets:
            return tuple(records[:index])
    return tuple(records)
