"""The funnel: what became of each datagram, by reason, and a line in the log now and then.

- Reasons are a bounded vocabulary, so the counters are bounded.
- A line says the reason, the source and how many there were since the line before; at most one line a reason in
  `EVERY_S`. It never says what the datagram held: that may be a community.
- A repeated inform is counted like a refusal, because it becomes no record, but nothing is wrong with it.
- What is held is none of the refused: it waits for somebody who knows its sender.
- By sender, too: a thousand of them by address, in the order in which they come, and all later ones together.
- Canaries are counted nowhere here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from trapline.ingest.seldom import Seldom
from trapline.protocol.grid import Funnel, FunnelReason
from trapline.protocol.tally import OTHERS
from trapline.snmp import REASONS

EVERY_S: Final = 10.0
SENDERS_COUNTED: Final = 1_000
ACCEPTED: Final = "accepted"
FORGED_CANARY: Final = "forged_canary"
HELD_OVER_LIMIT: Final = "held_over_limit"
REPEATED_INFORM: Final = "repeated_inform"
SENTENCES: Final = {
    **REASONS,
    ACCEPTED: "It was decoded, and its sender is one that may send.",
    FORGED_CANARY: "It looks like our own canary, but we did not send it.",
    HELD_OVER_LIMIT: "Nobody knows its SNMPv3 sender, and as much is held already as may be.",
    REPEATED_INFORM: "The same inform came before: it stays one record, and its sender is answered again.",
}


class Counts:
    """Counters of one run."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self.received = 0
        self.accepted = 0
        self._refused: dict[str, int] = {}
        self._held: dict[str, int] = {}
        self._senders: dict[str, dict[str, int]] = {}
        self._lines: dict[str, Seldom] = {}

    def accept(self, source_addr: str) -> None:
        """Counts a datagram that becomes a record."""
        self.accepted += 1
        self._count_sender(source_addr, ACCEPTED)

    def refuse(self, reason: str, source_addr: str, now_s: float) -> str | None:
        """Counts a datagram that is refused. Returns a line for the log when one is due. `now_s` is monotonic."""
        self._refused[reason] = self._refused.get(reason, 0) + 1
        self._count_sender(source_addr, reason)
        since_then = self._since_then(reason, now_s)
        if since_then is None:
            return None
        verb = "passed over" if reason == REPEATED_INFORM else "refused"
        return f"{verb} a datagram from {source_addr}: {reason}{since_then}. {SENTENCES[reason]}"

    def hold(self, reason: str, source_addr: str, now_s: float) -> str | None:
        """Counts a datagram that is held. Returns a line for the log when one is due. `now_s` is monotonic."""
        self._held[reason] = self._held.get(reason, 0) + 1
        self._count_sender(source_addr, reason)
        since_then = self._since_then(f"held: {reason}", now_s)
        if since_then is None:
            return None
        return (
            f"held a datagram from {source_addr}: {reason}{since_then}. {SENTENCES[reason]} "
            "`trapline sender list` tells who it is and what to do"
        )

    @property
    def senders(self) -> Mapping[str, Mapping[str, int]]:
        """By address, or OTHERS, and by reason."""
        return self._senders

    def _count_sender(self, source_addr: str, reason: str) -> None:
        counts = self._senders.get(source_addr)
        if counts is None:
            counts = self._senders.setdefault(source_addr if len(self._senders) < SENDERS_COUNTED else OTHERS, {})
        counts[reason] = counts.get(reason, 0) + 1

    def _since_then(self, line: str, now_s: float) -> str | None:
        count = self._lines.setdefault(line, Seldom(EVERY_S)).count(now_s)
        if count is None:
            return None
        return "" if count == 1 else f" ({count} since the last such line)"

    def funnel(self, *, stored: int, spooled: int, spool_dropped: int, kernel_dropped: int | None) -> Funnel:
        """The counters as the browsers get them; reasons with the most first."""
        return Funnel(
            since=self._since,
            received=self.received,
            accepted=self.accepted,
            stored=stored,
            spooled=spooled,
            spool_dropped=spool_dropped,
            kernel_dropped=kernel_dropped,
            refused=reasons(self._refused, SENTENCES),
            held=reasons(self._held, SENTENCES),
        )


def reasons(counts: Mapping[str, int], sentences: Mapping[str, str]) -> tuple[FunnelReason, ...]:
    """The most first. A reason without a sentence was counted by another version: it stands for itself."""
    return tuple(
        FunnelReason(reason=reason, count=count, sentence=sentences.get(reason, reason))
        for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
