"""The process of a stage that needs no event loop: settings, log, signals, exit codes."""

import logging
import os
import signal
import threading
from collections.abc import Callable

from trapline import log, settings
from trapline.protocol.errors import SettingError, TraplineError
from trapline.settings import Settings

_SIGNALS = {signal.SIGTERM, signal.SIGINT}
# The supervisor kills after 6 s. A stage that waits for a broker that is away cannot be asked to hurry; its open
# transaction is aborted by whoever comes next, so ending without ceremony loses nothing.
_GRACE_S = 4.0


def main(stage: str, work: Callable[[Settings, threading.Event], None]) -> int:
    """Runs `work` until TERM or INT sets the event. 0 then; 78 for a wrong setting; 1 for what a restart may mend."""
    stop = threading.Event()
    # A thread of its own: a call into librdkafka may keep this one for half a minute, deaf to signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    threading.Thread(target=_await_signal, args=[stop], daemon=True).start()
    log.configure(stage, "info")
    try:
        configuration = settings.load()
        log.configure(stage, configuration.log_level)
        work(configuration, stop)
    except TraplineError as error:
        logging.getLogger(f"trapline.{stage}").error("%s", error)  # noqa: TRY400  (the sentence says it all)
        return os.EX_CONFIG if isinstance(error, SettingError) else 1
    return 0


def _await_signal(stop: threading.Event) -> None:
    signal.sigwait(_SIGNALS)
    stop.set()
    threading.Event().wait(_GRACE_S)  # the process ends meanwhile, and this thread with it
    os._exit(0)
