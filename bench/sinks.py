"""Where a receiver's traps end up, and how to see that all of them did.

The judge has eyes of its own: it reads the file, or the topic through librdkafka itself, not through Trapline.
"""

import re
import time
from pathlib import Path
from typing import Protocol

from confluent_kafka import Consumer, TopicPartition

from trapline.protocol.topics import SNMP_TRAPS
from trapline.settings import Settings

_CHUNK = 1 << 24
_DIGITS = 24
_PATIENCE_S = 20


def _numbers(run: int) -> re.Pattern[bytes]:
    return re.compile(rb"%08X([0-9A-F]{%d})" % (run, _DIGITS))


class Sink(Protocol):
    """One run after another. `begin` forgets what was there."""

    def begin(self, run: int) -> None:
        """The traps of this run come now."""

    def amount(self) -> int:
        """How much is there, cheaply: it grows while traps arrive. In the sink's own unit."""

    def distinct(self, expected: int) -> int:
        """How many different traps of this run are there, read one by one; may stop at `expected`."""

    def close(self) -> None:
        """No more runs."""


class FileSink:
    """A file that the receiver opened for appending. Amount: octets."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._path.touch()
        self._run = 0

    def begin(self, run: int) -> None:
        self._run = run
        with self._path.open("r+b") as file:
            file.truncate(0)

    def amount(self) -> int:
        return self._path.stat().st_size

    def distinct(self, expected: int) -> int:
        pattern = _numbers(self._run)
        found: set[bytes] = set()
        tail = b""
        with self._path.open("rb") as file:
            while len(found) < expected and (chunk := file.read(_CHUNK)):
                found.update(pattern.findall(tail + chunk))
                tail = chunk[-40:]
        return len(found)

    def close(self) -> None:
        self._path.unlink()


class TopicSink:
    """The topic snmp-traps. Amount: the sum of the end offsets, in records (ingest uses no transactions)."""

    def __init__(self, settings: Settings) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings.bootstrap_servers,
                "group.id": "bench",
                "enable.auto.commit": False,
                "fetch.max.bytes": 32 << 20,
                "queued.max.messages.kbytes": 65536,
            }
        )
        topic = self._consumer.list_topics(SNMP_TRAPS.name, timeout=10).topics[SNMP_TRAPS.name]
        self._partitions = list(topic.partitions)
        self._run = 0

    def _ends(self) -> list[TopicPartition]:
        ends = []
        for partition in self._partitions:
            offsets = self._consumer.get_watermark_offsets(TopicPartition(SNMP_TRAPS.name, partition), timeout=10)
            assert offsets is not None
            ends.append(TopicPartition(SNMP_TRAPS.name, partition, offsets[1]))
        return ends

    def begin(self, run: int) -> None:
        self._run = run
        self._began = self._ends()

    def amount(self) -> int:
        return sum(int(end.offset) for end in self._ends())

    def distinct(self, expected: int) -> int:
        pattern = _numbers(self._run)
        found: set[bytes] = set()
        left = self.amount() - sum(int(each.offset) for each in self._began)
        self._consumer.assign(self._began)
        deadline = time.monotonic() + _PATIENCE_S
        while left > 0 and len(found) < expected and time.monotonic() < deadline:
            messages = self._consumer.consume(5000, 0.2)
            left -= len(messages)
            for message in messages:
                found.update(pattern.findall(_octets(message.value())))
        self._consumer.unassign()
        return len(found)

    def close(self) -> None:
        self._consumer.close()


def _octets(value: str | bytes | None) -> bytes:
    return value if isinstance(value, bytes) else b""
