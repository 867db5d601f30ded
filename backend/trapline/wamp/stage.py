"""How a stage with a session starts and ends: settings in, SIGTERM out, a wrong setting said in one sentence."""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Final

from trapline import log, settings
from trapline.protocol.errors import SettingError

EX_CONFIG: Final = 78
"""sysexits.h: the supervisor says the sentence again and backs off for long."""


def run_stage(name: str, main: Callable[[settings.Settings], Awaitable[None]]) -> None:
    """Runs `main` until it ends, or until SIGTERM or SIGINT cancels it (exit code 0)."""
    try:
        loaded = settings.load()
        log.configure(name, loaded.log_level)
        asyncio.run(_until_stopped(main(loaded)))
    except SettingError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EX_CONFIG)


async def _until_stopped(work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        logging.getLogger(__name__).info("stopped")
