"""The shell of ingest: sockets, spool, Kafka, router and clock meet here.

TERM: no more receiving; what was received is decoded and goes to Kafka or stays in the spool, within `GRACE_S`.
An error of ours ends the process in the same way, but nothing more is sent; the supervisor starts the next one.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import threading
import time
from contextlib import suppress
from functools import partial
from typing import Final

from trapline import process
from trapline.ingest import sockets
from trapline.ingest.canary import Canary
from trapline.ingest.counts import REPEATED_INFORM, Counts
from trapline.ingest.courier import Courier
from trapline.ingest.downstream import Downstream
from trapline.ingest.funnel import whole
from trapline.ingest.held import HeldSenders
from trapline.ingest.holding import Holding
from trapline.ingest.informs import Inform
from trapline.ingest.intake import Accepted, Intake
from trapline.ingest.listener import Datagram, Listener
from trapline.ingest.outbox import Answer
from trapline.ingest.segment import Entry
from trapline.ingest.spool import Spool
from trapline.ingest.watch import Watch, utc_now
from trapline.protocol.errors import SettingError
from trapline.protocol.grid import Funnel
from trapline.protocol.uris import FUNNEL_GET, SENDERS_GET
from trapline.settings import Settings
from trapline.snmp import Security, load
from trapline.wamp.session import Door

GRACE_S: Final = 3.0
_SLICE: Final = 64
_TICK_S: Final = 1.0

_log = logging.getLogger("trapline.ingest")


class Ingest:
    """One process's ingest, from bound sockets to Kafka. Raises SettingError for what the operator must mend."""

    def __init__(self, settings: Settings, listening: list[socket.socket]) -> None:
        self._settings = settings
        home = settings.home / "ingest"
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._canary = Canary(settings.node_name)
        credentials = self._canary.admitted(load(settings.credentials_file))
        self._courier = Courier(settings, Spool(home / "spool", settings.spool_max_bytes))
        self._listener = Listener(listening)
        self._watch = watch = Watch(home, self._listener)
        security = Security(
            credentials,
            watch.engine,
            clocks=watch.clocks,
            repeats=watch.repeats,
            replay_check=settings.replay_check,
        )
        self._counts = Counts(watch.started_at)
        held = HeldSenders(settings.held_per_sender, settings.held_max_bytes)
        self._downstream = Downstream(settings)
        self._intake = Intake(security, watch.ids, self._canary, watch.blind, self._counts, held=held)
        self._holding = Holding(settings, security, held, self._canary, self._counts)
        if self._courier.outbox.waiting:
            _log.info("%d records wait in the spool for Kafka", self._courier.outbox.waiting)

    async def run(self, was_told_to_stop: threading.Event) -> None:
        """Until TERM or INT, also one that came before."""
        loop = asyncio.get_running_loop()
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        if was_told_to_stop.is_set():  # nothing is begun
            self._finish()
            return
        self._listener.listen()
        stop = asyncio.create_task(_until(stopping))
        work = (
            self._decode(),
            self._courier.run(),
            self._tick(),
            self._sing(),
            self._holding.run(),
            self._holding.watch(),
            self._serve(),
        )
        tasks = [stop, *map(asyncio.create_task, work)]
        gc.freeze()  # what is there by now stays; the collector need not look at it again
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self._listener.finish()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        if stop not in done:
            self._courier.outbox.is_ready = False
        self._finish()
        for task in done:
            task.result()

    async def _decode(self) -> None:
        """Slice by slice; between two of them the loop looks at the sockets."""
        while True:
            await self._listener.arrived.wait()
            self._take()
            self._listener.go_on()
            await asyncio.sleep(0)

    def _take(self) -> None:
        entries: list[Entry] = []
        answers: dict[int, Answer] = {}
        for datagram in self._listener.take(_SLICE):
            source_addr, source_port = sockets.shown(datagram.address[0]), datagram.address[1]
            outcome = self._intake.take(datagram.octets, source_addr, source_port, datagram.received_us)
            if isinstance(outcome, Accepted):
                if outcome.inform is not None:
                    answers[len(entries)] = partial(self._answer, datagram, outcome.inform)
                if outcome.held is not None:
                    line = self._counts.hold(outcome.held, source_addr, time.monotonic())
                    if line is not None:
                        _log.warning("%s", line)
                entries.append(outcome.entry)
                continue
            if outcome.reply is not None:
                datagram.reply(outcome.reply)
            if outcome.reason is not None:
                line = self._counts.refuse(outcome.reason, source_addr, time.monotonic())
                if line is not None:
                    _log.log(logging.INFO if outcome.reason == REPEATED_INFORM else logging.WARNING, "%s", line)
        if entries:
            self._courier.accept(entries, answers)

    def _answer(self, datagram: Datagram, inform: Inform, is_safe: bool) -> None:
        answer = self._intake.settle(inform, time.time(), is_safe=is_safe)
        if answer is not None:
            datagram.reply(answer)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self._watch.tick(self._courier.outbox.dropped)

    async def _sing(self) -> None:
        """Sends the canary to the first socket, the way every trap comes."""
        first = self._listener.sockets[0]
        to = _reachable(first)
        with socket.socket(first.family, socket.SOCK_DGRAM) as voice:
            voice.setblocking(False)
            while True:
                with suppress(OSError):  # not sent is not received, which is what shows
                    voice.sendto(self._canary.datagram(utc_now(), self._watch.blind.announce()), to)
                await asyncio.sleep(self._settings.canary_interval_s)

    async def _serve(self) -> None:
        try:
            door = Door(self._settings)
        except SettingError as error:
            _log.warning("%s; traps are received without the router", error)
            await asyncio.Event().wait()
            return
        door.offer(FUNNEL_GET, self._funnel)
        door.offer(SENDERS_GET, self._holding.senders)
        while True:
            try:
                await door.run()
            except Exception:  # noqa: BLE001  (whatever is wrong with the router, traps are taken)
                _log.exception("the session with the router ended; trying again")
            await asyncio.sleep(_TICK_S)

    async def _funnel(self) -> Funnel:
        known = await self._downstream.look()
        outbox = self._courier.outbox
        ours = self._counts.funnel(
            stored=outbox.stored,
            spooled=outbox.spooled,
            spool_dropped=outbox.dropped,
            kernel_dropped=self._watch.kernel_dropped,
        )
        return whole(ours, self._counts.senders, known)

    def _finish(self) -> None:
        deadline = time.monotonic() + GRACE_S
        while self._listener.arrived.is_set() and time.monotonic() < deadline:
            self._take()
        waiting = self._courier.finish(deadline)
        self._watch.check(self._courier.outbox.dropped)
        self._watch.finish()
        _log.info("stopped; %d records stay in the spool", waiting)


async def _until(event: asyncio.Event) -> None:
    await event.wait()


def _reachable(listening: socket.socket) -> tuple[str, int]:
    """Where a datagram from this host reaches the socket."""
    host, port = listening.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104  (compared, not bound)


def main(was_told_to_stop: threading.Event) -> int:
    """`python -m trapline.ingest`. Returns as `process.run` does; 0 after TERM."""
    return process.run("ingest", partial(_receive, was_told_to_stop))


def _receive(was_told_to_stop: threading.Event, settings: Settings) -> None:
    listening = sockets.inherited(os.environ) or sockets.bind(settings.trap_hosts, settings.trap_port)
    for each in listening:
        granted = sockets.request_receive_buffer(each, settings.receive_buffer_bytes)
        host, port = each.getsockname()[:2]
        _log.info("receiving on UDP %s port %d, receive buffer %d octets", host, port, granted)
    asyncio.run(Ingest(settings, listening).run(was_told_to_stop))
