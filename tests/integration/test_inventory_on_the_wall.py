"""A database that nobody listed appears in its row, is retired by the inventory, and does not come back by itself.

track, operate and publish on a real Kafka and a real router; the events are as normalize writes them.
"""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.foreign_client import ForeignClient
from tests.running_broker import RunningBroker
from tests.running_node import wait_until
from tests.running_router import RunningRouter
from trapline.kafka.admin import ensure_topics
from trapline.kafka.producer import Producer
from trapline.protocol import topics, uris
from trapline.protocol.alerts import AlertEvent, EventKind, Provenance, Target
from trapline.protocol.codec import encode
from trapline.protocol.severity import Severity

pytestmark = [pytest.mark.kafka]

SITE = """\
site: Whole
tiers: [{id: database, label: Database}]
server_types: [{id: db, label: Oracle database}]
placements:
  - {where: {type: oracle_database, lifecycle_status: production}, tier: database, type: db}
"""


class Wall:
    """What a browser sees, and what the senders say."""

    def __init__(self, broker: RunningBroker, client: ForeignClient, site: Path) -> None:
        self._producer = Producer(broker.settings)
        self.client = client
        self.site = site
        self._traps = 0

    def raised(self, name: str, properties: dict[str, str]) -> None:
        self._traps += 1
        now = datetime.now(UTC)
        event = AlertEvent(
            trap_id=f"{int(now.timestamp() * 1_000_000):014x}{self._traps:06x}c0ffee000001",
            kind=EventKind.RAISE,
            target=Target(name=name, type="oracle_database", host="db-07.example.com", properties=properties),
            alert_key=f"key-{self._traps}",
            severity=Severity.CRITICAL,
            message=f"{name} is down",
            received_at=now,
            rule_id="test",
            reason="test",
            provenance=Provenance(trap_oid="1.3", source_addr="192.0.2.10", security_name="public"),
        )
        self._producer.send(topics.ALERTS, event.target.id, encode(event), _accepted)
        assert self._producer.flush(20) == 0

    def cells(self) -> dict[str, tuple[str, str | None]]:
        page = self.client.call_when_served(uris.GRID_GET)
        return {cell["server"]: (cell["tier"], cell["severity"]) for cell in page["cells"]}

    def retired(self, part: str = "retired") -> dict[str, dict[str, Any]]:
        found = self.client.call_when_served(uris.RETIREMENTS_GET).get(part, [])
        return {one["target_id"]: one for one in found}


def _accepted(error: Exception | None) -> None:
    assert error is None, error


@pytest.fixture
def wall(own_kafka: RunningBroker, tmp_path: Path) -> Iterator[Wall]:
    site = tmp_path / "inventory.yaml"
    site.write_text(SITE)
    ensure_topics(own_kafka.settings)
    router = RunningRouter(own_kafka.settings)
    with contextlib.closing(router):
        router.start()
        for stage in ("track", "operate", "publish"):
            router.stage(stage, TRAPLINE_SITE=str(tmp_path), TRAPLINE_HEARTBEAT_INTERVAL_S="0.2")
        with ForeignClient(router.settings.web_port) as client:
            yield Wall(own_kafka, client, site)


def test_a_server_appears_by_its_properties_and_leaves_by_the_inventory(wall: Wall) -> None:
    wall.raised("OLD1", {"lifecycle_status": "Production"})
    wait_until(lambda: wall.cells() == {"db-07.example.com": ("database", "critical")}, 30, "it appears in its row")
    # OEM leaves the properties out of a trap that is too large: the target keeps its place.
    wall.raised("OLD1", {})
    wall.raised("TEST1", {"lifecycle_status": "Test"})
    wait_until(lambda: "oracle_database:TEST1" in wall.cells(), 30, "the other is unplaced")
    assert wall.cells()["db-07.example.com"] == ("database", "critical")

    wall.site.write_text(SITE + "retired: ['oracle_database:OLD*']\n")
    wait_until(lambda: list(wall.cells()) == ["oracle_database:TEST1"], 30, "it is off the wall")
    one = wall.retired()["oracle_database:OLD1"]
    assert (one["operator"], one["server"]) == ("inventory", "db-07.example.com")
    assert one["reason"] == "the inventory's `retired` names it (oracle_database:OLD*)"

    wall.raised("OLD1", {"lifecycle_status": "Production"})
    wait_until(lambda: "oracle_database:OLD1" in wall.retired("heard_again"), 30, "it is told that it was heard of")
    assert list(wall.cells()) == ["oracle_database:TEST1"]
