"""The grid: whatever happens, a client that took a snapshot and the frames after it has the later snapshot."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.grid.client import Client
from trapline import site
from trapline.protocol.alerts import Target
from trapline.protocol.commands import MaintenanceWindow
from trapline.protocol.grid import GridFrame, Maintenance, Trend
from trapline.protocol.severity import Severity
from trapline.protocol.status import Memory, OpenAlert, SeverityChange, TargetStatus
from trapline.publish.grid import Grid
from trapline.publish.size import MOST_OCTETS, octets_of
from trapline.publish.snapshots import Snapshots

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
INVENTORY = site.parse("""\
site: Test
tiers: [{id: t}]
server_types: [{id: x}]
servers:
  - {name: a, tier: t, type: x, targets: ["host:a", "db:a*"]}
  - {name: b, tier: t, type: x}
  - {name: c, tier: t, type: x}
""")


def status(name: str, severity: Severity, at: datetime = NOON, type_: str = "host", **fields: Any) -> TargetStatus:
    return TargetStatus(
        target=Target(name=name, type=type_, host=fields.pop("host", None)),
        severity=severity,
        since=at,
        last_heard_at=fields.pop("last_heard_at", at),
        reason="test",
        rule_id="r",
        **fields,
    )


def alert(message: str, severity: Severity, at: datetime) -> OpenAlert:
    return OpenAlert(
        alert_key="k",
        severity=severity,
        message=message,
        rule_id="r",
        raised_at=at,
        last_seen_at=at,
        last_trap_id="t",
    )


def settled(*statuses: TargetStatus, now: datetime = NOON) -> Grid:
    grid = Grid(INVENTORY, "e")
    for one in statuses:
        grid.update(one.target.id, one)
    grid.settle(now)
    return grid


def test_every_server_of_the_inventory_is_a_cell_in_its_order_also_when_nothing_was_heard() -> None:
    cells = settled().cells
    assert list(cells) == ["a", "b", "c"]
    assert all(cell.severity is None for cell in cells.values())


def test_several_targets_fold_into_one_cell() -> None:
    grid = settled(status("a", Severity.CLEARED), status("a1", Severity.MAJOR, type_="db"))
    assert list(grid.cells) == ["a", "b", "c"]
    assert grid.cells["a"].severity is Severity.MAJOR


def test_a_target_that_no_server_claims_is_a_cell_of_its_own_under_its_id() -> None:
    cell = settled(status("stranger", Severity.MINOR, type_="weblogic")).cells["weblogic:stranger"]
    assert (cell.tier, cell.server_type, cell.severity) == ("unplaced", "weblogic", Severity.MINOR)


def test_a_target_that_moves_to_another_host_leaves_its_cell_and_joins_the_other() -> None:
    grid = settled(status("agent", Severity.MAJOR, host="b"))
    for host, severities, removed in (
        ("c.example.com", {"b": None, "c": Severity.MAJOR}, ()),
        ("elsewhere", {"c": None, "host:agent": Severity.MAJOR}, ()),
        ("b", {"b": Severity.MAJOR}, ("host:agent",)),
    ):
        grid.update("host:agent", status("agent", Severity.MAJOR, host=host))
        frame = grid.cut(NOON)
        assert frame is not None
        assert {cell.server: cell.severity for cell in frame.cells} == severities
        assert frame.removed == removed
    grid.update("host:agent", None)
    assert grid.cut(NOON) is not None
    assert grid.cells["b"].severity is None


def test_of_alerts_equally_bad_and_equally_old_the_same_is_shown_whoever_came_first() -> None:
    one, other = (
        status(name, Severity.MAJOR, type_="db", open_alerts=(alert(name, Severity.MAJOR, NOON),))
        for name in ("a1", "a2")
    )
    assert settled(one, other).cells == settled(other, one).cells


def test_a_target_whose_id_is_a_servers_name_is_in_that_servers_cell() -> None:
    inventory = site.parse(
        "{site: T, tiers: [{id: t}], server_types: [{id: x}], servers: [{name: 'db:z', tier: t, type: x}]}"
    )
    grid = Grid(inventory, "e")
    grid.update("db:z", status("z", Severity.MAJOR, type_="db"))
    grid.settle(NOON)
    assert [(cell.server, cell.tier) for cell in grid.cells.values()] == [("db:z", "t")]


def test_a_server_that_appears_by_itself_stands_where_the_first_of_its_placements_says() -> None:
    inventory = site.parse("""\
{site: T, tiers: [{id: data}, {id: hosts}], server_types: [{id: x}], placements: [
  {where: {type: db}, tier: data, type: x}, {where: {type: host}, tier: hosts, type: x}]}""")
    grid = Grid(inventory, "e")
    host = status("new-01", Severity.CLEARED)
    grid.update(host.target.id, host)
    grid.settle(NOON)
    assert {cell.server: cell.tier for cell in grid.cells.values()} == {"new-01": "hosts"}
    database = status("NEWDB", Severity.MINOR, type_="db", host="new-01")
    for known, tier, severity in ((database, "data", Severity.MINOR), (None, "hosts", Severity.CLEARED)):
        grid.update(database.target.id, known)
        frame = grid.cut(NOON)
        assert frame is not None
        assert [(cell.server, cell.tier, cell.severity) for cell in frame.cells] == [("new-01", tier, severity)]
    grid.update(host.target.id, None)
    gone = grid.cut(NOON)
    assert gone is not None
    assert gone.removed == ("new-01",)


def test_what_changed_and_changed_back_is_in_no_frame() -> None:
    grid = settled(status("b", Severity.CLEARED))
    grid.update("host:b", status("b", Severity.MAJOR))
    grid.update("host:b", status("b", Severity.CLEARED))
    assert grid.is_changed
    assert grid.cut(NOON) is None
    assert (grid.is_changed, grid.frame) == (False, 0)


def test_a_tombstone_of_an_unknown_target_changes_nothing() -> None:
    grid = settled()
    grid.update("host:nobody", None)
    assert not grid.is_changed


def test_a_frame_is_bounded_and_the_rest_comes_next_oldest_change_first() -> None:
    grid = settled()
    names = [f"s{number}" for number in range(2_000)]
    for name in names:
        grid.update(f"host:{name}", status(name, Severity.MINOR))
    grid.update("host:s0", status("s0", Severity.MAJOR))
    frames: list[GridFrame] = []
    while (frame := grid.cut(NOON)) is not None:
        frames.append(frame)
    cells = [cell for frame in frames for cell in frame.cells]
    assert [cell.server for cell in cells] == [f"host:{name}" for name in names]
    assert cells[0].severity is Severity.MAJOR
    assert [frame.frame for frame in frames] == [1, 2, 3, 4][: len(frames)]
    assert len(frames) > 1
    assert all(octets_of(frame) < 1.05 * MOST_OCTETS for frame in frames)


def test_a_trend_fades_though_nothing_happens() -> None:
    changes = (
        SeverityChange(at=NOON - timedelta(hours=1), severity=Severity.CLEARED),
        SeverityChange(at=NOON, severity=Severity.MAJOR),
    )
    grid = settled(status("b", Severity.MAJOR, changes=changes))
    assert grid.cells["b"].trend is Trend.WORSE
    grid.advance(NOON + timedelta(minutes=14, seconds=59))
    assert not grid.is_changed
    later = NOON + timedelta(minutes=15)
    grid.advance(later)
    frame = grid.cut(later)
    assert frame is not None
    assert [(cell.server, cell.trend) for cell in frame.cells] == [("b", Trend.SAME)]
    grid.advance(later + timedelta(days=1))
    assert not grid.is_changed


def test_the_detail_leaves_out_what_the_reducer_remembers_for_itself() -> None:
    grid = settled(status("b", Severity.CLEARED, memory=Memory(command_ids=("42",)), settled=()))
    detail = grid.detail("b")
    assert detail is not None
    assert detail.targets[0].memory == Memory()
    assert grid.detail("nowhere") is None


def target_called(name: str) -> Target:
    return Target(name=name, type="db" if name in {"a1", "a2"} else "host")


def scope_status(scope: str, from_at: datetime, to_at: datetime | None, **fields: Any) -> TargetStatus:
    """What track makes of an operator's window for a server or a tier."""
    planned = MaintenanceWindow(window_id="w", from_at=from_at, to_at=to_at, operator="anna", **fields)
    return status(scope, Severity.CLEARED, from_at, "trapline_scope", windows=(planned,))


