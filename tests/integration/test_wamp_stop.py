"""A stage that is told to stop does so in silence and in order, wherever the router is; who waits for it is answered."""

import asyncio
import contextlib
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.foreign_client import ForeignClient, WampError
from tests.ingest.running_ingest import CREDENTIALS, wait_for
from tests.running_broker import RunningBroker, free_ports
from tests.running_router import RunningRouter
from trapline.kafka.admin import ensure_topics
from trapline.node.supervise import die_with_parent
from trapline.protocol import uris
from trapline.wamp.session import Door

pytestmark = [pytest.mark.kafka]

STAGES = ("publish", "operate", "ingest")
STOPS_WITHIN_S = 4  # two are promised; the machine may be busy with other things, and the supervisor kills after six


@pytest.fixture(scope="module")
def router(kafka: RunningBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRouter]:
    """A router of this module alone: it is there while a test has `joined` or `started` it."""
    ensure_topics(kafka.settings)
    site = tmp_path_factory.mktemp("site")
    (site / "inventory.yaml").write_text("site: Stops")
    running = RunningRouter(kafka.settings)
    (running.settings.home / "snmp.yaml").write_text(CREDENTIALS)
    running.environment |= {"TRAPLINE_SITE": str(site), "TRAPLINE_TRAP_HOSTS": "127.0.0.1"}
    with contextlib.closing(running):
        yield running


class Stage:
    """A stage as a process, and what it says on both streams."""

    def __init__(self, name: str, router: RunningRouter, log: Path) -> None:
        self._log = log
        self._read = 0  # characters
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"trapline.{name}"],
                env=router.environment | {"TRAPLINE_TRAP_PORT": str(free_ports(1))},
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent,
            )

    def wait_until_said(self, words: str) -> None:
        """After what was waited for before: a stage may have looked for the router when it started, too."""
        wait_for(lambda: words in self._log.read_text()[self._read :] or self._process.poll() is not None, words)
        assert self._process.poll() is None, self._log.read_text()
        self._read = self._log.read_text().index(words, self._read) + len(words)

    def tell_to_stop(self) -> None:
        self._before = len(self._log.read_text().splitlines())
        self._process.send_signal(signal.SIGTERM)

    def assert_stopped_in_silence(self) -> None:
        try:
            code = self._process.wait(STOPS_WITHIN_S)
        finally:
            self._process.kill()
            self._process.wait()
        said = self._log.read_text().splitlines()[self._before :]
        assert code == 0, said
        # Whatever it was at may still be news; a warning, an error or a traceback is none.
        assert all(line.startswith("INFO ") for line in said), said
        assert "stopped" in said[-1]


def test_stages_that_wait_for_the_router_stop_in_silence(router: RunningRouter, tmp_path: Path) -> None:
    stages = [Stage(name, router, tmp_path / name) for name in STAGES]
    for stage in stages:
        stage.wait_until_said("no router yet")
    for stage in stages:
        stage.tell_to_stop()
    for stage in stages:
        stage.assert_stopped_in_silence()


@pytest.mark.parametrize("router_is", ["there", "gone", "standing still"])
def test_stages_that_have_joined_stop_in_silence(router_is: str, router: RunningRouter, tmp_path: Path) -> None:
    router.start()
    try:
        stages = [Stage(name, router, tmp_path / name) for name in STAGES]
        for stage in stages:
            stage.wait_until_said("joined the router")
        if router_is == "gone":
            router.kill()
            for stage in stages:
                stage.wait_until_said("Connection refused")  # what it says first may be how the session ended
        elif router_is == "standing still":
            router.freeze()
        for stage in stages:
            stage.tell_to_stop()
        for stage in stages:
            stage.assert_stopped_in_silence()
    finally:
        if router_is != "gone":
            router.kill()


def offer_for_ever(door: Door) -> tuple[asyncio.Event, asyncio.Event]:
    """Offers a procedure that is at it until it is cancelled. Its events: is called, is cancelled."""
    called, cancelled = asyncio.Event(), asyncio.Event()

    async def handler() -> None:
        called.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    door.offer(uris.GRID_GET, handler)
    return called, cancelled


def call(router: RunningRouter) -> None:
    with ForeignClient(router.settings.web_port, timeout_s=30) as client:
        client.call(uris.GRID_GET)


async def end(running: "asyncio.Task[None]") -> None:
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def test_whoever_waits_for_a_stage_that_stops_is_told_so(router: RunningRouter) -> None:
    async def scenario() -> None:
        door = Door(router.settings)
        called, _ = offer_for_ever(door)
        running = asyncio.create_task(door.run())
        await asyncio.wait_for(door.opened(), 20)
        calling = asyncio.create_task(asyncio.to_thread(call, router))
        await asyncio.wait_for(called.wait(), 20)
        await end(running)
        with pytest.raises(WampError) as caught:
            await calling
        assert caught.value.uri == "wamp.error.canceled"
        assert caught.value.sentence == f"{uris.GRID_GET} was given up; try again"

    router.start()
    try:
        asyncio.run(scenario())
    finally:
        router.kill()


def test_a_call_whose_router_dies_is_given_up_without_an_error(
    router: RunningRouter, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        door = Door(router.settings)
        called, cancelled = offer_for_ever(door)
        running = asyncio.create_task(door.run())
        await asyncio.wait_for(door.opened(), 20)
        calling = asyncio.create_task(asyncio.to_thread(call, router))
        await asyncio.wait_for(called.wait(), 20)
        router.kill()
        with pytest.raises(OSError):  # noqa: PT011  (whatever the client's kernel makes of it)
            await calling
        await asyncio.wait_for(cancelled.wait(), 20)
        assert not door.is_open
        await end(running)

    router.start()
    asyncio.run(scenario())
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_when_the_router_accepts_again_the_procedures_are_back_at_once(router: RunningRouter) -> None:
    def accepted_at() -> float:
        def accepts() -> bool:
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as visitor:
                return visitor.connect_ex(str(router.settings.router_socket)) == 0

        wait_for(accepts, "the router to accept", 60)
        return time.monotonic()

    async def scenario() -> float:
        door = Door(router.settings)
        offer_for_ever(door)
        running = asyncio.create_task(door.run())
        await asyncio.wait_for(door.opened(), 20)
        router.kill()
        async with asyncio.timeout(20):
            while door.is_open:  # noqa: ASYNC110  (that it shuts has no event)
                await asyncio.sleep(0.01)
        starting = asyncio.create_task(asyncio.to_thread(router.start))
        began = await asyncio.to_thread(accepted_at)
        await asyncio.wait_for(door.opened(), 20)
        took = time.monotonic() - began
        await starting
        await end(running)
        return took

    router.start()
    try:
        assert asyncio.run(scenario()) < 2
    finally:
        router.kill()
