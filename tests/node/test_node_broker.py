"""The embedded broker is Apache Kafka: it starts, keeps its data, and says in one sentence why it does not."""

import socket
import subprocess
import sys
import uuid

import pytest

from tests.running_broker import RunningBroker
from trapline.kafka.admin import ensure_topics
from trapline.node import broker
from trapline.protocol.topics import STATUS

pytestmark = pytest.mark.kafka


def _run(kafka: RunningBroker, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "trapline.node.broker"],
        env=kafka.environment | variables,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def _cluster_id(kafka: RunningBroker) -> str:
    text = (kafka.settings.home / "kafka" / "data" / "meta.properties").read_text()
    return next(line for line in text.splitlines() if line.startswith("cluster.id"))


def test_a_killed_broker_comes_back_with_its_data_and_its_cluster_id(own_kafka: RunningBroker) -> None:
    ensure_topics(own_kafka.settings, [STATUS])
    before = _cluster_id(own_kafka)
    own_kafka.kill()
    own_kafka.start()
    from confluent_kafka.admin import AdminClient

    topics = AdminClient({"bootstrap.servers": own_kafka.settings.bootstrap_servers}).list_topics(timeout=10).topics
    assert STATUS.name in topics
    assert _cluster_id(own_kafka) == before


def test_a_cluster_id_that_begins_with_a_dash_is_no_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(bytes=b"\xf8" * 16))
    formatted = RunningBroker()
    broker.prepare(formatted.settings)

    assert _cluster_id(formatted).startswith("cluster.id=-")
    formatted.close()


def test_a_taken_port_is_one_sentence_that_names_port_and_setting(kafka: RunningBroker) -> None:
    result = _run(kafka)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert str(kafka.settings.kafka_port) in line
    assert "TRAPLINE_KAFKA_PORT" in line


def test_the_port_of_the_controller_is_looked_at_too(own_kafka: RunningBroker) -> None:
    own_kafka.stop()
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taker.bind(("127.0.0.1", own_kafka.settings.kafka_port + 1))
        taker.listen()
        result = _run(own_kafka)
    assert result.returncode == 1
    assert str(own_kafka.settings.kafka_port + 1) in result.stderr


def test_with_a_cluster_of_yours_no_broker_runs(kafka: RunningBroker) -> None:
    result = _run(kafka, TRAPLINE_KAFKA_BOOTSTRAP="kafka.example.com:9092")
    assert result.returncode == 0
    assert "kafka.example.com:9092" in result.stdout