@pytest.mark.parametrize("scope", ["server/a", "tier/t"])
def test_planned_work_shows_on_all_of_a_server_or_tier_and_ends_by_the_clock(scope: str) -> None:
    grid = settled(status("a", Severity.MAJOR, NOON - timedelta(hours=1)))
    begins, ends = NOON + timedelta(minutes=30), NOON + timedelta(minutes=90)
    grid.update("trapline_scope:" + scope, scope_status(scope, begins, ends, note="disks"))
    assert grid.cut(NOON) is None
    for now, expected in ((begins, Maintenance(from_at=begins, to_at=ends, by="anna", note="disks")), (ends, None)):
        grid.advance(now - timedelta(seconds=1))
        assert not grid.is_changed
        grid.advance(now)
        frame = grid.cut(now)
        assert frame is not None
        assert {cell.server: cell.maintenance for cell in frame.cells} == dict.fromkeys(
            ["a"] if scope == "server/a" else ["a", "b", "c"], expected
        )
        assert grid.cells["a"].severity is Severity.MAJOR


def test_what_is_planned_on_a_server_is_of_its_targets_its_own_and_of_its_tier() -> None:
    window = MaintenanceWindow(window_id="d", from_at=NOON)
    database = status("a1", Severity.CLEARED, type_="db", windows=(window,))
    scopes = [scope_status(scope, NOON, None) for scope in ("server/a", "server/b", "tier/t", "tier/other")]
    grid = settled(status("a", Severity.CLEARED), database, *scopes)
    assert set(grid.planned_on("a")) == {"db:a1", "trapline_scope:server/a", "trapline_scope:tier/t"}
    assert set(grid.planned_on("c")) == {"trapline_scope:tier/t"}
    assert set(grid.planned()) == {"db:a1", *(scope.target.id for scope in scopes)}
    assert grid.planned_on("nowhere") == {}


