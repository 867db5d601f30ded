"""Answers to senders who ask again, and from the address they asked; real processes, net-snmp, a real broker."""

import socket
import subprocess
import threading
from contextlib import ExitStack, closing

import pytest

from tests.ingest.running_ingest import COMMUNITY, NUMBER, RunningIngest, Sender, Written, wait_for
from tests.running_broker import RunningBroker
from trapline.protocol.traps import PduType, Varbind
from trapline.snmp import encode

pytestmark = pytest.mark.kafka

V2C = ("-v2c", "-c", COMMUNITY.decode())
V3 = ("-v3", "-lauthPriv", "-uoem", "-aSHA", "-Aauthentication", "-xAES", "-Xprivacy-password")


def is_response(answer: bytes) -> bool:
    """A v2c Response, or an encrypted v3 message: Reports are at most signed."""
    return b"\x02\x01\x01" in answer[:8] or b"\x04\x01\x03" in answer[:30]


class Relay:
    """Between a sender and ingest. The first responses get lost."""

    def __init__(self, port: int, lost: int) -> None:
        self._inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._inside.connect(("127.0.0.1", port))
        self._outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._outside.bind(("127.0.0.1", 0))
        self.port = self._outside.getsockname()[1]
        self._lost = lost
        self._sender: tuple[str, int] | None = None
        self.requests: list[bytes] = []
        self.responses = 0
        self._threads = [threading.Thread(target=each) for each in (self._forward, self._back)]
        for thread in self._threads:
            thread.start()

    def _forward(self) -> None:
        while True:
            octets, self._sender = self._outside.recvfrom(65535)
            if not octets:
                return
            self.requests.append(octets)
            self._inside.send(octets)

    def _back(self) -> None:
        while octets := self._inside.recv(65535):
            if is_response(octets):
                self.responses += 1
                if self.responses <= self._lost:
                    continue
            assert self._sender is not None
            self._outside.sendto(octets, self._sender)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self._inside.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._inside.close()
        self._outside.close()


@pytest.mark.netsnmp
@pytest.mark.parametrize("credentials", [V2C, V3], ids=["v2c", "v3"])
def test_net_snmp_that_asks_again_is_answered_and_its_inform_is_one_record(
    ingest: RunningIngest, sender: Sender, written: Written, cleanup: ExitStack, credentials: tuple[str, ...]
) -> None:
    relay = cleanup.enter_context(closing(Relay(ingest.port, lost=2)))
    command = ["snmpinform", "-r5", "-t1", *credentials, f"127.0.0.1:{relay.port}", "1", sender.trap_oid]
    subprocess.run(command, check=True, timeout=30)
    assert relay.responses == 3
    assert sender.inform() == 0  # from here on, whatever came before is in Kafka
    wait_for(lambda: len(written.of(sender.trap_oid)) >= 2, "the informs' records")
    assert len(written.of(sender.trap_oid)) == 2
    assert "passed over a datagram from 127.0.0.1: repeated_inform" in ingest.said
    assert "refused" not in ingest.said


def answer_to(octets: bytes, family: socket.AddressFamily, host: str, port: int) -> bytes:
    """The answer to a sender that takes it from nobody but whom it asked."""
    with socket.socket(family, socket.SOCK_DGRAM) as voice:
        voice.connect((host, port))
        voice.settimeout(5)
        voice.send(octets)
        return voice.recv(65535)


@pytest.mark.parametrize(
    ("family", "listens_on", "host"),
    [
        (socket.AF_INET, "0.0.0.0", "127.0.0.77"),
        (socket.AF_INET6, "::", "::1"),
        (socket.AF_INET, "::", "127.0.0.77"),
        (socket.AF_INET, "127.0.0.78", "127.0.0.78"),
    ],
    ids=["IPv4", "IPv6", "IPv4 that an IPv6 socket maps", "a socket of one address"],
)
def test_an_answer_leaves_from_the_address_that_was_asked(
    kafka: RunningBroker, cleanup: ExitStack, family: socket.AddressFamily, listens_on: str, host: str
) -> None:
    ours = socket.AF_INET6 if ":" in listens_on else socket.AF_INET
    listening = cleanup.enter_context(closing(socket.socket(ours, socket.SOCK_DGRAM)))
    if ours == socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, family == socket.AF_INET6)
    listening.bind((listens_on, 0))
    ingest = cleanup.enter_context(closing(RunningIngest(kafka.settings, listening))).start()
    inform = encode.v2c_notification(
        COMMUNITY,
        trap_oid="1.3.6.1.4.1.99999.0.1",
        uptime_ticks=1,
        request_id=4711,
        varbinds=[Varbind(oid=NUMBER, syntax="Integer32", value=1)],
        pdu_type=PduType.INFORM,
    )
    answer = answer_to(inform, family, host, ingest.port)
    assert b"\xa2" in answer
    assert (4711).to_bytes(2, "big") in answer
