"""Statuses as others may write them, well-formed and far from what track writes: none of them stops publish."""

import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile import NOON, records
from trapline import site
from trapline.kafka.records import Input
from trapline.protocol.alerts import Incident, Target
from trapline.protocol.codec import encode
from trapline.protocol.grid import Cell
from trapline.protocol.severity import Severity
from trapline.protocol.status import Acknowledgement, OpenAlert, TargetStatus
from trapline.publish.component import Publisher
from trapline.publish.grid import Grid
from trapline.publish.size import MOST_OCTETS, octets_of
from trapline.settings import load
from trapline.wamp.session import Door

INVENTORY = site.parse(
    "{site: T, tiers: [{id: t}], server_types: [{id: x}], servers: [{name: a, tier: t, type: x, targets: ['*:*']}]}"
)
GOOD = TargetStatus(
    target=Target(name="a", type="host"), severity=Severity.MAJOR, since=NOON, last_heard_at=NOON, reason="", rule_id=""
)


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    configuration = load({"TRAPLINE_HOME": str(tmp_path)})
    (configuration.home / "secrets").mkdir()
    (configuration.home / "secrets" / "router").write_text("a ticket")
    return Publisher(configuration, INVENTORY, Door(configuration))


@pytest.mark.parametrize(
    ("key", "changed", "reason"),
    [
        (b"host:a", {"since": "0001-01-01T00:00:00Z"}, "not of the years 1970 to 8999"),
        (b"host:a", {"last_heard_at": "9999-12-31T23:59:59Z"}, "not of the years 1970 to 8999"),
        (b"host:a", {"changes": [{"at": "2026-03-02T12:00:00", "severity": "major"}]}, "has no time zone"),
        (b"host:b", {}, "the key is 'host:b', but it is about 'host:a'"),
    ],
    ids=["year 1", "year 9999", "no zone", "about another"],
)
def test_a_status_that_cannot_be_used_is_left_out_with_a_line_and_the_rest_is_taken(
    publisher: Publisher, caplog: pytest.LogCaptureFixture, key: bytes, changed: dict[str, object], reason: str
) -> None:
    good = msgspec.structs.replace(GOOD, target=Target(name="c", type="host"))
    bad = msgspec.json.encode(msgspec.json.decode(encode(GOOD)) | changed)
    with caplog.at_level(logging.ERROR):
        taken = publisher._take_statuses(
            [Input("status", 0, 7, key, bad), Input("status", 0, 8, b"host:c", encode(good))]
        )

    assert taken == ["host:c"]
    (line,) = [record.getMessage() for record in caplog.records]
    assert "status/0@7 left out: " in line
    assert reason in line


def test_a_canary_is_no_cell_and_stays_over_a_new_epoch(publisher: Publisher) -> None:
    canary = msgspec.structs.replace(GOOD, target=Target(name=load({}).node_name, type="trapline_canary"))
    assert publisher._take_statuses([Input("status", 0, 1, canary.target.id.encode(), encode(canary))]) == []
    publisher._start_epoch()

    assert publisher._heartbeat(NOON).canary_at == NOON
    assert publisher._grid.cells["a"].severity is None


def test_a_cell_and_its_detail_are_bounded_whatever_is_written() -> None:
    long = "x" * 400_000
    alert = OpenAlert(
        alert_key="k",
        severity=Severity.MAJOR,
        message=long,
        rule_id="r",
        raised_at=NOON,
        last_seen_at=NOON,
        last_trap_id="t",
        incident=Incident(id="1", owner=long),
    )
    acknowledgement = Acknowledgement(operator=long, at=NOON, note=long)
    grid = Grid(INVENTORY, "e")
    grid.update("host:a", msgspec.structs.replace(GOOD, open_alerts=(alert,), acknowledgement=acknowledgement))
    grid.settle(NOON)
    detail = grid.detail("a")

    assert octets_of(grid.cells["a"]) < 10_000
    assert detail is not None
    assert octets_of(detail) <= MOST_OCTETS


@given(st.lists(records(TargetStatus), max_size=5), records(TargetStatus))
@settings(max_examples=200, deadline=None)
def test_whatever_can_be_read_can_be_folded_and_looked_at(statuses: list[TargetStatus], last: TargetStatus) -> None:
    for inventory in (INVENTORY, site.parse("site: T")):
        grid = Grid(inventory, "e")
        for status in statuses:
            grid.update(status.target.id, status)
        grid.settle(NOON)
        grid.update(last.target.id, last)
        for now in _moments([*statuses, last]):
            grid.advance(now)
            while grid.cut(now):
                pass
        assert all(isinstance(cell, Cell) and grid.detail(server) for server, cell in grid.cells.items())


def _moments(statuses: list[TargetStatus]) -> Iterator[datetime]:
    yield from sorted({NOON, *(status.last_heard_at for status in statuses)})
