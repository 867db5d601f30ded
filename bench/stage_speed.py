"""How many traps a second one normalize and one track take, transactions included: `python -m bench.stage_speed`.

A real broker holds OEM traps about 10,000 targets. Then normalize runs until its group has committed all of them, then
track until it has committed what normalize made of them, then a track reads back the statuses of all targets. Each
stage is the process that a node runs. The clock runs from the first commit on that is seen to the last.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition

from bench import machine, table, traffic
from tests.running_broker import RunningBroker
from trapline.kafka.admin import ensure_topics
from trapline.kafka.producer import Producer
from trapline.protocol.alerts import Target
from trapline.protocol.errors import KafkaUnavailable
from trapline.protocol.topics import ALERTS, SNMP_TRAPS, STATUS, Topic
from trapline.settings import Settings
from trapline.snmp import Community, Credentials, LocalEngine, Security, decode
from trapline.track.component import Tracker

_TARGETS = 10_000
_SENDERS = 16
_SLICE = 10_000
_PATIENCE_S = 180
_LOOK_S = 0.02


class Speed(NamedTuple):
    """`restart_s`: from the process's start to its first commit."""

    records: int
    seconds: float
    stage_cpu_s: float
    broker_cpu_s: float
    restart_s: float


def traps(count: int) -> Iterable[tuple[str, bytes]]:
    """Sender and record, as ingest writes them, the targets in turn."""
    site = traffic.Site(
        tuple(
            ("server", "production", Target(name=f"claims-db-{number:05}", type="oracle_database", host="db.example"))
            for number in range(_TARGETS)
        )
    )
    credentials = Credentials((Community("bench", traffic.COMMUNITY.encode()),), ())
    security = Security(credentials, LocalEngine(b"bench", 1, time.time()))
    began = datetime.now(UTC)
    for first in range(0, count, _SLICE):
        made = traffic.packets("oem-v1", site, 1, first, min(_SLICE, count - first))
        for number, datagram in enumerate(made, first):
            at = began + timedelta(milliseconds=number)
            sender = f"192.0.2.{number % _SENDERS}"
            trap_id = f"{int(at.timestamp() * 1e6):014x}000001c0ffee000001"
            yield sender, decode(datagram, security, time.time()).to_json(trap_id, at, sender, 40_000)


def preload(settings: Settings, records: Iterable[tuple[str, bytes]]) -> None:
    """Into `snmp-traps`."""
    failures: list[KafkaUnavailable] = []
    producer = Producer(settings, linger_ms=20)
    for key, value in records:
        while True:
            try:
                producer.send(SNMP_TRAPS, key, value, lambda error: failures.append(error) if error else None)
                break
            except KafkaUnavailable:
                producer.poll(0.1)
        producer.poll(0)
    if producer.flush(60) or failures:
        raise SystemExit(f"Kafka did not take the traps: {failures[:1]}")


class Progress:
    """What a group has committed of a topic, and what the topic holds: offsets, transaction markers included."""

    def __init__(self, settings: Settings, group: str, topic: Topic) -> None:
        self._consumer = Consumer({"bootstrap.servers": settings.bootstrap_servers, "group.id": group})
        self._partitions = [TopicPartition(topic.name, number) for number in range(settings.kafka_partitions)]

    def end(self) -> int:
        ends = (self._consumer.get_watermark_offsets(each, timeout=10) for each in self._partitions)
        return sum(each[1] for each in ends if each is not None)

    def committed(self) -> int:
        return sum(max(0, each.offset) for each in self._consumer.committed(self._partitions, timeout=10))

    def close(self) -> None:
        self._consumer.close()


def run_stage(broker: RunningBroker, name: str, topic: Topic, records: int, scratch: Path) -> Speed:
    """Starts the stage and ends it when it has committed all of `topic`. SystemExit when it does not."""
    progress = Progress(broker.settings, f"trapline-{name}", topic)
    end = progress.end()
    log = scratch / f"{name}.log"
    started = time.monotonic()
    process = machine.start([sys.executable, "-m", f"trapline.{name}"], None, log, broker.environment)
    try:
        # The last record's commit is its offset and one; markers behind it are not read.
        first = _await(process, progress, 1, log)
        first_at, cpu_s, broker_s = time.monotonic(), machine.cpu_s(process.pid), machine.cpu_s(broker.pid)
        done = _await(process, progress, end - _markers(broker.settings, topic), log)
        seconds = time.monotonic() - first_at
        share = (done - first) / end
        return Speed(
            int(records * share),
            seconds,
            machine.cpu_s(process.pid) - cpu_s,
            machine.cpu_s(broker.pid) - broker_s,
            first_at - started,
        )
    finally:
        machine.stop(process)
        progress.close()


def _markers(settings: Settings, topic: Topic) -> int:
    """A partition that a transaction wrote last ends with its marker."""
    return settings.kafka_partitions if topic is ALERTS else 0


def _await(process: subprocess.Popen[bytes], progress: Progress, wanted: int, log: Path) -> int:
    deadline = time.monotonic() + _PATIENCE_S
    while (committed := progress.committed()) < wanted:
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the stage has committed {committed} of {wanted}: {log.read_text()[-2000:]}")
        threading.Event().wait(_LOOK_S)
    return committed


def restore_s(settings: Settings) -> float:
    """Seconds in which track reads all statuses back."""
    began = time.monotonic()
    Tracker(settings).assigned(range(settings.kafka_partitions))
    return time.monotonic() - began


def main() -> None:
    """Prints the tables; with --write puts them into bench/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traps", type=int, default=40_000)
    parser.add_argument("--write", action="store_true", help="put the tables into bench/README.md")
    arguments = parser.parse_args()
    broker = RunningBroker()
    try:
        settings = broker.start().settings
        ensure_topics(settings)
        preload(settings, traps(arguments.traps))
        with tempfile.TemporaryDirectory() as scratch:
            speeds = {
                "normalize": run_stage(broker, "normalize", SNMP_TRAPS, arguments.traps, Path(scratch)),
                "track": run_stage(broker, "track", ALERTS, arguments.traps, Path(scratch)),
            }
        statuses = Progress(settings, "bench", STATUS)
        held = statuses.end()
        statuses.close()
        restored = restore_s(settings)
    finally:
        broker.close()
    rows = [
        [
            name,
            f"{each.records / each.seconds:,.0f}",
            f"{each.stage_cpu_s / each.records * 1e6:.0f}",
            f"{each.broker_cpu_s / each.records * 1e6:.0f}",
            f"{each.restart_s:.1f}",
        ]
        for name, each in speeds.items()
    ]
    text = (
        table.markdown(["stage", "traps/s", "µs CPU a trap", "broker's", "first commit, s after the start"], rows)
        + f"\n\n{_TARGETS:,} targets are back from {held:,} offsets of `status` in {restored:.1f} s."
    )
    print(text)
    if arguments.write:
        table.write("stage-speed", table.stamped(text))


if __name__ == "__main__":
    main()
