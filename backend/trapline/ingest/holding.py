"""Unknown senders, between Kafka and the event loop: who is held, who was decided about, and the release.

- A thread of its own follows `snmp-held` and `senders` from the beginning, because a broker that is away blocks for
  seconds. What it reads is taken in the event loop, where clocks, repeats and counts live.
- Something is released when a decision, the credentials or what is held has changed, and its sender is admitted now:
  the topic is read anew, judged, and traps and ends of holding are written in one transaction under a name that one
  process in the cluster has at a time. So nothing is released twice, whoever dies, on however many nodes. Between two
  releases is a pause: where nodes differ in their credentials, what one holds another one releases, all day long.
- The credentials file is looked at every second, and read once it has stayed the same for one: an editor may write it
  in pieces. One that is wrong is said, and those that are known stay.
- The list of senders is kept for a second, because anybody may ask for it and strangers may have made it long.
"""

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from trapline.ingest.canary import Canary
from trapline.ingest.counts import Counts
from trapline.ingest.held import RELEASED, HeldSenders, sender_key
from trapline.ingest.held_records import ending, fold, held_of, senders_of
from trapline.ingest.release import Verdict, judge
from trapline.ingest.seldom import Seldom
from trapline.kafka.admin import ensure_topics
from trapline.kafka.exclusive import Exclusive
from trapline.kafka.reader import Follower, read_to_end
from trapline.kafka.records import Output
from trapline.protocol import codec
from trapline.protocol.errors import KafkaUnavailable, SettingError
from trapline.protocol.grid import Senders
from trapline.protocol.topics import SENDERS, SNMP_HELD, SNMP_TRAPS
from trapline.protocol.traps import Held, Sender
from trapline.settings import Settings
from trapline.snmp import Security, load
from trapline.snmp.clocks import TIME_WINDOW_S

_POLL_S: Final = 0.25
_LOOK_S: Final = 1.0
_EXPIRE_LOOKS: Final = 60
_SAY_EVERY_S: Final = 60.0
_LISTED_S: Final = 1.0
RELEASE_PAUSE_S: Final = 3.0
_RETRY_S: Final = (1.0, 5.0)  # random, or two nodes would take the name from each other for ever
_SLICE: Final = 64
_WRITTEN_TOGETHER: Final = 200

T = TypeVar("T")
_log = logging.getLogger("trapline.ingest")


