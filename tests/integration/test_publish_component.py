"""publish on a real Kafka and a real router, seen by a client that is not ours."""

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.foreign_client import ForeignClient, WampError
from tests.running_broker import RunningBroker
from tests.running_node import wait_until
from tests.running_router import RunningRouter
from trapline.kafka.admin import ensure_topics
from trapline.kafka.producer import Producer
from trapline.protocol import topics, uris
from trapline.protocol.alerts import BlindInterval, Target
from trapline.protocol.codec import encode
from trapline.protocol.commands import MaintenanceWindow
from trapline.protocol.severity import Severity
from trapline.protocol.status import OpenAlert, Retirement, SeverityChange, TargetStatus
from trapline.settings import Settings

pytestmark = [pytest.mark.kafka]

INVENTORY = """\
site: Integration
time_zone: Europe/Zurich
tiers: [{id: web, label: Web}]
server_types: [{id: host, label: Host}]
servers:
  - {name: pub-01, tier: web, type: host}
  - {name: pub-02, tier: web, type: host}
  - {name: pub-03, tier: web, type: host}
"""


def status_of(
    name: str, severity: Severity, at: datetime, *, message: str = "broken", type_: str = "host"
) -> TargetStatus:
    alert = OpenAlert(
        alert_key="k",
        severity=severity,
        message=message,
        rule_id="r",
        raised_at=at,
        last_seen_at=at,
        last_trap_id="t",
    )
    return TargetStatus(
        target=Target(name=name, type=type_, host=f"{name}.example.com"),
        severity=severity,
        since=at,
        last_heard_at=at,
        reason="test",
        rule_id="r",
        open_alerts=() if severity is Severity.CLEARED else (alert,),
        changes=(SeverityChange(at=at, severity=severity),),
    )


class Status:
    """Writes statuses as track does."""

    def __init__(self, settings: Settings) -> None:
        ensure_topics(settings, [topics.STATUS, topics.RETIREMENTS])
        self._producer = Producer(settings)

    def write(self, *statuses: TargetStatus) -> None:
        for status in statuses:
            self._producer.send(topics.STATUS, status.target.id, encode(status), _accepted)
        assert self._producer.flush(20) == 0

    def forget(self, target_id: str) -> None:
        self._producer.send(topics.STATUS, target_id, None, _accepted)
        assert self._producer.flush(20) == 0

    def retire(self, retirement: Retirement) -> None:
        self.forget(retirement.target.id)
        self._producer.send(topics.RETIREMENTS, retirement.target.id, encode(retirement), _accepted)
        assert self._producer.flush(20) == 0

    def restore(self, status: TargetStatus) -> None:
        self.write(status)
        self._producer.send(topics.RETIREMENTS, status.target.id, None, _accepted)
        assert self._producer.flush(20) == 0


def _accepted(error: Exception | None) -> None:
    assert error is None, error


def grid(client: ForeignClient) -> tuple[dict[str, Any], dict[str, Any]]:
    """The whole snapshot as a browser takes it: its first page, and all its cells by server."""
    first = client.call_when_served(uris.GRID_GET)
    cells = {cell["server"]: cell for cell in first["cells"]}
    for page in range(1, first["pages"]):
        further = client.call(uris.GRID_GET, page, first["epoch"], first["frame"])
        assert (further["epoch"], further["frame"], further["page"]) == (first["epoch"], first["frame"], page)
        cells |= {cell["server"]: cell for cell in further["cells"]}
    return first, cells


def frames_until(
    client: ForeignClient, server: str, severity: str | None, within_s: float = 15
) -> list[dict[str, Any]]:
    """The frames up to the one in which `server` has `severity` (None: is removed)."""
    frames: list[dict[str, Any]] = []
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        uri, frame = client.next_event()
        if uri != uris.GRID_CHANGED:
            continue
        frames.append(frame)
        if severity is None and server in frame.get("removed", []):
            return frames
        if any(cell["server"] == server and cell["severity"] == severity for cell in frame.get("cells", [])):
            return frames
    raise AssertionError(f"{server} did not become {severity}: {frames}")


@pytest.fixture(scope="module")
def status(kafka: RunningBroker) -> Status:
    return Status(kafka.settings)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    (folder / "inventory.yaml").write_text(INVENTORY)
    return folder


@pytest.fixture(scope="module", autouse=True)
def publisher(router: RunningRouter, status: Status, site: Path) -> Iterator[None]:
    """One publisher, with pages of two cells, for the tests that do not kill it."""
    now = datetime.now(UTC)
    status.write(status_of("pub-01", Severity.CLEARED, now), status_of("stranger", Severity.MAJOR, now))
    process = router.stage(
        "publish",
        TRAPLINE_SITE=str(site),
        TRAPLINE_SNAPSHOT_PAGE_CELLS="2",
        TRAPLINE_HEARTBEAT_INTERVAL_S="0.2",
    )
    yield
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


@pytest.fixture
def client(router: RunningRouter) -> Iterator[ForeignClient]:
    with ForeignClient(router.settings.web_port) as foreign:
        yield foreign


