"""20,000 OEM traps as fast as loopback takes them: none is lost, or exactly those that the kernel counted."""

import re
import socket
from contextlib import ExitStack, closing
from pathlib import Path
from random import randrange

import msgspec
import pytest

from bench import traffic
from tests.ingest.running_ingest import RunningIngest, wait_for
from tests.running_broker import RunningBroker
from trapline.ingest.state import State
from trapline.kafka.admin import ensure_topics
from trapline.kafka.reader import Follower
from trapline.protocol.topics import SNMP_TRAPS
from trapline.settings import load
from trapline.site import inventory

pytestmark = pytest.mark.kafka

COUNT = 20_000
PATIENCE_S = 60
_GRANTED = re.compile(r"receive buffer (\d+) octets")


def dropped(home: Path) -> int:
    """What ingest says that the kernel dropped; it says so every second."""
    state = msgspec.json.decode((home / "ingest" / "state.json").read_bytes(), type=State)
    return sum(state.kernel_drops.values())


@pytest.mark.parametrize("buffer", [64 << 10, 96 << 20], ids=["64 kB", "96 MB"])
def test_a_burst_is_stored_but_for_what_the_kernel_counts(
    kafka: RunningBroker, cleanup: ExitStack, tmp_path: Path, buffer: int
) -> None:
    ensure_topics(kafka.settings, (SNMP_TRAPS,))
    run = randrange(0xB0000000, 0xBFFFFFFF)
    burst = traffic.packets("oem-v1", traffic.Site.of(inventory.load(load({}).site)), run, 0, COUNT)
    stored: set[bytes] = set()
    number = re.compile(rb'"value":"%08X([0-9A-F]{24})"' % run)
    follower = cleanup.enter_context(closing(Follower(kafka.settings, SNMP_TRAPS)))
    variables = {
        "TRAPLINE_SNMP_CREDENTIALS": str(traffic.write_credentials(tmp_path)),
        "TRAPLINE_RECEIVE_BUFFER_BYTES": str(buffer),
        "TRAPLINE_CANARY_INTERVAL_S": "60",
    }
    ingest = cleanup.enter_context(closing(RunningIngest(kafka.settings, variables=variables))).start()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", ingest.port))
        for datagram in burst:
            out.send(datagram)

    def is_accounted_for() -> bool:
        for record in follower.poll(0.1):
            assert record.value is not None
            stored.update(number.findall(record.value))
        return len(stored) + dropped(ingest.home) >= COUNT

    wait_for(is_accounted_for, "every trap to be stored or counted", PATIENCE_S)
    lost = dropped(ingest.home)
    # Our own first canary may be one of those that the kernel dropped.
    assert len(stored) + lost in {COUNT, COUNT + 1}
    granted = _GRANTED.search(ingest.said)
    assert granted
    if int(granted[1]) >= 96 << 20:
        assert not lost
    print(f"{COUNT:,} traps, a buffer of {int(granted[1]):,} octets: {lost:,} lost")
