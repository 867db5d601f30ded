"""Which informs were here already, so that a sender who asks again gets its answer and no second record.

- The same inform is: the same source address and port, the same credentials and context, request-id and varbinds. So
  it does not matter that net-snmp gives a v3 repeat a new msgID and a new salt, and that others repeat octets.
- A repeat is answered at once when the first record is safe. Else it takes the first one's place, to be answered when
  that is safe: one answer waits for an inform however often it comes, and it is the one its sender now waits for.
- An inform whose record was lost after all is forgotten: the next repeat is as good as new.
- Remembered for `WINDOW_S` from the first receipt, because Cisco's default (30 s, 3 retries) is the longest in use:
  its last repeat comes after 90 s. It is less than USM's 150 s, which a repeat has to be inside of anyway.
- At most `KEPT` of them, the oldest go: 270 informs a second through all of the window, about 6 MB.
- A restart forgets. A repeat across it is a second occurrence, like a repeat beyond the window.
"""

from hashlib import blake2b
from typing import Final

from trapline.snmp import Notification

WINDOW_S: Final = 120.0
KEPT: Final = 32_768


class Inform:
    """One inform. `waiting`: what is to be answered when its record is safe, None once it is."""

    __slots__ = ("key", "received_at", "waiting")

    def __init__(self, key: bytes, received_at: float, waiting: Notification) -> None:
        self.key = key
        self.received_at = received_at
        self.waiting: Notification | None = waiting


class Informs:
    """Those of the last `WINDOW_S`. `now` is wall clock in seconds; when it steps back, what came before counts."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._by_key: dict[bytes, Inform] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def find(self, notification: Notification, source_addr: str, source_port: int, now: float) -> Inform | None:
        """The inform that this one repeats. While its record is not safe, this one is the one to be answered."""
        self._forget_old(now)
        known = self._by_key.get(_key(notification, source_addr, source_port))
        if known is not None and known.waiting is not None:
            known.waiting = notification
        return known

    def add(self, notification: Notification, source_addr: str, source_port: int, now: float) -> Inform:
        """Remembers one that `find` did not know."""
        if len(self._by_key) >= self._kept:
            del self._by_key[next(iter(self._by_key))]
        inform = Inform(_key(notification, source_addr, source_port), now, notification)
        self._by_key[inform.key] = inform
        return inform

    def settle(self, inform: Inform, *, is_safe: bool) -> Notification | None:
        """Its record is safe, or lost. What is to be answered now."""
        waiting, inform.waiting = inform.waiting, None
        if is_safe:
            return waiting
        if self._by_key.get(inform.key) is inform:
            del self._by_key[inform.key]
        return None

    def _forget_old(self, now: float) -> None:
        while self._by_key:
            oldest = next(iter(self._by_key.values()))
            if now - oldest.received_at <= WINDOW_S:
                break
            del self._by_key[oldest.key]


def _key(notification: Notification, source_addr: str, source_port: int) -> bytes:
    """16 octets of BLAKE2 over what makes an inform the same."""
    reply = notification.reply
    assert reply is not None, "a trap is not answered"
    head = (
        source_addr,
        source_port,
        notification.version,
        notification.security_name,
        notification.security_level,
        reply.context_engine_id,
        reply.context_name,
        notification.request_id,
    )
    return blake2b(repr(head).encode() + reply.varbind_list, digest_size=16).digest()
