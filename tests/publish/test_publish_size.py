"""No message is larger than the router lets through: it would be dropped, and the grid with it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trapline import site
from trapline.protocol.alerts import Target
from trapline.protocol.grid import Cell
from trapline.protocol.severity import Severity, rank
from trapline.protocol.status import Acknowledgement, OpenAlert, TargetStatus
from trapline.publish.cells import MOST_CHARACTERS, Place, fold
from trapline.publish.detail import detail_of
from trapline.publish.size import MOST_OCTETS, octets_of
from trapline.publish.snapshots import Snapshots

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PLACE = Place("web-01", "web", "host")
WIRING = Path(__file__).resolve().parents[2] / ".crossbar" / "config.json"


def status(number: int, alerts: int, text: str) -> TargetStatus:
    severities = list(Severity)[1:]
    return TargetStatus(
        target=Target(name=f"t{number}", type="host"),
        severity=Severity.CRITICAL,
        since=NOON + timedelta(seconds=number),
        last_heard_at=NOON,
        reason="test",
        rule_id="r",
        acknowledgement=Acknowledgement(operator="anna", at=NOON, note="€" * 1000),
        open_alerts=tuple(
            OpenAlert(
                alert_key=f"{number}.{one}",
                severity=severities[one % len(severities)],
                message=text,
                rule_id="r",
                raised_at=NOON + timedelta(seconds=one),
                last_seen_at=NOON,
                last_trap_id="0",
            )
            for one in range(alerts)
        ),
    )


def test_a_full_message_and_the_largest_cell_pass_every_transport() -> None:
    config = json.loads(WIRING.read_text())
    transports = [transport for worker in config["workers"] for transport in worker.get("transports", [])]
    limits = [
        options["options"][limit]
        for transport in transports
        for options in [transport, *transport.get("paths", {}).values()]
        for limit in ("max_message_size", "max_frame_size")
        if limit in options.get("options", {})
    ]
    largest = fold(PLACE, [status(1, 9, "€" * 4000)], NOON)
    assert len(limits) >= 5
    assert MOST_OCTETS + octets_of(largest) + 4096 < min(limits)


@pytest.mark.parametrize(("characters", "shown"), [(0, 0), (300, 300), (301, 300), (4000, 300)])
def test_a_cell_cuts_a_long_message_and_says_so(characters: int, shown: int) -> None:
    message = fold(PLACE, [status(1, 1, "x" * characters)], NOON).message
    assert len(message) == shown
    assert message.endswith("…") == (characters > MOST_CHARACTERS)


def test_a_page_is_closed_by_octets_as_well_as_by_cells() -> None:
    inventory = site.parse("site: Test")
    snapshots = Snapshots(inventory, "e", page_cells=10_000, heartbeat_interval_s=2)
    snapshots.start(
        Cell(server=f"s{number}", tier="t", server_type="x", severity=Severity.MAJOR, message="m" * 300)
        for number in range(1_000)
    )
    first = snapshots.first(0, 0)
    pages = [first, *(snapshots.further(page, "e", 0, 0) for page in range(1, first["pages"]))]
    assert [cell["server"] for page in pages for cell in page["cells"]] == [f"s{number}" for number in range(1_000)]
    assert all(octets_of(page) < 1.05 * MOST_OCTETS for page in pages)
    assert len(pages) == first["pages"] > 1


def test_a_small_detail_is_whole() -> None:
    statuses = [status(1, 3, "x"), status(2, 2, "y")]
    detail = detail_of(fold(PLACE, statuses, NOON), statuses)
    assert [one.target.name for one in detail.targets] == ["t2", "t1"]
    assert [rank(alert.severity) for alert in detail.open_alerts] == [3, 2, 2, 1, 1]


@given(targets=st.integers(0, 400), alerts=st.integers(0, 30), characters=st.integers(0, 4000))
@settings(max_examples=40, deadline=None)
def test_a_detail_fits_and_what_is_left_out_is_the_least_bad(targets: int, alerts: int, characters: int) -> None:
    statuses = [status(number, alerts, "x" * characters) for number in range(targets)]
    cell = fold(PLACE, statuses, NOON)
    detail = detail_of(cell, statuses)
    assert octets_of(detail) <= MOST_OCTETS
    assert detail.cell.open_alerts == targets * alerts
    assert [one.target.name for one in detail.targets] == [f"t{n}" for n in range(targets)][::-1][: len(detail.targets)]
    if targets and alerts:
        assert detail.open_alerts
        assert rank(detail.open_alerts[0].severity) == min(alerts, 5)