def test_a_scope_is_no_cell_and_its_tombstone_ends_its_work() -> None:
    grid = settled(scope_status("tier/t", NOON, None), scope_status("elsewhere", NOON, None))
    assert set(grid.cells) == {"a", "b", "c"}
    assert all(cell.maintenance for cell in grid.cells.values())
    grid.update("trapline_scope:tier/t", None)
    assert grid.cut(NOON) is not None
    assert not any(cell.maintenance for cell in grid.cells.values())


def test_a_retired_target_leaves_its_cell_whatever_its_status_says_and_restore_brings_it_back() -> None:
    agent = status("stranger", Severity.MAJOR)
    grid = settled(agent)
    grid.retire(agent.target.id, agent.target)
    frame = grid.cut(NOON)
    assert frame is not None
    assert frame.removed == ("host:stranger",)
    assert grid.server_of_retired(agent.target.id) == "host:stranger"
    grid.update(agent.target.id, status("stranger", Severity.CRITICAL))
    assert grid.cut(NOON) is None
    grid.restore(agent.target.id, agent)
    frame = grid.cut(NOON)
    assert frame is not None
    assert [(cell.server, cell.severity) for cell in frame.cells] == [("host:stranger", Severity.MAJOR)]


def test_a_server_of_the_inventory_is_no_cell_when_only_retired_targets_are_left() -> None:
    host, database = status("a", Severity.CLEARED), status("a1", Severity.MAJOR, type_="db")
    grid = settled(host, database)
    grid.retire(database.target.id, database.target)
    assert grid.cut(NOON) is not None
    assert [cell.severity for cell in grid.cells.values()] == [Severity.CLEARED, None, None]
    grid.update(host.target.id, None)
    grid.retire(host.target.id, host.target)
    frame = grid.cut(NOON)
    assert frame is not None
    assert frame.removed == ("a",)
    grid.restore(host.target.id, None)
    grid.restore(database.target.id, database)
    assert grid.cut(NOON) is not None
    assert grid.cells["a"].severity is Severity.MAJOR