def test_a_fresh_browser_gets_the_whole_grid_before_any_new_trap(client: ForeignClient) -> None:
    first, cells = grid(client)
    assert (first["site"], first["time_zone"], first["heartbeat_interval_s"]) == ("Integration", "Europe/Zurich", 0.2)
    assert [tier["id"] for tier in first["tiers"]] == ["web", "unplaced"]
    assert first["pages"] >= 2
    assert list(cells)[:3] == ["pub-01", "pub-02", "pub-03"]
    assert cells["pub-01"]["severity"] == "cleared"
    assert cells["pub-02"]["severity"] is None
    assert (cells["host:stranger"]["tier"], cells["host:stranger"]["severity"]) == ("unplaced", "major")


def test_a_change_in_status_reaches_the_browser_and_a_snapshot_plus_frames_is_the_later_snapshot(
    client: ForeignClient, status: Status
) -> None:
    client.subscribe(uris.GRID_CHANGED)
    first, cells = grid(client)
    now = datetime.now(UTC)
    status.write(status_of("pub-01", Severity.CRITICAL, now, message="disk full"))
    status.write(*(status_of("pub-02", severity, now) for severity in (Severity.MINOR, Severity.MAJOR)))
    frames = frames_until(client, "pub-02", "major")
    if not any(cell["server"] == "pub-01" for frame in frames for cell in frame["cells"]):
        frames += frames_until(client, "pub-01", "critical")
    later, later_cells = grid(client)

    expected = first["frame"]
    for frame in frames:
        if frame["frame"] > first["frame"]:
            expected += 1
            assert (frame["epoch"], frame["frame"]) == (first["epoch"], expected)
            cells |= {cell["server"]: cell for cell in frame.get("cells", [])}
    assert (later["epoch"], later["frame"]) == (first["epoch"], expected)
    assert cells == later_cells
    assert (cells["pub-01"]["message"], cells["pub-01"]["open_alerts"]) == ("disk full", 1)
    assert datetime.fromisoformat(cells["pub-01"]["since"]) == now


def test_a_tombstone_takes_an_unplaced_cell_away_and_leaves_a_server_unknown(
    client: ForeignClient, status: Status
) -> None:
    now = datetime.now(UTC)
    client.subscribe(uris.GRID_CHANGED)
    status.write(status_of("guest", Severity.MINOR, now), status_of("pub-03", Severity.MINOR, now))
    frames_until(client, "host:guest", "minor")
    status.forget("host:guest")
    status.forget("host:pub-03")
    frames_until(client, "host:guest", None)
    _, cells = grid(client)
    assert "host:guest" not in cells
    assert cells["pub-03"]["severity"] is None


def test_further_pages_are_of_the_snapshot_that_page_0_pinned(client: ForeignClient, status: Status) -> None:
    client.subscribe(uris.GRID_CHANGED)
    first = client.call_when_served(uris.GRID_GET)
    page_before = client.call(uris.GRID_GET, 1, first["epoch"], first["frame"])
    status.write(status_of("pub-03", Severity.WARNING, datetime.now(UTC), message="newer"))
    frames_until(client, "pub-03", "warning")
    assert client.call(uris.GRID_GET, 1, first["epoch"], first["frame"]) == page_before
    _, cells = grid(client)
    assert cells["pub-03"]["message"] == "newer"


@pytest.mark.parametrize(
    ("args", "uri", "sentence"),
    [
        pytest.param((1, "another-epoch", 0), uris.ERROR_SNAPSHOT_EXPIRED, "begin again with page 0", id="epoch"),
        pytest.param((1,), uris.ERROR_SNAPSHOT_EXPIRED, "begin again with page 0", id="nothing pinned"),
        pytest.param(("one",), uris.ERROR_INVALID_ARGUMENT, "argument page is wrong: Expected `int`", id="a text"),
        pytest.param((0, None, None, 1), uris.ERROR_INVALID_ARGUMENT, "too many positional arguments", id="surplus"),
    ],
)
def test_a_page_that_cannot_be_had_is_refused_with_a_sentence(
    client: ForeignClient, args: tuple[Any, ...], uri: str, sentence: str
) -> None:
    client.call_when_served(uris.GRID_GET)
    with pytest.raises(WampError) as caught:
        client.call(uris.GRID_GET, *args)
    assert caught.value.uri == uri
    assert sentence in caught.value.sentence


def test_a_server_is_told_with_its_targets_and_alerts_worst_first(client: ForeignClient, status: Status) -> None:
    now = datetime.now(UTC)
    status.write(
        status_of("pub-02", Severity.MINOR, now),
        status_of("pub-02", Severity.CRITICAL, now, type_="oracle_listener", message="listener down"),
    )
    client.call_when_served(uris.GRID_GET)
    # Two targets are two partitions: either may be read first.
    wait_until(lambda: severities_on(client, "pub-02") == ["critical", "minor"], 15, "both are read")
    # The cell is as it was told last: its frame may come a moment later.
    wait_until(lambda: client.call(uris.TARGET_GET, "pub-02")["cell"]["message"] == "listener down", 15, "it is told")
    detail = client.call(uris.TARGET_GET, "pub-02")
    assert [one["target"]["type"] for one in detail["targets"]] == ["oracle_listener", "host"]


