"""What becomes of a held datagram once its sender may be known. Pure.

- It is judged as it would have been when it came: the window by the clock of then, exact repeats against all that was
  held and all that came in since.
- Its `held_id` becomes its trap id: it was minted at receipt, so the order of arrival holds (law 3).
- What other credentials could still open stays held; what nothing can mend is refused for good, with the reason.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from trapline.ingest.canary import Canary
from trapline.ingest.counts import FORGED_CANARY
from trapline.ingest.held import RELEASED
from trapline.protocol.errors import DatagramError
from trapline.protocol.traps import Held
from trapline.snmp import ArrivalClocks, ArrivalRepeats, Security, UnknownSender, decode

_MENDABLE: Final = frozenset({"wrong_digest", "unsupported_security_level", "decryption_error", "refused_sender"})


class Verdict(NamedTuple):
    """`outcome` is empty for what stays held, because of `reason`. `trap` and `digest` of what is released."""

    held: Held
    outcome: str
    reason: str = ""
    key: str = ""
    trap: bytes = b""
    digest: bytes = b""


def judge(records: Iterable[Held], security: Security, canary: Canary) -> Iterator[Verdict]:
    """`records` in the order of their ids; those that were ended before only count as repeats, and have no verdict."""
    repeats = ArrivalRepeats(security.repeats)
    at_arrival = Security(
        security.credentials,
        security.local_engine,
        clocks=ArrivalClocks(security.clocks),
        repeats=repeats,
        replay_check=security.replay_check,
    )
    at_arrival.decided = security.decided
    for held in records:
        verdict = _judge(held, at_arrival, repeats, canary)
        if not held.outcome:
            yield verdict


def _judge(held: Held, security: Security, repeats: ArrivalRepeats, canary: Canary) -> Verdict:
    try:
        notification = decode(held.datagram, security, held.received_at.timestamp())
    except DatagramError as error:
        is_mendable = isinstance(error, UnknownSender) or error.reason in _MENDABLE
        return Verdict(held, "" if is_mendable else error.reason, error.reason)
    if canary.is_claimed_by(notification):
        return Verdict(held, FORGED_CANARY)
    trap = notification.to_json(held.held_id, held.received_at, held.source_addr, held.source_port)
    return Verdict(held, RELEASED, key=f"{held.source_addr}/{held.engine_id}", trap=trap, digest=repeats.digest)
