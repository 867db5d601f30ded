"""How a stage with a session starts and ends: settings in, SIGTERM out, a wrong setting said in one sentence."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable

from trapline import log, settings
from trapline.protocol.errors import SettingError


def run_stage(name: str, main: Callable[[settings.Settings], Awaitable[None]]) -> None:
    """Runs `main` until it ends, or until SIGTERM or SIGINT cancels it (exit code 0)."""
    try:
        loaded = settings.load()
        log.configure(name, loaded.log_level)
        asyncio.run(_until_stopped(main(loaded)))
    except SettingError as error:
        # As the log would say it, which may not be configured yet: the console shows no other lines.
        sys.stderr.write(f"ERROR {name}: {error}\n")
        sys.exit(os.EX_CONFIG)  # the supervisor says the sentence again and backs off for long


async def _until_stopped(work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        logging.getLogger(__name__).info("stopped")