def severities_on(client: ForeignClient, server: str) -> list[str]:
    return [alert["severity"] for alert in client.call(uris.TARGET_GET, server).get("open_alerts", [])]


def test_a_retired_target_is_off_the_wall_and_on_the_list_until_it_is_restored(
    client: ForeignClient, status: Status
) -> None:
    now = datetime.now(UTC)
    scrapped = status_of("scrapped", Severity.MAJOR, now)
    status.write(scrapped)
    client.call_when_served(uris.GRID_GET)
    wait_until(lambda: "host:scrapped" in grid(client)[1], 15, "the target has a cell")
    retirement = Retirement(
        target=scrapped.target,
        operator="anna",
        at=now,
        reason="sold",
        last_status=scrapped,
        command_id="c",
        heard=2,
        heard_at=now,
    )
    status.retire(retirement)
    wait_until(lambda: client.call(uris.RETIREMENTS_GET)["retired"] != [], 15, "it is on the list")
    wait_until(lambda: "host:scrapped" not in grid(client)[1], 15, "its cell is gone")
    listed = client.call(uris.RETIREMENTS_GET)
    (one,) = listed["retired"]
    assert (one["server"], one["operator"], one["reason"], one["heard"]) == ("host:scrapped", "anna", "sold", 2)
    assert listed["heard_again"] == [one]
    status.restore(scrapped)
    wait_until(lambda: "host:scrapped" in grid(client)[1], 15, "it is back")
    assert client.call(uris.RETIREMENTS_GET)["retired"] == []


def test_planned_work_is_on_the_cell_and_on_the_list(client: ForeignClient, status: Status) -> None:
    now = datetime.now(UTC)
    window = MaintenanceWindow(window_id="disks", from_at=now, operator="anna", note="new disks")
    scope = status_of("tier/web", Severity.CLEARED, now, type_="trapline_scope")
    status.write(msgspec.structs.replace(scope, windows=(window,)))
    client.call_when_served(uris.GRID_GET)

    def planned() -> dict[str, Any]:
        return {server: cell.get("maintenance") for server, cell in grid(client)[1].items() if cell["tier"] == "web"}

    wait_until(lambda: all(planned().values()), 15, "the tier is in maintenance")
    assert {one["note"] for one in planned().values()} == {"new disks"}
    (work,) = client.call(uris.MAINTENANCE_GET)["work"]
    assert (work["target_ids"], work["window"]["window_id"]) == (["trapline_scope:tier/web"], "disks")
    assert client.call(uris.TARGET_GET, "pub-01")["work"] == [work]
    status.forget("trapline_scope:tier/web")
    wait_until(lambda: not any(planned().values()), 15, "it is over")


def test_a_server_that_does_not_exist_is_refused_by_name(client: ForeignClient) -> None:
    client.call_when_served(uris.GRID_GET)
    with pytest.raises(WampError) as caught:
        client.call(uris.TARGET_GET, "nowhere")
    assert caught.value.uri == uris.ERROR_UNKNOWN_TARGET
    assert caught.value.sentence == "there is no server 'nowhere' on this wall"


def test_heartbeats_carry_the_canary_and_blind_times_and_the_canary_is_no_cell(
    client: ForeignClient, status: Status
) -> None:
    client.subscribe(uris.HEARTBEAT)
    now = datetime.now(UTC)
    blind = BlindInterval(from_at=now - timedelta(seconds=9), to_at=now, reason="restart")
    canary = TargetStatus(
        target=Target(name="test", type="trapline_canary"),
        severity=Severity.CLEARED,
        since=now,
        last_heard_at=now,
        reason="canary",
        rule_id="canary",
        blind=(blind,),
    )
    status.write(canary)
    deadline = time.monotonic() + 10
    heartbeat: dict[str, Any] = {}
    while "canary_at" not in heartbeat and time.monotonic() < deadline:
        _, heartbeat = client.next_event()
    assert datetime.fromisoformat(heartbeat["canary_at"]) == now
    assert [one["reason"] for one in heartbeat["blind"]] == ["restart"]
    first, cells = grid(client)
    assert heartbeat["epoch"] == first["epoch"]
    assert not any("canary" in server for server in cells)


def test_a_changed_inventory_is_a_new_epoch_and_a_wrong_one_changes_nothing(client: ForeignClient, site: Path) -> None:
    client.subscribe(uris.HEARTBEAT)
    first, _ = grid(client)
    try:
        (site / "inventory.yaml").write_text("site: [")
        client.events.clear()
        assert {client.next_event()[1]["epoch"] for _ in range(4)} == {first["epoch"]}
        (site / "inventory.yaml").write_text(INVENTORY + "  - {name: pub-04, tier: web, type: host}\n")
        deadline = time.monotonic() + 10
        while client.next_event()[1]["epoch"] == first["epoch"]:
            assert time.monotonic() < deadline
        _, cells = grid(client)
        assert "pub-04" in cells
    finally:
        (site / "inventory.yaml").write_text(INVENTORY)
