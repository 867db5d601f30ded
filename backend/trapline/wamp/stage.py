"""How a stage with a session starts and ends: settings in, SIGTERM out, a wrong setting said in one sentence."""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable

from trapline import process
from trapline.settings import Settings

_GRACE_S = 2.0


def run_stage(name: str, main: Callable[[Settings], Awaitable[None]]) -> None:
    """Runs `main` until it ends, or until SIGTERM or SIGINT cancels it; ends with the exit code of `process.run`."""
    sys.exit(process.run(name, lambda configuration: asyncio.run(_until_stopped(main(configuration)))))


async def _until_stopped(work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _stop, task)
    try:
        await task
    except asyncio.CancelledError:
        logging.getLogger(__name__).info("stopped")


def _stop(task: "asyncio.Future[None]") -> None:
    task.cancel()
    # A thread that asks Kafka cannot be told to stop, and the loop would wait for it: nothing it does must end well.
    giving_up = threading.Timer(_GRACE_S, os._exit, [0])
    giving_up.daemon = True
    giving_up.start()
