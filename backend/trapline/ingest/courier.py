"""Keeps the outbox going: fetches Kafka's reports, sends what waits on disk, syncs what informs wait for.

- Kafka may come late or go away: `is_ready` of the outbox follows once the topic exists.
- An inform waits `PATIENCE_S` for Kafka, then the disk must do; the next ones do not wait until Kafka reports again.
  One fsync at a time, in another thread; what comes meanwhile is in the next one (group commit). While Kafka is
  behind there is an fsync a second for the traps as well.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from trapline.ingest.outbox import SAY_EVERY_S, Answer, Outbox, Report
from trapline.ingest.segment import Entry
from trapline.ingest.seldom import Seldom
from trapline.ingest.spool import Spool
from trapline.kafka.admin import ensure_topics
from trapline.kafka.producer import Producer
from trapline.protocol.errors import KafkaUnavailable
from trapline.protocol.topics import SNMP_HELD, SNMP_TRAPS
from trapline.settings import Settings

PATIENCE_S: Final = 0.1
_SYNC_S: Final = 1.0
# Reports are fetched this often while some are due, slower the longer none comes.
_POLL_S: Final = (0.002, 0.05)

_log = logging.getLogger("trapline.ingest")


class Courier:
    """From the spool to Kafka, in the event loop of `run`."""

    def __init__(self, settings: Settings, spool: Spool) -> None:
        self._settings = settings
        self._spool = spool
        self._producer = Producer(settings, message_timeout_s=0)
        self.outbox = Outbox(spool, self._send)
        self._is_needed = asyncio.Event()
        self._sync_due_at: float | None = None
        self._sync: asyncio.Future[int] | None = None
        self._is_silent = False
        self._sync_failures = Seldom(SAY_EVERY_S)

    def accept(self, entries: Sequence[Entry], answers: Mapping[int, Answer]) -> None:
        """Takes entries over, in their order; each answer is called once its entry is safe."""
        self.outbox.accept(entries, answers)
        self._producer.poll(0)
        self._is_needed.set()

    async def run(self) -> None:
        """Until cancelled. Sleeps while there is nothing to wait for."""
        threading.Thread(target=self._await_topic, args=(asyncio.get_running_loop(),), daemon=True).start()
        pause_s = _POLL_S[0]
        while True:
            reports, can_go_on = self._step()
            if can_go_on:
                await asyncio.sleep(0)
            elif self.outbox.waiting or self._sync is not None:
                is_urgent = reports or self.outbox.has_answers
                pause_s = _POLL_S[0] if is_urgent else min(pause_s * 1.5, _POLL_S[1])
                await asyncio.sleep(pause_s)
            else:
                pause_s = _POLL_S[0]
                self._is_needed.clear()
                with suppress(TimeoutError):  # librdkafka wants to be asked now and then, for its own news
                    await asyncio.wait_for(self._is_needed.wait(), 1)

    def finish(self, deadline: float) -> int:
        """Hands over what Kafka takes until `deadline` (monotonic). Returns how many records stay on disk."""
        while self.outbox.waiting and self.outbox.is_ready and time.monotonic() < deadline:
            self.outbox.pump(time.monotonic())
            self._producer.poll(0.01)
        self.outbox.checkpoint()
        try:
            self._spool.close()
            self.outbox.synced(self._spool.end)
        except OSError as error:  # informs that wait are asked again; what is written is there, but not for good
            _log.error("the spool cannot be synced to disk: %s", error.strerror)
        return self.outbox.waiting

    def _step(self) -> tuple[int, bool]:
        now = time.monotonic()
        reports = self._producer.poll(0)
        if reports:
            self._is_silent = False
        can_go_on = self.outbox.pump(now)
        self.outbox.checkpoint()
        self._sync_if_due(now)
        return reports, can_go_on

    def _sync_if_due(self, now: float) -> None:
        if self._sync is not None:
            if not self._sync.done():
                return
            self._take_sync(self._sync, now)
            self._sync = self._sync_due_at = None
        if self.outbox.has_answers:
            wait_s: float | None = 0 if self._is_silent else PATIENCE_S
        else:
            wait_s = _SYNC_S if self.outbox.is_behind else None
        if wait_s is None:
            self._sync_due_at = None
        else:
            self._sync_due_at = min(now + wait_s, self._sync_due_at or now + wait_s)
            if now >= self._sync_due_at:
                self._is_silent = True
                self._sync = asyncio.get_running_loop().run_in_executor(None, self._spool.begin_sync())

    def _take_sync(self, sync: asyncio.Future[int], now: float) -> None:
        try:
            self.outbox.synced(sync.result())
        except OSError as error:
            times = self._sync_failures.count(now)
            if times is not None:
                often = "" if times == 1 else f" ({times} times since the last such line)"
                _log.error("the spool cannot be synced to disk%s: %s; informs wait for Kafka", often, error.strerror)

    def _send(self, entry: Entry, report: Report) -> None:
        self._producer.send(SNMP_HELD if entry.is_held else SNMP_TRAPS, entry.key, entry.value, report)

    def _await_topic(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own, because the admin client blocks."""
        said = False
        while True:
            try:
                ensure_topics(self._settings, (SNMP_TRAPS, SNMP_HELD), patience_s=5)
            except KafkaUnavailable as error:
                if not said:
                    _log.warning("%s; traps go to the spool until it does", error)
                said = True
            else:
                with suppress(RuntimeError):  # the loop is closed: we are stopping
                    loop.call_soon_threadsafe(self._topic_is_there)
                return

    def _topic_is_there(self) -> None:
        self.outbox.is_ready = True
        self._is_needed.set()
