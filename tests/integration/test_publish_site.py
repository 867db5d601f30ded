"""publish on a real Kafka and a real router: silence by the clock, suggested lines, proposed retirements."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.foreign_client import ForeignClient
from tests.running_broker import RunningBroker
from tests.running_node import wait_until
from tests.running_router import RunningRouter
from trapline import site as inventories
from trapline.kafka.admin import ensure_topics
from trapline.kafka.producer import Producer
from trapline.protocol import topics, uris
from trapline.protocol.alerts import Target
from trapline.protocol.codec import encode
from trapline.protocol.severity import Severity
from trapline.protocol.status import TargetStatus
from trapline.site.models import model_of

pytestmark = [pytest.mark.kafka]

EARLIER = """\
site: Silence
tiers: [{id: web, label: Web}]
server_types: [{id: host, label: Host}]
servers:
  - {name: quiet-01, tier: web, type: host}
  - {name: gone-01, tier: web, type: host}
"""
TODAY = """\
site: Silence
tiers: [{id: web, label: Web}]
server_types: [{id: host, label: Host}]
servers:
  - {name: quiet-01, tier: web, type: host}
senders:
  - {name: OMS, addresses: [192.0.2.10], period: 2s}
"""


class Kafka:
    """Writes what track and operate write."""

    def __init__(self, broker: RunningBroker) -> None:
        ensure_topics(broker.settings, [topics.STATUS, topics.SITE_MODEL])
        self._producer = Producer(broker.settings)

    def heard(self, name: str, at: datetime) -> None:
        status = TargetStatus(
            target=Target(name=name, type="host"),
            severity=Severity.CLEARED,
            since=at,
            last_heard_at=at,
            reason="test",
            rule_id="r",
            sender="192.0.2.10",
        )
        self._producer.send(topics.STATUS, status.target.id, encode(status), _accepted)
        assert self._producer.flush(20) == 0

    def in_force(self, text: str, at: datetime) -> None:
        model = model_of(inventories.parse(text), "n", at)
        self._producer.send(topics.SITE_MODEL, model.version, encode(model), _accepted)
        assert self._producer.flush(20) == 0


def _accepted(error: Exception | None) -> None:
    assert error is None, error


@pytest.fixture(scope="module")
def records(kafka: RunningBroker) -> Kafka:
    return Kafka(kafka)


@pytest.fixture
def client(router: RunningRouter, records: Kafka, tmp_path: Path) -> Iterator[ForeignClient]:
    (tmp_path / "inventory.yaml").write_text(TODAY)
    process = router.stage("publish", TRAPLINE_SITE=str(tmp_path), TRAPLINE_HEARTBEAT_INTERVAL_S="0.2")
    with ForeignClient(router.settings.web_port) as foreign:
        yield foreign
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def detail(client: ForeignClient, server: str) -> dict[str, Any]:
    found: dict[str, Any] = client.call_when_served(uris.TARGET_GET, server)
    return found


def test_a_server_goes_silent_when_its_sender_does_and_comes_back_with_one_trap(
    client: ForeignClient, records: Kafka
) -> None:
    heard_at = datetime.now(UTC)
    records.heard("quiet-01", heard_at)
    wait_until(lambda: "silent_since" in detail(client, "quiet-01")["cell"], 15, "it is silent")
    told = detail(client, "quiet-01")
    assert datetime.fromisoformat(told["cell"]["silent_since"]) == heard_at
    assert told["cell"]["severity"] == "cleared"
    assert told["silence"].startswith("nothing was heard of its sender OMS since")
    # Another target of the same sender: OEM sends on change, the quiet one is as it was.
    records.heard("other-01", datetime.now(UTC) + timedelta(minutes=5))
    wait_until(lambda: "silent_since" not in detail(client, "quiet-01")["cell"], 15, "its sender is back")


def test_what_left_the_inventory_is_proposed_and_carries_the_lines_to_place_it(
    client: ForeignClient, records: Kafka
) -> None:
    now = datetime.now(UTC)
    records.in_force(EARLIER, now - timedelta(days=9))
    records.in_force(TODAY, now - timedelta(days=2))
    records.heard("gone-01", now)

    def proposed() -> dict[str, dict[str, Any]]:
        found = client.call_when_served(uris.RETIREMENTS_GET).get("proposed", [])
        return {one["target_id"]: one for one in found}

    wait_until(lambda: "host:gone-01" in proposed(), 15, "it is proposed")
    one = proposed()["host:gone-01"]
    assert datetime.fromisoformat(one["since"]) == now - timedelta(days=2)
    assert one["reason"].startswith("gone from the inventory: until ")
    assert one["reason"].endswith("it belonged to gone-01")
    assert one["server"] == "host:gone-01"
    assert "host:quiet-01" not in proposed()
    assert detail(client, "host:gone-01")["suggestion"] == (
        "  # a guess: nothing in the inventory is like it, so say tier and type yourself\n"
        '  - {name: gone-01, tier: web, type: host, targets: ["host:gone-01"]}\n'
    )
