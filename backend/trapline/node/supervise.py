"""The parent of every guest: `python -m trapline.node.supervise NAME [--udp] -- COMMAND…`

Crossbar starts guests and never again looks at them; this process does. Standard library only and light, because one
runs per stage. Its rules:

  the child ends           a new one after 0.25 s, doubled up to 10 s while children die young
  the child ends with 0    it is done by design: stay, so that Crossbar does not see a failure, and start nothing
  the child ends with 78   EX_CONFIG of sysexits.h, a setting is wrong: it may say its sentence again after 30 s
  TERM or INT comes        the child gets TERM and 6 s (Crossbar gives up on us after 10), then KILL
  this process is killed   the kernel sends the child TERM (PR_SET_PDEATHSIG); us too, when our own parent is killed

With --udp the trap sockets are bound here, once, and every child inherits them as sd_listen_fds(3) says (LISTEN_FDS,
LISTEN_FDNAMES, LISTEN_PID, descriptors from 3): while a child restarts, the kernel queues. Sockets that systemd gave to
this process are passed on in the same way.
"""

import ctypes
import errno
import os
import signal
import socket
import sys
import time

from trapline import udp

FIRST_DELAY_S, LONGEST_DELAY_S, CONFIG_DELAY_S = 0.25, 10.0, 30.0
GRACE_S = 6.0
FIRST_DESCRIPTOR = 3
_PR_SET_PDEATHSIG = 1
_NO_SUCH_FAMILY = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
_libc = ctypes.CDLL(None)  # before any fork: a child between fork and exec should not import


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """For a child between fork and exec: signal me when my parent dies."""
    _libc.prctl(_PR_SET_PDEATHSIG, number)


def next_delay(previous_s: float, lived_s: float, code: int) -> float:
    """Seconds until the next child, after one that lived `lived_s` and ended with `code`."""
    if code == os.EX_CONFIG:
        return CONFIG_DELAY_S
    if lived_s > LONGEST_DELAY_S or previous_s in {0, CONFIG_DELAY_S}:
        return FIRST_DELAY_S
    return min(previous_s * 2, LONGEST_DELAY_S)


class TrapSockets:
    """The sockets of --udp: systemd's, or bound here at the first child."""

    def __init__(self, name: str) -> None:
        self._name = name
        count = int(os.environ.get("LISTEN_FDS", "0")) if os.environ.get("LISTEN_PID") == str(os.getpid()) else 0
        self.sockets = [socket.socket(fileno=FIRST_DESCRIPTOR + index) for index in range(count)]

    def bind_missing(self) -> bool:
        """Binds every address of TRAPLINE_TRAP_HOSTS. False, and a sentence, when one cannot be had now."""
        if self.sockets:
            return True
        from trapline.protocol.errors import SettingError
        from trapline.settings import load

        try:
            settings = load()
        except SettingError:
            return True  # the child meets the same error, says it, and ends with 78
        bound = []
        for host in settings.trap_hosts:
            try:
                bound.append(udp.bind(host, settings.trap_port, settings.receive_buffer_bytes))
            except OSError as error:
                if error.errno in _NO_SUCH_FAMILY and len(settings.trap_hosts) > 1:
                    say(self._name, f"this host has no address {host} ({error.strerror}); going on without it")
                    continue
                for each in bound:
                    each.close()
                say(
                    self._name,
                    f"UDP port {settings.trap_port} on {host} cannot be had ({error.strerror}); stop what has it, or "
                    "set TRAPLINE_TRAP_PORT or TRAPLINE_TRAP_HOSTS",
                )
                return False
        self.sockets = bound
        return True


def say(name: str, sentence: str) -> None:
    """One line to stderr, which Crossbar puts into its log."""
    print(f"WARNING supervise {name}: {sentence}", file=sys.stderr, flush=True)


