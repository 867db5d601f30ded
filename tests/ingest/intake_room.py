"""An intake with everything it decides with, and nothing it moves octets with."""

from datetime import UTC, datetime

from trapline.ingest.blind import BlindLog
from trapline.ingest.canary import Canary
from trapline.ingest.counts import Counts
from trapline.ingest.held import HeldSenders
from trapline.ingest.intake import Accepted, Intake, Refusal
from trapline.ingest.trap_id import TrapIds
from trapline.protocol.alerts import BlindInterval
from trapline.snmp import Community, Credentials, LocalEngine, Security, User
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW_US = int(NOW.timestamp() * 1e6)
ENGINE = bytes.fromhex("80001f888001020304")
USER = User("oem", AuthProtocol.SHA, b"authentication", PrivacyProtocol.AES, b"privacy-password")


class Room:
    def __init__(self, untold: tuple[BlindInterval, ...] = ()) -> None:
        self.counts = Counts(NOW)
        self.canary = Canary("node-1")
        self.blind = BlindLog(untold)
        credentials = self.canary.admitted(Credentials((Community("ours", b"c0mmunity"),), (USER,)))
        self.security = Security(credentials, LocalEngine(b"our-engine", 1, NOW.timestamp()))
        self.held = HeldSenders(per_sender=3, most_octets=20_000)
        self.intake = Intake(self.security, TrapIds("0" * 12), self.canary, self.blind, self.counts, held=self.held)

    def take(self, datagram: bytes, *, received_us: int = NOW_US) -> Accepted | Refusal:
        return self.intake.take(datagram, "192.0.2.7", 4711, received_us)

    @property
    def numbers(self) -> tuple[int, int]:
        return self.counts.received, self.counts.accepted


def accepted(outcome: Accepted | Refusal) -> Accepted:
    assert isinstance(outcome, Accepted), outcome
    return outcome
