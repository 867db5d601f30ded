"""The door to the router: one serves, the others wait, and all come back by themselves."""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.foreign_client import ForeignClient
from tests.running_broker import RunningBroker
from tests.running_router import RunningRouter
from trapline.kafka.admin import ensure_topics
from trapline.protocol import topics, uris
from trapline.wamp.session import Door

pytestmark = [pytest.mark.kafka]


@pytest.fixture
def router(kafka: RunningBroker, tmp_path: Path) -> Iterator[RunningRouter]:
    """A router of this test alone: to be killed."""
    ensure_topics(kafka.settings, [topics.STATUS])
    (tmp_path / "inventory.yaml").write_text("site: Doors")
    running = RunningRouter(kafka.settings)
    running.environment |= {"TRAPLINE_SITE": str(tmp_path), "TRAPLINE_HEARTBEAT_INTERVAL_S": "0.2"}
    with contextlib.closing(running):
        yield running.start()


def epoch(router: RunningRouter) -> str:
    with ForeignClient(router.settings.web_port) as client:
        return str(client.call_when_served(uris.GRID_GET)["epoch"])


def test_of_two_publishers_one_serves_and_the_other_takes_over_when_it_is_killed(router: RunningRouter) -> None:
    first = router.stage("publish")
    elected = epoch(router)
    second = router.stage("publish")
    with ForeignClient(router.settings.web_port) as client:
        client.subscribe(uris.HEARTBEAT)
        assert {client.next_event()[1]["epoch"] for _ in range(15)} == {elected}
        first.kill()
        deadline = time.monotonic() + 20
        while client.next_event()[1]["epoch"] == elected:
            assert time.monotonic() < deadline
    assert epoch(router) != elected
    assert second.poll() is None


@pytest.mark.parametrize("orderly", [True, False], ids=["stopped in order", "killed with -9"])
def test_when_the_router_comes_back_so_does_the_publisher_with_its_epoch(router: RunningRouter, orderly: bool) -> None:
    publisher = router.stage("publish")
    before = epoch(router)
    if orderly:
        router.stop()
    else:
        router.kill()
    router.start()
    assert epoch(router) == before
    assert publisher.poll() is None


def test_while_the_router_stands_still_the_door_says_that_it_is_clogged(router: RunningRouter) -> None:
    async def scenario() -> None:
        door = Door(router.settings)
        running = asyncio.create_task(door.run())
        await asyncio.wait_for(door.opened(), 20)
        assert not door.is_clogged
        router.freeze()
        try:
            for _ in range(100):
                door.publish(uris.GRID_CHANGED, ["x" * 100_000])
            assert door.is_clogged
        finally:
            router.thaw()
        async with asyncio.timeout(20):
            while door.is_clogged:  # noqa: ASYNC110  (the transport's buffer has no event)
                await asyncio.sleep(0.01)
        assert door.is_open
        running.cancel()

    asyncio.run(scenario())


def test_a_missing_secret_is_one_sentence_and_a_configuration_error(router: RunningRouter) -> None:
    secret = router.settings.home / "secrets" / "router"
    secret.unlink()
    process = router.stage("publish", stderr=subprocess.PIPE)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 78
    assert said.decode() == f"ERROR publish: the router's secret {secret} cannot be read; `trapline setup` makes it\n"
