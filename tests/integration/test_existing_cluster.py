"""A site's own cluster, with SASL: the node uses it and runs no broker."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.running_broker import RunningBroker
from tests.running_node import RunningNode, wait_until
from trapline.kafka.admin import ensure_topics
from trapline.kafka.reader import Follower
from trapline.node import broker
from trapline.node.supervise import die_with_parent
from trapline.protocol.topics import SNMP_TRAPS
from trapline.settings import Settings

pytestmark = [pytest.mark.kafka, pytest.mark.node]

_CLIENT = {
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "PLAIN",
    "sasl.username": "trapline",
    "sasl.password": "of the site",
}
_SASL = """
listeners=SASL_PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=SASL_PLAINTEXT://127.0.0.1:{port}
inter.broker.listener.name=SASL_PLAINTEXT
listener.security.protocol.map=SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
username="broker" password="its own" user_broker="its own" user_trapline="of the site";
"""


@pytest.fixture
def cluster() -> Iterator[Settings]:
    """Settings that lead to a broker that lets in only who has a password."""
    home = RunningBroker()
    command = broker.prepare(home.settings)
    with (home.settings.home / "kafka" / "server.properties").open("a") as properties:
        properties.write(_SASL.format(port=home.settings.kafka_port, controller=home.settings.kafka_port + 1))
    process = subprocess.Popen(command, preexec_fn=die_with_parent)
    try:
        yield replace(home.settings, kafka_bootstrap=f"127.0.0.1:{home.settings.kafka_port}", kafka_client=_CLIENT)
    finally:
        process.kill()
        process.wait()
        home.close()


def test_the_node_uses_the_sites_cluster_with_its_password_and_runs_no_broker(cluster: Settings) -> None:
    ensure_topics(cluster)
    passed_through = {"TRAPLINE_KAFKA_CLIENT_" + key.upper().replace(".", "_"): value for key, value in _CLIENT.items()}
    node = RunningNode(TRAPLINE_KAFKA_BOOTSTRAP=cluster.kafka_bootstrap, **passed_through)
    try:
        node.start()
        follower = Follower(cluster, SNMP_TRAPS)
        wait_until(lambda: bool(follower.poll(0.2)), what="the canary in the site's snmp-traps")
        follower.close()

        assert not node.is_running("broker")
    finally:
        node.close()