def _become(command: list[str], sockets: list[socket.socket], parent: int) -> None:
    """The child after fork: place the sockets, then exec. Never returns."""
    try:
        die_with_parent()
        if os.getppid() != parent:  # it died before prctl
            os._exit(1)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("LISTEN_")}
        if sockets:
            environment["LISTEN_FDS"] = str(len(sockets))
            environment["LISTEN_FDNAMES"] = ":".join(["trap"] * len(sockets))
            environment["LISTEN_PID"] = str(os.getpid())
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        # Out of the way of 3, 4, … first, then into place; dup2 makes the last copy inheritable.
        clear = FIRST_DESCRIPTOR + len(sockets) + max((each.fileno() for each in sockets), default=0)
        high = [os.dup2(each.fileno(), clear + index, inheritable=False) for index, each in enumerate(sockets)]
        for index, descriptor in enumerate(high):
            os.dup2(descriptor, FIRST_DESCRIPTOR + index)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        os.execvpe(command[0], command, environment)  # noqa: S606  (the command is the wiring diagram's)
    except OSError as error:
        print(f"ERROR supervise: {command[0]} cannot be started: {error.strerror}", file=sys.stderr, flush=True)
    os._exit(os.EX_CONFIG)


class Supervisor:
    """Keeps one child running until it is told to stop."""

    def __init__(self, name: str, command: list[str], udp: TrapSockets | None) -> None:
        self._name = name
        self._command = command
        self._udp = udp
        self._child = 0
        self._code: int | None = None
        self._stopping = False

    def run(self) -> int:
        """Returns when it was told to stop and the child is gone."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        delay = 0.0
        while not self._stopping:
            started = time.monotonic()
            code = self._one_child()
            if self._stopping:
                break
            if code == 0:
                say(self._name, "done by design; nothing is started again")
                self._wait(None)
                break
            delay = next_delay(delay, time.monotonic() - started, code)
            why = f"killed by signal {-code}" if code < 0 else f"ended with code {code}"
            say(self._name, f"{why}; again in {delay:g} s")
            self._wait(delay)
        return 0

    def _one_child(self) -> int:
        """Exit code, or minus the signal that ended it."""
        if self._udp and not self._udp.bind_missing():
            return 1
        self._code, parent = None, os.getpid()
        self._child = os.fork()
        if self._child == 0:
            _become(self._command, self._udp.sockets if self._udp else [], parent)
        self._wait(None)
        if self._code is None:
            os.kill(self._child, signal.SIGTERM)
            self._wait(GRACE_S)
        if self._code is None:
            say(self._name, f"the child did not end within {GRACE_S:g} s; killed")
            os.kill(self._child, signal.SIGKILL)
            self._wait(None)
        assert self._code is not None
        return self._code

    def _wait(self, timeout_s: float | None) -> None:
        """Until the child ends, a first order to stop comes, or the time is over."""
        ordered, ended = self._stopping, self._code
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while self._stopping == ordered and self._code == ended:
            if deadline is None:
                number = signal.sigwait(_SIGNALS)
            else:
                info = signal.sigtimedwait(_SIGNALS, max(0.0, deadline - time.monotonic()))
                if info is None:
                    return
                number = signal.Signals(info.si_signo)
            if number == signal.SIGCHLD:
                self._reap()
            else:
                self._stopping = True

    def _reap(self) -> None:
        try:
            pid, status = os.waitpid(self._child, os.WNOHANG)
        except ChildProcessError:
            return
        if pid:
            self._code = os.waitstatus_to_exitcode(status)


def main(arguments: list[str]) -> int:
    """Supervises until told to stop."""
    if "--" not in arguments[1:-1]:
        print("usage: python -m trapline.node.supervise NAME [--udp] -- COMMAND…", file=sys.stderr)
        return 64
    split = arguments.index("--")
    name, command = arguments[0], arguments[split + 1 :]
    parent = os.getppid()
    die_with_parent()
    if os.getppid() != parent:
        return 1
    udp = TrapSockets(name) if "--udp" in arguments[1:split] else None
    return Supervisor(name, command, udp).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
