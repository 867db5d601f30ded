"""The process of a stage that needs no event loop: settings, log, signals, exit codes."""

import logging
import os
import signal
import threading
from collections.abc import Callable

from trapline import log, settings
from trapline.protocol.errors import SettingError, TraplineError
from trapline.settings import Settings


def main(stage: str, work: Callable[[Settings, threading.Event], None]) -> int:
    """Runs `work` until TERM or INT sets the event. 0 then; 78 for a wrong setting; 1 for what a restart may mend."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log.configure(stage, "info")
    try:
        configuration = settings.load()
        log.configure(stage, configuration.log_level)
        work(configuration, stop)
    except TraplineError as error:
        logging.getLogger(f"trapline.{stage}").error("%s", error)  # noqa: TRY400  (the sentence says it all)
        return os.EX_CONFIG if isinstance(error, SettingError) else 1
    return 0
