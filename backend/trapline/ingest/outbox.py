"""From the spool to Kafka, in order, and the answers that may go out.

- A record is appended to the spool first. While Kafka keeps up it is then sent from memory; else it waits on disk
  until all before it are sent. So the order of sending is the order of arrival, through outages too.
- At most `IN_FLIGHT` records and `IN_FLIGHT_BYTES` are with the Kafka client: what it holds stays bounded.
- A delivery that fails stops the sending; when every report is in, sending starts again at the first that
  failed. What was delivered behind it is sent twice, with the same trap_id (law 2).
- The spool's `delivered` moves to the first record without a report: from there a restart sends again.
- An answer is due when its record is delivered or synced to disk. A record that the disk refused is sent all the
  same while Kafka keeps up; its answer waits for the delivery.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from trapline.ingest.segment import Entry
from trapline.ingest.seldom import Seldom
from trapline.ingest.spool import Spool
from trapline.protocol.errors import KafkaUnavailable

IN_FLIGHT: Final = 20_000
IN_FLIGHT_BYTES: Final = 32 << 20
RETRY_S: Final = 0.5
SAY_EVERY_S: Final = 60.0

Report = Callable[[Exception | None], None]
Send = Callable[[Entry, Report], None]
"""Hands a record to the Kafka client, which reports None or what went wrong later. KafkaUnavailable: not now."""
Answer = Callable[[bool], None]
"""Called once: True when the record is safe, False when it was lost past the spool's bound."""

_log = logging.getLogger("trapline.ingest")


class Outbox:
    """`is_ready` is set once the topic exists. `now` is monotonic seconds. Single-threaded."""

    def __init__(self, spool: Spool, send: Send) -> None:
        self._spool = spool
        self._send = send
        self._cursor = max(spool.delivered, spool.first)
        self._order: deque[int] = deque()
        self._sizes: dict[int, int] = {}
        self._bytes = 0
        self._failed: list[int] = []
        self._retry_at: float | None = None
        self._refusal: Exception | None = None
        self._refusals = Seldom(SAY_EVERY_S)
        self._answers: dict[int, Answer] = {}
        self._unspooled: set[int] = set()
        self._is_refused = False
        self.is_ready = False
        self.stored = 0
        self.spooled = 0
        self.dropped = 0

    @property
    def is_behind(self) -> bool:
        """Records wait on disk for Kafka."""
        return self._cursor < self._spool.end or bool(self._failed)

    @property
    def waiting(self) -> int:
        """Records that Kafka does not have yet."""
        return self._spool.end - self._cursor + len(self._sizes)

    @property
    def has_answers(self) -> bool:
        """Answers that a sync to disk would release."""
        return len(self._answers) > len(self._unspooled)

    @property
    def can_send(self) -> bool:
        """Kafka may be given more."""
        has_room = len(self._sizes) < IN_FLIGHT and self._bytes < IN_FLIGHT_BYTES
        return self.is_ready and has_room and not self._failed

    def accept(self, entries: Sequence[Entry], answers: Mapping[int, Answer]) -> None:
        """Spools the entries and sends them when nothing waits before them. `answers` are by place in `entries`."""
        try:
            number = self._spool.append(entries)
        except OSError as error:
            if not self._is_refused:  # once, not for every batch of a storm
                _log.error("the spool takes no records: %s; they are sent to Kafka without it", error.strerror)
            self._is_refused = True
            number = self._spool.skip(len(entries))
            self._unspooled.update(number + place for place in answers)
        else:
            if self._is_refused:
                _log.warning("the spool takes records again")
            self._is_refused = False
        for place, answer in answers.items():
            self._answers[number + place] = answer
        sent = 0
        if self._cursor == number:
            while sent < len(entries) and self.can_send and self._hand_over(number + sent, entries[sent]):
                sent += 1
        self.spooled += sum(entry.is_trap for entry in entries[sent:])
        self._skip_to(self._spool.trim())

    def pump(self, now: float) -> bool:
        """Sends some of what waits on disk. True: more can be sent at once."""
        if self._refusal is not None:
            self._say_refusal(self._refusal, now)
        if self._failed and not self._sizes:
            if self._retry_at is None:
                self._retry_at = now + RETRY_S  # what refuses a record at once must not be asked in a busy loop
            elif now >= self._retry_at:
                self._cursor = self._failed[0]
                self._failed.clear()
                self._order.clear()  # all reported, and the numbers that come now are lower
                self._retry_at = None
        if not (self.can_send and self._cursor < self._spool.end):
            return False
        number, entries = self._spool.read(self._cursor)
        self._skip_to(number)
        for entry in entries:
            if not self.can_send or not self._hand_over(self._cursor, entry):
                return False
        return self._cursor < self._spool.end

    def synced(self, number: int) -> None:
        """Everything before `number` is on disk for good: answers are due."""
        for due in [each for each in self._answers if each < number and each not in self._unspooled]:
            self._answers.pop(due)(True)

    def checkpoint(self) -> None:
        """Tells the spool what Kafka has."""
        while self._order and self._order[0] not in self._sizes:
            self._order.popleft()
        low = self._order[0] if self._order else self._cursor
        self._spool.mark_delivered(min(low, self._failed[0]) if self._failed else low)

    def _hand_over(self, number: int, entry: Entry) -> bool:
        try:
            self._send(entry, partial(self._report, number, entry.is_trap))
        except KafkaUnavailable:
            return False
        size = len(entry.value)
        self._sizes[number] = size
        self._bytes += size
        self._order.append(number)
        self._cursor = number + 1
        return True

    def _report(self, number: int, is_trap: bool, error: Exception | None) -> None:
        self._bytes -= self._sizes.pop(number)
        if error is not None:
            if not self._failed:
                self._refusal = error
            self._failed.append(number)
            self._failed.sort()
            return
        self.stored += is_trap
        if self._answers:
            self._unspooled.discard(number)
            answer = self._answers.pop(number, None)
            if answer is not None:
                answer(True)

    def _say_refusal(self, refusal: Exception, now: float) -> None:
        """Once for all that failed together; the same record may fail at every retry, for hours."""
        self._refusal = None
        times = self._refusals.count(now)
        if times is not None:
            often = "" if times == 1 else f", {times} times since the last such line"
            _log.warning("Kafka did not take a record, it will be sent again%s: %s", often, refusal)

    def _skip_to(self, number: int) -> None:
        """Records before `number` are on disk no more."""
        gone = [each for each in self._failed if each < number]
        if self._cursor < number:
            gone += range(self._cursor, number)
            self._cursor = number
        self._failed = [each for each in self._failed if each >= number]
        self.dropped += len(gone)
        for each in gone if self._answers else ():
            self._unspooled.discard(each)
            answer = self._answers.pop(each, None)
            if answer is not None:
                answer(False)
