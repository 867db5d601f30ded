"""The broker's disk is full: what it confirmed is there when there is room again, and what it did not confirm was not."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.running_broker import RunningBroker
from trapline.kafka.admin import ensure_topics
from trapline.kafka.producer import Producer
from trapline.kafka.reader import read_to_end
from trapline.protocol.errors import KafkaUnavailable
from trapline.protocol.topics import SNMP_TRAPS

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(os.geteuid() != 0, reason="a disk of a few megabytes has to be mounted, which root may do"),
]

RECORD = os.urandom(50_000)


@pytest.fixture
def broker() -> Iterator[RunningBroker]:
    """Its data on a disk of 60 MB; `grow` makes it larger."""
    running = RunningBroker()
    directory = running.settings.home / "kafka"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", directory], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        running.close()
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    try:
        yield running.start()
    finally:
        running.kill()
        subprocess.run(["umount", directory], check=True)
        running.close()


def test_what_was_confirmed_before_the_disk_was_full_is_there_when_there_is_room(broker: RunningBroker) -> None:
    ensure_topics(broker.settings, [SNMP_TRAPS])
    producer = Producer(broker.settings, message_timeout_s=2)
    confirmed: list[int] = []
    refused: list[int] = []

    def send(number: int) -> None:
        def report(error: KafkaUnavailable | None) -> None:
            (refused if error else confirmed).append(number)

        producer.send(SNMP_TRAPS, f"sender-{number % 7}", b"%06d" % number + RECORD, report)

    number = 0
    while not refused and number < 5_000:
        send(number)
        number += 1
        producer.poll(0.001)
    producer.flush(30)
    assert refused, "60 MB hold no 250 MB"
    assert len(confirmed) > 100

    broker.kill()
    directory = broker.settings.home / "kafka"
    subprocess.run(["mount", "-o", "remount,size=600m", directory], check=True)
    broker.start()
    send(number)
    assert 0 == producer.flush(30)

    stored = {
        int(record.value[:6])
        for record in read_to_end(broker.settings, SNMP_TRAPS, range(broker.settings.kafka_partitions))
        if record.value
    }
    assert number in confirmed
    assert set() == set(confirmed) - stored
