"""Keeps `crossbar start` running: the node is whole, or it is started again.

  Crossbar ends with 0         somebody said `crossbar stop`: we end too
  Crossbar ends otherwise      (a worker died, or it was killed) again at once, then after 0.5 s, doubled up to 10 s
  a child of it is gone        (router or a guest's supervisor) Crossbar would half-live: the whole node starts again
  INT or TERM comes            Crossbar gets INT (in order) and 12 s, then its whole process group KILL
  before it starts again       2 s instead of 12: stages survive being killed, a wall that is dark helps nobody
  this process is killed       the kernel sends Crossbar INT (PR_SET_PDEATHSIG)

Crossbar and all its guests are one process group, so that "no process is left" can be seen and is not a hope.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from trapline.node import probe
from trapline.node.console import Console
from trapline.node.supervise import die_with_parent
from trapline.settings import Settings

STOP_S, GIVE_UP_S = 12.0, 2.0
FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 10.0
LOOK_S = 0.25
# A node that never came up and dies this often by itself will not come up.
HOPELESS = 3
_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGCHLD}


def workers_of(controller: int) -> set[str]:
    """Names of Crossbar's children that are there: guests by their supervisors, and `router`. From /proc."""
    names = set()
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{controller}/task/{controller}/children").read_text("ascii").split()
        for child in children:
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                if b"trapline.node.supervise" in words:
                    names.add(words[words.index(b"trapline.node.supervise") + 1].decode())
                elif words[0].startswith(b"crossbar-worker"):
                    names.add("router")
    return names


class Lifecycle:
    """One node, from start to stop."""

    def __init__(self, settings: Settings, directory: Path, workers: set[str], console: Console) -> None:
        self._settings = settings
        self._directory = directory
        self._workers = workers
        self._console = console
        self._say = console.say
        self._is_stopping = False
        self._is_told_to_stop = False
        self._was_ready = False

    def run(self) -> int:
        """Exit code: 0 when stopped on purpose."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        delay, failures = 0.0, 0
        while True:
            started = time.monotonic()
            code = self._run_once()
            if self._is_stopping:
                return 0
            if code == 0:
                self._say("the node was stopped by `crossbar stop`")
                return 0
            failures += 1
            if not self._was_ready and failures >= HOPELESS:
                self._say(
                    f"the node ended {failures} times before it was ready; {self._settings.home}/node.log says why"
                )
                return 1
            if time.monotonic() - started > LONGEST_DELAY_S * 3:
                delay = 0.0
            self._say(f"the node ended (code {code}); starting it again in {delay:g} s")
            self._wait(delay)
            if self._is_stopping:
                return 0
            delay = min(max(delay * 2, FIRST_DELAY_S), LONGEST_DELAY_S)

    def _run_once(self) -> int:
        started = time.monotonic()
        self._is_told_to_stop = False
        self._console.coming_up()
        process = self._start()
        threading.Thread(target=self._pump, args=(process,), daemon=True).start()
        ended = threading.Event()
        threading.Thread(target=self._announce, args=(started, ended), daemon=True).start()
        code = self._watch(process)
        ended.set()
        self._console.going_down()
        if self._is_stopping:
            self._say("stopping")
        self._end(process, STOP_S if self._is_stopping or code == 0 else GIVE_UP_S)
        return code

    def _watch(self, process: "subprocess.Popen[bytes]") -> int:
        """Until Crossbar ends, or is to end: its exit code, or 1."""
        was_whole, missing_before = False, set[str]()
        while not self._is_stopping:
            self._wait(LOOK_S)
            code = process.poll()
            if code is not None:
                return code
            missing = self._workers - workers_of(process.pid)
            was_whole = was_whole or not missing
            # Twice in a row: a look at /proc is no snapshot.
            lost = missing & missing_before
            if was_whole and lost and not self._is_told_to_stop:
                self._say(f"{', '.join(sorted(lost))}: the process under Crossbar is gone")
                return 1
            missing_before = missing
        return 0

    def _start(self) -> "subprocess.Popen[bytes]":
        def prepare() -> None:
            os.setsid()
            die_with_parent(signal.SIGINT)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

        return subprocess.Popen(  # noqa: S603  (our own virtual environment's crossbar)
            [
                str(Path(sys.executable).with_name("crossbar")),
                *("start", "--cbdir", str(self._directory), "--color", "false", "--loglevel", "info"),
            ],
            cwd=self._directory.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=prepare,  # noqa: PLW1509  (no thread of ours holds a lock that it needs)
        )

    def _pump(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if b"Controller received SIGINT" in line:  # `crossbar stop`: from now on children go in order
                self._is_told_to_stop = True
                self._console.going_down()
            self._console.line(line.decode("utf-8", "replace").rstrip())

    def _announce(self, started: float, ended: threading.Event) -> None:
        host = "127.0.0.1" if self._settings.web_host in {"0.0.0.0", "::"} else self._settings.web_host  # noqa: S104  (compared, not bound)
        if probe.wait_for_grid(host, self._settings.web_port, ended.wait):
            self._was_ready = True
            self._console.ready(time.monotonic() - started)

    def _end(self, process: "subprocess.Popen[bytes]", patience_s: float) -> None:
        """Crossbar in order; then nothing of its group may be left, whatever it takes."""
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + patience_s
        while _group_lives(process) and time.monotonic() < deadline:
            self._wait(0.1)
        if _group_lives(process):
            self._say(f"not everything ended within {patience_s:g} s; killing the rest")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _wait(self, timeout_s: float) -> None:
        """Until a signal comes or the time is over."""
        info = signal.sigtimedwait(_SIGNALS, timeout_s)
        if info is not None and info.si_signo != signal.SIGCHLD:
            self._is_stopping = True


def _group_lives(process: "subprocess.Popen[bytes]") -> bool:
    process.poll()  # a zombie of ours would count as living
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True
