"""Silence on the wall, and the lines that would place what no server claims."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trapline import site
from trapline.protocol.alerts import Target
from trapline.protocol.severity import Severity
from trapline.protocol.status import TargetStatus
from trapline.publish.grid import Grid

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SENDERS = site.parse("""\
site: Test
tiers: [{id: t}]
server_types: [{id: x}]
servers:
  - {name: a, tier: t, type: x, targets: ["host:a", "db:a*"]}
  - {name: b, tier: t, type: x, period: 30m}
placements:
  - {where: {name: new-*}, tier: t, type: x, period: 45m}
senders:
  - {name: OMS, addresses: [10.0.0.1], period: 15m}
  - {name: lab, addresses: [10.0.1.0/24], period: 20m}
periods:
  - {where: {name: c}, period: 10m}
""")
SENDER_OF = {"a": "10.0.0.1", "a1": "10.0.1.7", "b": "10.0.0.1", "c": "10.0.2.1", "new-1": "10.0.1.8", "stranger": ""}


def status(name: str, severity: Severity, at: datetime = NOON, type_: str = "host", **fields: Any) -> TargetStatus:
    return TargetStatus(
        target=Target(name=name, type=type_),
        severity=severity,
        since=at,
        last_heard_at=fields.pop("last_heard_at", at),
        reason="test",
        rule_id="r",
        **fields,
    )


def silences(grid: Grid) -> dict[str, datetime]:
    return {cell.server: cell.silent_since for cell in grid.cells.values() if cell.silent_since}


def test_when_a_sender_falls_silent_all_that_it_tells_of_does_and_one_trap_brings_it_back() -> None:
    grid = Grid(SENDERS, "e")
    for name in ("a", "b", "c"):
        grid.update(f"host:{name}", status(name, Severity.MINOR, sender=SENDER_OF[name]))
    grid.settle(NOON)
    assert silences(grid) == {}
    later = NOON + timedelta(minutes=15)
    grid.advance(later)
    frame = grid.cut(later)
    assert frame is not None
    # What was known is still shown; c has another sender, and its own period of ten minutes.
    told = {cell.server: (cell.severity, cell.silent_since) for cell in frame.cells}
    assert told == dict.fromkeys(("a", "b", "host:c"), (Severity.MINOR, NOON))
    detail = grid.detail("a")
    assert detail is not None
    assert detail.silence == "nothing was heard of its sender OMS since 2026-03-02 12:00:00 UTC, for 15m and more"
    grid.update("host:a", status("a", Severity.MINOR, last_heard_at=later, sender=SENDER_OF["a"]))
    frame = grid.cut(later)
    assert frame is not None
    assert {cell.server: cell.silent_since for cell in frame.cells} == {"a": None, "b": None}


def test_what_is_known_to_be_wrong_is_shown_although_a_part_is_silent_and_the_detail_says_which() -> None:
    grid = Grid(SENDERS, "e")
    grid.update("host:a", status("a", Severity.CLEARED, sender=SENDER_OF["a"]))
    grid.update("db:a1", status("a1", Severity.CRITICAL, type_="db"))
    later = NOON + timedelta(minutes=15)
    grid.settle(later)
    assert (grid.cells["a"].severity, grid.cells["a"].silent_since) == (Severity.CRITICAL, None)
    detail = grid.detail("a")
    assert detail is not None
    assert detail.silence.startswith("nothing was heard of its sender OMS since")


def test_a_server_that_appeared_by_itself_is_silent_past_the_period_of_its_placement() -> None:
    grid = Grid(SENDERS, "e")
    grid.update("host:new-1", status("new-1", Severity.CLEARED))
    grid.settle(NOON)
    for minutes, silent in ((44, {}), (45, {"new-1": NOON})):
        grid.advance(NOON + timedelta(minutes=minutes))
        grid.cut(NOON + timedelta(minutes=minutes))
        assert silences(grid) == silent


@given(
    steps=st.lists(
        st.one_of(st.sampled_from(sorted(SENDER_OF)), st.integers(1, 40), st.just("cut")), min_size=1, max_size=40
    )
)
def test_silence_found_as_time_passes_is_what_a_publisher_that_starts_now_finds(steps: list[str | int]) -> None:
    now, grid = NOON, Grid(SENDERS, "e")
    statuses: dict[str, TargetStatus] = {}
    grid.settle(now)
    for step in steps:
        if isinstance(step, int):
            now += timedelta(minutes=step)
            grid.advance(now)
        elif step == "cut":
            grid.cut(now)
        else:
            type_ = "db" if step == "a1" else "host"
            statuses[step] = status(step, Severity.CLEARED, now, type_, sender=SENDER_OF[step])
            grid.update(statuses[step].target.id, statuses[step])
    grid.cut(now)
    fresh = Grid(SENDERS, "e")
    for one in statuses.values():
        fresh.update(one.target.id, one)
    fresh.settle(now)
    assert silences(grid) == silences(fresh)


def test_a_target_of_no_server_carries_the_lines_that_would_place_it() -> None:
    grid = Grid(SENDERS, "e")
    for one in (status("c2", Severity.MINOR, type_="db"), status("b", Severity.MINOR)):
        grid.update(one.target.id, one)
    grid.settle(NOON)
    unplaced, placed = grid.detail("db:c2"), grid.detail("b")
    assert unplaced is not None
    assert unplaced.suggestion == (
        "  # as a: so are 1 of the 1 servers that have a target of type db\n"
        '  - {name: c2, tier: t, type: x, targets: ["db:c2"]}\n'
    )
    assert placed is not None
    assert placed.suggestion == ""
