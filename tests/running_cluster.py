"""Three brokers for tests, each also a controller, on ports of their own: the jars and the Java of the embedded one."""

import shutil
import subprocess
from dataclasses import replace

from confluent_kafka.admin import AdminClient

from tests.running_broker import JARS, free_ports, make_home
from tests.running_node import wait_until
from trapline.kafka.admin import ensure_topics
from trapline.node import broker, kafka_jars
from trapline.node.supervise import die_with_parent
from trapline.settings import Settings, load

_CLUSTER_ID = "TraplineTestClusterXYZ"
# What a site sets on its own cluster, and the embedded broker sets to 1.
_REPLICATED = {
    "default.replication.factor": "3",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    # Kafka's defaults: with the embedded broker's 2 s a busy machine would take brokers for dead that are only slow.
    "broker.session.timeout.ms": "9000",
    "broker.heartbeat.interval.ms": "2000",
}


class RunningCluster:
    """`settings` lead to it. Broker 1, 2 or 3 can be killed and started again with its data."""

    def __init__(self) -> None:
        first = free_ports(6)
        self._nodes = {
            number: replace(load({}), home=make_home(), kafka_port=first + 2 * (number - 1), kafka_heap_mb=192)
            for number in (1, 2, 3)
        }
        brokers = ",".join(f"127.0.0.1:{node.kafka_port}" for node in self._nodes.values())
        self.settings: Settings = replace(load({}), kafka_bootstrap=brokers, kafka_replication=3, node_name="test")
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> "RunningCluster":
        """Returns when all three answer for their topics."""
        kafka_jars.fetch_missing(JARS, print)
        broker.train(self._nodes[1])
        for number in self._nodes:
            self.start_broker(number)
        ensure_topics(self.settings, (), patience_s=120)
        admin = AdminClient({"bootstrap.servers": self.settings.bootstrap_servers})
        wait_until(lambda: len(admin.list_topics(timeout=10).brokers) == 3, 120, "three brokers")
        ensure_topics(self.settings)
        return self

    def start_broker(self, number: int) -> None:
        """Starts one; it joins by itself."""
        node = self._nodes[number]
        server_properties = broker._write_files(node)
        server_properties.write_text("".join(f"{key}={value}\n" for key, value in self._properties(number).items()))
        command = broker._options(node, kafka_jars.class_path(node.home / "jars"))
        cache = broker._aot_cache(node, command)
        if cache.exists():
            command.insert(1, f"-XX:AOTCache={cache}")
        if not (node.home / "kafka" / "data" / "meta.properties").exists():
            subprocess.run(
                [*command, "kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(server_properties)],
                check=True,
                capture_output=True,
            )
        self._processes[number] = subprocess.Popen(
            [*command, "kafka.Kafka", str(server_properties)], preexec_fn=die_with_parent
        )

    def _properties(self, number: int) -> dict[str, str]:
        voters = (f"{each}@127.0.0.1:{node.kafka_port + 1}" for each, node in self._nodes.items())
        own = {"node.id": str(number), "controller.quorum.voters": ",".join(voters)}
        return broker.properties(self._nodes[number]) | _REPLICATED | own

    def kill_broker(self, number: int) -> None:
        """kill -9."""
        self._processes[number].kill()
        self._processes[number].wait()

    def close(self) -> None:
        """Ends all and removes their homes."""
        for process in self._processes.values():
            process.kill()
            process.wait()
        for node in self._nodes.values():
            shutil.rmtree(node.home)
