"""The shell of ingest: moves octets between the sockets, the spool, Kafka and the router.

- The socket has priority: it is drained into memory whenever something is there, and decoding goes on in slices. When
  memory's share is full the kernel queues, and what it drops it counts.
- Kafka and the router may come late or go away; traps are taken all the same.
- TERM: no more receiving; what was received is decoded and goes to Kafka or stays in the spool, within `GRACE_S`.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Final

from trapline import log
from trapline import settings as settings_
from trapline.ingest import blind, sockets, state
from trapline.ingest.canary import Canary
from trapline.ingest.counts import Counts
from trapline.ingest.intake import Accepted, Intake
from trapline.ingest.outbox import Answer, Outbox, Report
from trapline.ingest.segment import Entry
from trapline.ingest.spool import Spool
from trapline.ingest.trap_id import TrapIds, new_run
from trapline.kafka.admin import ensure_topics
from trapline.kafka.producer import Producer
from trapline.protocol.errors import KafkaUnavailable, SettingError
from trapline.protocol.grid import Funnel
from trapline.protocol.records import BlindInterval
from trapline.protocol.topics import SNMP_TRAPS
from trapline.protocol.uris import FUNNEL_GET
from trapline.settings import Settings
from trapline.snmp import EngineClocks, LocalEngine, Notification, Security, load, respond
from trapline.wamp.session import Door

GRACE_S: Final = 3.0
QUEUE_BYTES: Final = 64 << 20
_SLICE: Final = 64
_MAX_DATAGRAM: Final = 65_535
_PATIENCE_S: Final = 0.1  # an inform waits this long for Kafka, then the disk must do
_POLL_S: Final = (
    0.002,
    0.05,
)  # delivery reports are fetched this often while some are due, slower the longer none comes
_TICK_S: Final = 1.0
_SYNC_TICKS: Final = 30
_CLOCK_TICKS: Final = 10

_log = logging.getLogger("trapline.ingest")


def _now() -> datetime:
    return datetime.now(UTC)


class Ingest:
    """One process's ingest, from bound sockets to Kafka."""

    def __init__(self, settings: Settings, listening: list[socket.socket]) -> None:
        self._settings = settings
        self._sockets = listening
        self._home = settings.home / "ingest"
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        canary = Canary(settings.node_name)
        credentials = canary.admitted(load(settings.credentials_file))
        self._spool = Spool(self._home / "spool", settings.spool_max_bytes)
        self._state = state.load(self._home / "state.json")
        self._state.engine_boots += 1
        started_at = _now()
        self._blind = blind.BlindLog(self._state.untold)
        drops = self._kernel_counters()
        self._note_blind_start(started_at, drops)
        self._watch = blind.DropWatch(started_at, drops)
        self._spool_watch = blind.DropWatch(started_at, {})
        self._drops_at_start = sum(drops.values())
        self._ids = TrapIds(new_run(), self._state.last_trap_id)
        self._clocks = EngineClocks(state.load_clocks(self._home / "clocks.json"))
        engine = LocalEngine(bytes.fromhex(self._state.engine_id), self._state.engine_boots, started_at.timestamp())
        self._security = Security(credentials, engine, clocks=self._clocks, replay_check=settings.replay_check)
        self._counts = Counts(started_at)
        self._canary = canary
        self._intake = Intake(self._security, self._ids, canary, self._blind, self._counts)
        self._producer = Producer(settings, message_timeout_s=0)
        self._outbox = Outbox(self._spool, self._send)
        self._queue: deque[tuple[bytes, tuple[str, int], socket.socket, int]] = deque()
        self._queued_bytes = 0
        self._is_paused = False
        self._is_working = False
        self._pumping: asyncio.TimerHandle | None = None
        self._poll_s = _POLL_S[0]
        self._answers_due_at: float | None = None
        self._is_syncing = False
        self._save(sync=True)
        if self._outbox.waiting:
            _log.info("%d records wait in the spool for Kafka", self._outbox.waiting)

    async def run(self) -> None:
        """Until TERM or INT."""
        loop = self._loop = asyncio.get_running_loop()
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        self._listen()
        threading.Thread(target=self._await_topic, daemon=True).start()
        tasks = [asyncio.create_task(each) for each in (self._tick(), self._sing(), self._serve())]
        gc.freeze()  # what is there by now stays; the collector need not look at it again
        tasks.append(asyncio.create_task(_until(stopping)))
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self._deafen()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        self._finish()
        for task in done:
            task.result()  # a task that ended by itself is an error of ours: show it

    # Receiving

    def _listen(self) -> None:
        for each in self._sockets:
            self._loop.add_reader(each, self._drain, each)

    def _deafen(self) -> None:
        for each in self._sockets:
            self._loop.remove_reader(each)

    def _drain(self, listening: socket.socket) -> None:
        receive, add, clock = listening.recvfrom, self._queue.append, time.time_ns
        size = self._queued_bytes
        with suppress(BlockingIOError):
            while size < QUEUE_BYTES:
                datagram, address = receive(_MAX_DATAGRAM)
                add((datagram, address[:2], listening, clock() // 1000))
                size += len(datagram)
        self._queued_bytes = size
        if size >= QUEUE_BYTES and not self._is_paused:
            self._is_paused = True
            self._deafen()
        if not self._is_working:
            self._is_working = True
            self._loop.call_soon(self._work)

    def _work(self) -> None:
        """Decodes a slice. Between two slices the loop looks at the sockets."""
        self._take(_SLICE)
        if self._is_paused and self._queued_bytes < QUEUE_BYTES // 2:
            self._is_paused = False
            self._listen()
        self._is_working = bool(self._queue)
        if self._is_working:
            self._producer.poll(0)
            self._loop.call_soon(self._work)
        self._pump_soon()

    def _take(self, limit: int) -> None:
        entries: list[Entry] = []
        answers: dict[int, Answer] = {}
        queue = self._queue
        for _ in range(min(limit, len(queue))):
            datagram, address, listening, received_us = queue.popleft()
            self._queued_bytes -= len(datagram)
            source_addr = sockets.shown(address[0])
            outcome = self._intake.take(datagram, source_addr, address[1], received_us)
            if isinstance(outcome, Accepted):
                if outcome.inform is not None:
                    answers[len(entries)] = partial(self._answer, listening, address, outcome.inform)
                entries.append(outcome.entry)
                continue
            if outcome.report is not None:
                self._reply(listening, address, outcome.report)
            if outcome.reason is not None:
                line = self._counts.refuse(outcome.reason, source_addr, time.monotonic())
                if line is not None:
                    _log.warning("%s", line)
        if entries:
            self._outbox.accept(entries, answers)

    def _answer(self, listening: socket.socket, address: tuple[str, int], inform: Notification) -> None:
        self._reply(listening, address, respond(inform, self._security, time.time()))

    @staticmethod
    def _reply(listening: socket.socket, address: tuple[str, int], datagram: bytes) -> None:
        with suppress(OSError):  # the sender asks again; that is what informs are for
            listening.sendto(datagram, address)

    # To Kafka

    def _send(self, entry: Entry, report: Report) -> None:
        self._producer.send(SNMP_TRAPS, entry.key, entry.value, report)

    def _await_topic(self) -> None:
        """In a thread of its own, because the admin client blocks."""
        said = False
        while True:
            try:
                ensure_topics(self._settings, (SNMP_TRAPS,), patience_s=5)
            except KafkaUnavailable as error:
                if not said:
                    _log.warning("%s; traps go to the spool until it does", error)
                said = True
            else:
                with suppress(RuntimeError):  # the loop is closed: we are stopping
                    self._loop.call_soon_threadsafe(self._topic_is_there)
                return

    def _topic_is_there(self) -> None:
        self._outbox.is_ready = True
        self._pump_soon()

    def _pump_soon(self) -> None:
        if self._pumping is None:
            self._poll_s = _POLL_S[0]
            self._pumping = self._loop.call_later(self._poll_s, self._pump)

    def _pump(self) -> None:
        """Fetches delivery reports, sends what waits on disk, and comes again while there is something to wait for."""
        self._pumping = None
        now = time.monotonic()
        reports = self._producer.poll(0)
        can_go_on = self._outbox.pump(now)
        self._outbox.checkpoint()
        self._sync_answers(now)
        if can_go_on:
            self._pumping = self._loop.call_later(0, self._pump)
        elif self._outbox.waiting:
            self._poll_s = _POLL_S[0] if reports else min(self._poll_s * 1.5, _POLL_S[1])
            self._pumping = self._loop.call_later(self._poll_s, self._pump)

    def _sync_answers(self, now: float) -> None:
        if not self._outbox.has_answers:
            self._answers_due_at = None
        elif self._answers_due_at is None:
            self._answers_due_at = now + _PATIENCE_S
        elif now >= self._answers_due_at:
            self._sync()

    def _sync(self) -> None:
        """One at a time; whatever comes meanwhile is in the next (group commit)."""
        if self._is_syncing:
            return
        self._is_syncing = True
        self._loop.run_in_executor(None, self._spool.begin_sync()).add_done_callback(self._synced)

    def _synced(self, sync: asyncio.Future[int]) -> None:
        self._is_syncing = False
        if sync.cancelled():
            return
        error = sync.exception()
        if error is not None:
            _log.error("the spool cannot be synced to disk: %s; informs wait for Kafka", error)
            return
        self._outbox.synced(sync.result())
        self._answers_due_at = None

    # Now and then

    async def _tick(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(_TICK_S)
            ticks += 1
            self._producer.poll(0)
            self._check_drops()
            if self._outbox.is_behind:
                self._sync()
            if ticks % _CLOCK_TICKS == 0:
                self._save_clocks(sync=False)
            self._save(sync=ticks % _SYNC_TICKS == 0)

    def _check_drops(self) -> None:
        now = _now()
        for interval in (
            self._watch.check(now, blind.KERNEL, self._kernel_counters()),
            self._spool_watch.check(now, blind.SPOOL, {"spool": self._outbox.dropped}),
        ):
            if interval is not None:
                self._blind.add(interval)
                _log.warning("%s traps were lost: %s", interval.lost, interval.reason)

    def _kernel_counters(self) -> dict[str, int]:
        return {sockets.identity(each): sockets.kernel_drops(each) for each in self._sockets}

    def _note_blind_start(self, now: datetime, drops: dict[str, int]) -> None:
        """The time between the last run and this one, unless the kernel queued on the same sockets."""
        last_alive_at = self._state.last_alive_at
        if last_alive_at is None or last_alive_at >= now:
            return
        if drops.keys() <= self._state.kernel_drops.keys():
            while_away = blind.DropWatch(last_alive_at, self._state.kernel_drops).check(now, blind.KERNEL, drops)
            if while_away is not None:
                self._blind.add(while_away)
        else:
            self._blind.add(BlindInterval(from_at=last_alive_at, to_at=now, reason=blind.NOT_RUNNING))

    def _save(self, *, sync: bool) -> None:
        self._state.last_alive_at = _now()
        self._state.last_trap_id = self._ids.last
        self._state.kernel_drops = self._watch.counters
        self._state.untold = self._blind.untold
        state.save(self._home / "state.json", self._state, sync=sync)

    def _save_clocks(self, *, sync: bool) -> None:
        state.save(self._home / "clocks.json", self._clocks.export(), sync=sync)

    async def _sing(self) -> None:
        """Sends the canary to the first socket, the way every trap comes."""
        to = _reachable(self._sockets[0])
        with socket.socket(self._sockets[0].family, socket.SOCK_DGRAM) as voice:
            voice.setblocking(False)
            while True:
                with suppress(OSError):  # not sent is not received, which is what shows
                    voice.sendto(self._canary.datagram(_now(), self._blind.announce()), to)
                await asyncio.sleep(self._settings.canary_interval_s)

    async def _serve(self) -> None:
        try:
            door = Door(self._settings)
        except SettingError as error:
            _log.warning("%s; traps are received without the router", error)
            await asyncio.Event().wait()
            return
        door.offer(FUNNEL_GET, self._funnel)
        await door.run()

    async def _funnel(self) -> Funnel:
        return self._counts.funnel(
            stored=self._outbox.stored,
            spooled=self._outbox.spooled,
            spool_dropped=self._outbox.dropped,
            kernel_dropped=sum(self._kernel_counters().values()) - self._drops_at_start,
        )

    def _finish(self) -> None:
        deadline = time.monotonic() + GRACE_S
        while self._queue and time.monotonic() < deadline:
            self._take(_SLICE)
            self._producer.poll(0)
        while self._outbox.waiting and self._outbox.is_ready and time.monotonic() < deadline:
            self._outbox.pump(time.monotonic())
            self._producer.poll(0.01)
        self._outbox.checkpoint()
        self._check_drops()
        waiting = self._outbox.waiting
        self._spool.close()
        self._outbox.synced(self._spool.end)
        self._save_clocks(sync=True)
        self._save(sync=True)
        _log.info("stopped; %d records stay in the spool", waiting)


async def _until(event: asyncio.Event) -> None:
    await event.wait()


def _reachable(listening: socket.socket) -> tuple[str, int]:
    """Where a datagram from this host reaches the socket."""
    host, port = listening.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104  (compared, not bound)


def main() -> int:
    """`python -m trapline.ingest`. Returns 0 after TERM, 78 (EX_CONFIG) when a setting is wrong."""
    try:
        settings = settings_.load()
        log.configure("ingest", settings.log_level)
        listening = sockets.inherited(os.environ) or sockets.bind(settings.trap_hosts, settings.trap_port)
        for each in listening:
            granted = sockets.request_receive_buffer(each, settings.receive_buffer_bytes)
            host, port = each.getsockname()[:2]
            _log.info("receiving on UDP %s port %d, receive buffer %d octets", host, port, granted)
        ingest = Ingest(settings, listening)
    except SettingError as error:
        print(f"ERROR ingest: {error}", file=sys.stderr, flush=True)
        return 78
    asyncio.run(ingest.run())
    return 0
