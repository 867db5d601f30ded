"""Rooms as processes on a real broker, and the topics that they share."""

import subprocess
import sys
import time
from collections.abc import Callable

from tests.running_broker import RunningBroker
from trapline.kafka.admin import ensure_topics
from trapline.kafka.producer import Producer
from trapline.kafka.reader import Follower, read_to_end
from trapline.kafka.records import Input
from trapline.node.supervise import die_with_parent
from trapline.protocol.errors import KafkaUnavailable
from trapline.protocol.topics import Topic

PATIENCE_S = 90.0


class Room:
    """A room's process. `kill` is kill -9, and the next one is started at once, as the supervisor does."""

    def __init__(self, name: str, broker: RunningBroker) -> None:
        self._command, self._environment = [sys.executable, "-m", f"trapline.{name}"], broker.environment
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, env=self._environment, preexec_fn=die_with_parent)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process = self._start()

    def end(self) -> int:
        self._process.terminate()
        return self._process.wait(20)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class Topics:
    """What the test writes and reads. Readers see committed records only, as every room does."""

    def __init__(self, broker: RunningBroker) -> None:
        self.settings = broker.settings
        ensure_topics(broker.settings)
        self._producer = Producer(broker.settings)
        self._failures: list[KafkaUnavailable] = []

    def write(self, topic: Topic, records: list[tuple[str, bytes]]) -> None:
        for key, value in records:
            self._producer.send(topic, key, value, lambda error: self._failures.append(error) if error else None)
        assert self._producer.flush(30) == 0
        assert self._failures == []

    def wait_for(self, topic: Topic, is_enough: Callable[[list[Input]], bool]) -> list[Input]:
        """Everything in the topic, once it is enough. Fails after PATIENCE_S."""
        deadline = time.monotonic() + PATIENCE_S
        follower, seen = self._follow(topic, deadline), list[Input]()
        try:
            while not is_enough(seen):
                assert time.monotonic() < deadline, f"{len(seen)} records in {topic.name} after {PATIENCE_S} s"
                seen += follower.poll(0.5)
        finally:
            follower.close()
        return seen

    def _follow(self, topic: Topic, deadline: float) -> Follower:
        while True:
            try:
                return Follower(self.settings, topic)
            except KafkaUnavailable:  # a topic made this moment has no leader yet
                if time.monotonic() > deadline:
                    raise

    def all_of(self, topic: Topic) -> list[Input]:
        return list(read_to_end(self.settings, topic, range(self.settings.kafka_partitions)))
