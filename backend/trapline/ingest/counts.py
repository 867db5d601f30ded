"""The funnel: what became of each datagram, by reason, and a line in the log now and then.

- Reasons are a bounded vocabulary, so the counters are bounded.
- A line says the reason, the source and how many there were since the line before; at most one line a reason in
  `EVERY_S`. It never says what the datagram held: that may be a community.
- A repeated inform is counted like a refusal, because it becomes no record, but nothing is wrong with it.
- Canaries are counted nowhere here.
"""

from datetime import datetime
from typing import Final

from trapline.ingest.seldom import Seldom
from trapline.protocol.grid import Funnel, FunnelReason
from trapline.snmp import REASONS

EVERY_S: Final = 10.0
FORGED_CANARY: Final = "forged_canary"
REPEATED_INFORM: Final = "repeated_inform"
SENTENCES: Final = {
    **REASONS,
    FORGED_CANARY: "It looks like our own canary, but we did not send it.",
    REPEATED_INFORM: "The same inform came before: it stays one record, and its sender is answered again.",
}


class Counts:
    """Counters of one run."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self.received = 0
        self.accepted = 0
        self._refused: dict[str, int] = {}
        self._lines: dict[str, Seldom] = {}

    def refuse(self, reason: str, source_addr: str, now_s: float) -> str | None:
        """Counts a datagram that is refused. Returns a line for the log when one is due. `now_s` is monotonic."""
        self._refused[reason] = self._refused.get(reason, 0) + 1
        if reason not in self._lines:
            self._lines[reason] = Seldom(EVERY_S)
        count = self._lines[reason].count(now_s)
        if count is None:
            return None
        since_then = "" if count == 1 else f" ({count} since the last such line)"
        verb = "passed over" if reason == REPEATED_INFORM else "refused"
        return f"{verb} a datagram from {source_addr}: {reason}{since_then}. {SENTENCES[reason]}"

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
            refused=tuple(
                FunnelReason(reason=reason, count=count, sentence=SENTENCES[reason])
                for reason, count in sorted(self._refused.items(), key=lambda item: (-item[1], item[0]))
            ),
        )