class Holding:
    """Of one ingest. `run` and `watch` until cancelled."""

    def __init__(
        self, settings: Settings, security: Security, held: HeldSenders, canary: Canary, counts: Counts
    ) -> None:
        self._settings = settings
        self._security = security
        self._held = held
        self._canary = canary
        self._counts = counts
        self._failures: dict[str, str] = {}
        self._problem = ""
        self._is_due = threading.Event()
        self._may_release_at = 0.0
        self._never = threading.Event()
        self._failed = Seldom(_SAY_EVERY_S)
        self._seen = self._read = _mark(settings.credentials_file)
        self._listed: Senders | None = None
        self._listed_at = 0.0

    async def senders(self) -> Senders:
        """`trapline.api.senders.get`: as of a second ago at most, and with every decision that is known here."""
        now = time.monotonic()
        if self._listed is None or now - self._listed_at >= _LISTED_S:
            listing = self._held.listing(self._security.credentials.users_by_name, self._failures)
            self._listed, self._listed_at = msgspec.structs.replace(listing, problem=self._problem), now
        return self._listed

    async def run(self) -> None:
        """Follows and releases. Ends with what the thread stumbles over, if it ever does."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        threading.Thread(target=self._work, args=(loop, ended), daemon=True).start()
        await ended

    async def watch(self) -> None:
        """Reads the credentials again when they were edited, and forgets what the topic keeps no longer."""
        looks = 0
        while True:
            await asyncio.sleep(_LOOK_S)
            looks += 1
            if looks % _EXPIRE_LOOKS == 0:
                self._held.expire(datetime.now(UTC))
            before, self._seen = self._seen, _mark(self._settings.credentials_file)
            if self._seen == before != self._read:
                self._read = self._seen
                await self._adopt()

    async def _adopt(self) -> None:
        path = self._settings.credentials_file
        try:
            credentials = self._canary.admitted(await asyncio.to_thread(load, path))
        except SettingError as error:
            _log.error("%s; those that were read before stay", error)
            self._problem = str(error)
            return
        self._problem = ""
        self._security.adopt(credentials)
        self._is_due.set()
        ours = len(credentials.communities) - 1
        _log.info("%s was edited: %d communities, %d users", path, ours, len(credentials.users))

    def _work(self, loop: asyncio.AbstractEventLoop, ended: "asyncio.Future[None]") -> None:
        with suppress(RuntimeError):  # the loop is closed: we are stopping
            try:
                while True:
                    try:
                        self._follow(loop)
                    except KafkaUnavailable as error:
                        if self._failed.count(time.monotonic()) is not None:
                            _log.warning("unknown senders: %s; trying again", error)
                        self._never.wait(random.uniform(*_RETRY_S))  # noqa: S311  (no secret)
            except Exception as error:  # noqa: BLE001  (it ends ingest, in the loop)
                loop.call_soon_threadsafe(_fail, ended, error)

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        ensure_topics(self._settings, (SNMP_TRAPS, SNMP_HELD, SENDERS), patience_s=5)
        self._is_due.set()
        with (
            closing(Follower(self._settings, SENDERS)) as senders,
            closing(Follower(self._settings, SNMP_HELD)) as held,
        ):
            while True:
                decided = [each for record in senders.poll(0) for each in senders_of(record)]
                records = [each for record in held.poll(_POLL_S) for each in held_of(record)]
                if decided or records:
                    _in_loop(loop, lambda d=decided, r=records: self._take(d, r))  # type: ignore[misc]  # both are bound now
                is_time = time.monotonic() >= self._may_release_at
                if senders.is_caught_up and held.is_caught_up and self._is_due.is_set() and is_time:
                    self._is_due.clear()
                    self._release(loop)

    def _take(self, decided: Iterable[tuple[str, Sender | None]], records: Iterable[Held]) -> None:
        for key, sender in decided:
            self._held.decide(key, sender)
            self._is_due.set()
            self._listed = None  # who decided wants to see it
        self._security.decided = {
            (bytes.fromhex(each.engine_id), each.security_name.encode()): each.is_approved
            for each in self._held.decisions.values()
        }
        for record in records:
            self._held.take(record)
            if not record.outcome and self._is_admitted(record.engine_id, record.security_name):
                self._is_due.set()

    def _is_admitted(self, engine_id: str, security_name: str) -> bool:
        engine, user = bytes.fromhex(engine_id), security_name.encode()
        is_approved = self._security.decided.get((engine, user))
        users = self._security.credentials.users_by_name.get(user, ())
        return is_approved is not False and any(
            is_approved or each.engine_ids is None or engine in each.engine_ids for each in users
        )

    def _admitted(self) -> set[str]:
        return {sender_key(*sender) for sender in self._held.waiting() if self._is_admitted(*sender)}

    def _release(self, loop: asyncio.AbstractEventLoop) -> None:
        wanted = _in_loop(loop, self._admitted)
        if not wanted:
            return
        self._may_release_at = time.monotonic() + RELEASE_PAUSE_S
        exclusive = Exclusive(self._settings, "release")
        records = fold(
            held
            for record in read_to_end(self._settings, SNMP_HELD)
            if record.key.decode(errors="replace") in wanted
            for held in held_of(record)
        )
        verdicts = asyncio.run_coroutine_threadsafe(self._judge(records), loop).result()
        ended = [each for each in verdicts if each.outcome]
        for start in range(0, len(ended), _WRITTEN_TOGETHER):
            part = ended[start : start + _WRITTEN_TOGETHER]
            exclusive.write(output for verdict in part for output in _outputs(verdict))
            _in_loop(loop, lambda part=part: self._end(part))  # type: ignore[misc]  # it is bound now
        failures = {
            sender_key(each.held.engine_id, each.held.security_name): each.reason
            for each in verdicts
            if not each.outcome
        }
        _in_loop(loop, lambda: self._note(wanted, failures))

    async def _judge(self, records: list[Held]) -> list[Verdict]:
        verdicts: list[Verdict] = []
        for verdict in judge(records, self._security, self._canary):
            verdicts.append(verdict)
            if len(verdicts) % _SLICE == 0:  # what comes in has its turn
                await asyncio.sleep(0)
        return verdicts

    def _end(self, verdicts: list[Verdict]) -> None:
        now = time.time()
        for verdict in verdicts:
            held = verdict.held
            self._held.take(ending(verdict.held, verdict.outcome))
            if verdict.outcome == RELEASED:
                if verdict.digest and now - held.received_at.timestamp() <= 2 * TIME_WINDOW_S:
                    self._security.repeats.is_repeat(verdict.digest, now)  # whoever sends it again now is refused
            elif line := self._counts.refuse(verdict.outcome, held.source_addr, time.monotonic()):
                _log.warning("%s", line)
        released = sum(each.outcome == RELEASED for each in verdicts)
        _log.info("released %d held datagrams, refused %d", released, len(verdicts) - released)

    def _note(self, wanted: set[str], failures: dict[str, str]) -> None:
        for key in wanted:
            self._failures.pop(key, None)
        self._failures |= failures


def _outputs(verdict: Verdict) -> Iterable[Output]:
    held = verdict.held
    if verdict.outcome == RELEASED:
        yield Output(SNMP_TRAPS, verdict.key, verdict.trap)
    end = ending(held, verdict.outcome)
    yield Output(SNMP_HELD, sender_key(held.engine_id, held.security_name), codec.encode(end))


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _in_loop(loop: asyncio.AbstractEventLoop, work: Callable[[], T]) -> T:
    """Does `work` in the loop's thread, and returns its result here."""
    done: Future[T] = Future()

    def do() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001  (raised where it is waited for)
            done.set_exception(error)

    loop.call_soon_threadsafe(do)
    return done.result()


def _fail(ended: "asyncio.Future[None]", error: Exception) -> None:
    if not ended.done():
        ended.set_exception(error)
