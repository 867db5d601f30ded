"""The process of a stage: settings, log, signals, and what is wrong in one sentence with an exit code."""

import os
import signal
import sys
import threading
from collections.abc import Callable

from trapline import log, settings
from trapline.protocol.errors import SettingError, TraplineError
from trapline.settings import Settings

_SIGNALS = {signal.SIGTERM, signal.SIGINT}
# The supervisor kills after 6 s. A stage that waits for a broker that is away cannot be asked to hurry; its open
# transaction is aborted by whoever comes next, so ending without ceremony loses nothing.
_GRACE_S = 4.0


def run(stage: str, work: Callable[[Settings], None]) -> int:
    """Settings and log, then `work`. Returns 0; 78 (EX_CONFIG) for a wrong setting; 1 for what a restart may mend.

    The sentence goes to standard error as the log would say it, which may not be configured yet.
    """
    try:
        configuration = settings.load()
        log.configure(stage, configuration.log_level)
        work(configuration)
    except TraplineError as error:
        print(f"ERROR {stage}: {error}", file=sys.stderr, flush=True)
        return os.EX_CONFIG if isinstance(error, SettingError) else 1
    return 0


def run_blocking(stage: str, work: Callable[[Settings, threading.Event], None]) -> int:
    """A stage without an event loop: `work` ends when TERM or INT has set the event. Returns as `run` does."""
    stop = threading.Event()
    # A thread of its own: a call into librdkafka may keep this one for half a minute, deaf to signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    threading.Thread(target=_await_signal, args=[stop], daemon=True).start()
    return run(stage, lambda configuration: work(configuration, stop))


def _await_signal(stop: threading.Event) -> None:
    signal.sigwait(_SIGNALS)
    stop.set()
    threading.Event().wait(_GRACE_S)  # the process ends meanwhile, and this thread with it
    os._exit(0)
