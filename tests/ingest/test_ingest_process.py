"""A real ingest on a disk that is full, and over a restart."""

import resource
from contextlib import ExitStack, closing

import psutil
import pytest

from tests.ingest.running_ingest import RunningIngest, Sender, Written, wait_for
from tests.running_broker import RunningBroker
from tests.snmp.packets import v3
from trapline.snmp import User
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol

pytestmark = pytest.mark.kafka

OEM = User("oem", AuthProtocol.SHA, b"authentication", PrivacyProtocol.AES, b"privacy-password")


def test_with_a_full_disk_traps_go_to_kafka_and_term_ends_with_0(
    ingest: RunningIngest, sender: Sender, written: Written
) -> None:
    sender.trap()
    wait_for(lambda: written.numbers(sender) == [0], "the first record")
    state = ingest.home / "ingest" / "state.json"
    process = psutil.Process(ingest.pid)
    process.rlimit(resource.RLIMIT_FSIZE, (0, 0))
    before = state.read_bytes()
    attempts: set[int] = set()  # each makes a file and takes it away, which the directory shows

    def are_many() -> bool:
        attempts.add(state.parent.stat().st_mtime_ns)
        return len(attempts) > 3

    wait_for(are_many, "the state's next ticks")
    sender.trap(50)
    wait_for(lambda: written.numbers(sender) == list(range(51)), "the records of the full disk")
    assert ingest.is_running
    assert state.read_bytes() == before
    assert ingest.stop() == 0
    assert state.read_bytes() == before


@pytest.mark.parametrize("is_killed", [False, True], ids=["stopped", "killed"])
def test_a_replay_is_refused_after_a_restart(kafka: RunningBroker, cleanup: ExitStack, is_killed: bool) -> None:
    ingest = cleanup.enter_context(closing(RunningIngest(kafka.settings))).start()
    sender = cleanup.enter_context(closing(Sender(ingest.port)))
    datagram = v3(OEM)
    sender.raw(datagram)
    assert sender.inform() == 0  # what came before it is taken
    if is_killed:
        wait_for(lambda: any((ingest.home / "ingest").glob("*.repeats")), "the next sign of life")
        ingest.kill()
    else:
        ingest.stop()
    ingest.start()
    assert "replayed" not in ingest.said
    sender.raw(datagram)
    wait_for(lambda: "replayed" in ingest.said, "the refusal")
