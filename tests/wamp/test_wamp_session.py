"""How often the door knocks."""

import asyncio
import itertools
import tempfile
from dataclasses import replace
from pathlib import Path

from trapline.settings import Settings, load
from trapline.wamp.session import Door

ATTEMPTS = 8


async def attempts_at(settings: Settings) -> list[float]:
    """When the door came, at a socket that closes on everybody, in seconds of the loop's clock."""
    loop = asyncio.get_running_loop()
    came: list[float] = []
    enough = asyncio.Event()

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(loop.time())
        writer.close()
        if len(came) == ATTEMPTS:
            enough.set()

    server = await asyncio.start_unix_server(refuse, settings.router_socket)
    async with server:
        running = asyncio.create_task(Door(settings).run())
        await asyncio.wait_for(enough.wait(), 30)
        running.cancel()
        await asyncio.wait({running})
    return came


def test_the_door_knocks_again_within_a_second_however_often_it_was_refused() -> None:
    with tempfile.TemporaryDirectory(prefix="tl-", dir="/tmp") as home:  # a Unix socket's path holds 108 octets
        settings = replace(load({}), home=Path(home))
        settings.run_dir.mkdir()
        (settings.home / "secrets").mkdir()
        (settings.home / "secrets" / "router").write_text("secret")
        came = asyncio.run(attempts_at(settings))
    assert max(later - earlier for earlier, later in itertools.pairwise(came)) < 1