NAMES = st.sampled_from(["a", "a1", "a2", "b", "c", "stranger", "guest"])
HOSTS = st.sampled_from([None, "b", "c.example.com", "elsewhere"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("update"), NAMES, st.sampled_from(Severity), st.integers(0, 3), HOSTS),
        st.tuples(st.just("forget"), NAMES),
        st.tuples(st.just("retire"), NAMES),
        st.tuples(st.just("restore"), NAMES),
        st.tuples(st.just("plan"), st.sampled_from(["server/a", "server/stranger", "tier/t"]), st.integers(0, 30)),
        st.tuples(st.just("minutes"), st.integers(1, 20)),
        st.tuples(st.just("cut")),
        st.tuples(st.just("join")),
    ),
    max_size=60,
)


def test_a_retired_target_that_is_heard_of_on_another_host_leaves_that_hosts_cell() -> None:
    grid, stranger = Grid(INVENTORY, "e"), Target(name="stranger", type="host")
    grid.retire(stranger.id, stranger)
    grid.retire(stranger.id, msgspec.structs.replace(stranger, host="b"))
    fresh = Grid(INVENTORY, "e")
    fresh.retire(stranger.id, msgspec.structs.replace(stranger, host="b"))
    for each in (grid, fresh):
        each.settle(NOON)
    assert grid.cells == fresh.cells
    assert "b" not in grid.cells


@given(steps=STEPS)
@settings(max_examples=300)
def test_a_snapshot_and_the_frames_after_it_are_the_later_snapshot(steps: list[tuple[Any, ...]]) -> None:
    now = NOON
    grid = Grid(INVENTORY, "e")
    snapshots = Snapshots(INVENTORY, "e", page_cells=2, heartbeat_interval_s=2)
    grid.settle(now)
    snapshots.start(grid.cells.values())
    statuses: dict[str, TargetStatus] = {}
    retired: dict[str, Target] = {}
    clients: list[Client] = []

    def cut() -> bool:
        frame = grid.cut(now)
        if frame is not None:
            plain = snapshots.apply(frame)
            for client in clients:
                client.take({"frame": plain})
        return frame is not None

    for step in steps:
        if step[0] == "update":
            _, name, severity, minutes, host = step
            type_ = "db" if name in {"a1", "a2"} else "host"
            change = SeverityChange(at=now - timedelta(minutes=minutes), severity=severity)
            alerts = () if severity is Severity.CLEARED else (alert(name, severity, change.at),)
            one = status(name, severity, change.at, type_, host=host, changes=(change,), open_alerts=alerts)
            statuses[one.target.id] = one
            grid.update(one.target.id, one)
        elif step[0] == "forget":
            target_id = target_called(step[1]).id
            statuses.pop(target_id, None)
            grid.update(target_id, None)
        elif step[0] == "retire":
            target = target_called(step[1])
            # As track says it: who is retired has a last status, and its target.
            retired[target.id] = statuses[target.id].target if target.id in statuses else target
            grid.retire(target.id, retired[target.id])
        elif step[0] == "restore":
            target_id = target_called(step[1]).id
            retired.pop(target_id, None)
            grid.restore(target_id, statuses.get(target_id))
        elif step[0] == "plan":
            scope = scope_status(step[1], now, now + timedelta(minutes=step[2]) if step[2] else None)
            statuses[scope.target.id] = scope
            grid.update(scope.target.id, scope)
        elif step[0] == "minutes":
            now += timedelta(minutes=step[1])
            grid.advance(now)
        elif step[0] == "cut":
            cut()
        else:
            client = Client()
            first = snapshots.first(grid.frame, 0)
            client.take({"page": first})
            for page in range(1, first["pages"]):
                client.take({"page": snapshots.further(page, "e", grid.frame, 0)})
            clients.append(client)
    while cut():
        pass

    # What a publisher that starts now would say, in whatever order it reads, is what every client has put together.
    fresh = Grid(INVENTORY, "e")
    for target_id, target in retired.items():
        fresh.retire(target_id, target)
    for target_id in sorted(statuses):
        fresh.update(target_id, statuses[target_id])
    fresh.settle(now)
    assert grid.cells == fresh.cells
    expected = {server: msgspec.to_builtins(cell) for server, cell in fresh.cells.items()}
    for client in clients:
        assert client.is_in_sync
        assert client.cells == expected
