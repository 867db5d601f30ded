"""A stage's parent: starts it again, ends it, never leaves it behind, and keeps its sockets."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.running_broker import free_ports
from tests.running_node import wait_until
from trapline.node.supervise import CONFIG_DELAY_S, FIRST_DELAY_S, GRACE_S, LONGEST_DELAY_S, next_delay

_SUPERVISE = [sys.executable, "-m", "trapline.node.supervise", "test"]


class Supervised:
    """A supervisor of `python -c CODE`, whose children write to `out`."""

    def __init__(self, out: Path, code: str, *flags: str, **variables: str) -> None:
        self._out = out
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("TRAPLINE_", "LISTEN_"))}
        with out.open("wb") as stdout:
            self.process = psutil.Popen(
                [*_SUPERVISE, *flags, "--", sys.executable, "-u", "-c", code],
                env=clean | variables,
                stdout=stdout,
                stderr=subprocess.PIPE,
            )

    def wait_lines(self, count: int, timeout_s: float = 20) -> list[str]:
        wait_until(lambda: len(self._out.read_text().splitlines()) >= count, timeout_s, f"{count} lines")
        return self._out.read_text().splitlines()

    def child(self) -> psutil.Process:
        wait_until(lambda: len(self.process.children()) == 1, 10, "a child")
        return self.process.children()[0]


Supervise = Callable[..., Supervised]


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervise]:
    made: list[Supervised] = []

    def supervise(code: str, *flags: str, **variables: str) -> Supervised:
        made.append(Supervised(tmp_path / f"{len(made)}.out", code, *flags, **variables))
        return made[-1]

    yield supervise
    for each in made:
        for process in [*each.process.children(), each.process] if each.process.is_running() else []:
            process.kill()
        each.process.communicate()


def test_a_child_that_fails_is_started_again(supervised: Supervise) -> None:
    running = supervised("import os; print(os.getpid()); raise SystemExit(3)")
    pids = running.wait_lines(3)
    assert len(set(pids)) == 3


def test_a_killed_child_is_started_again(supervised: Supervise) -> None:
    running = supervised("import signal, os; print(os.getpid()); signal.pause()")
    running.wait_lines(1)
    running.child().kill()
    assert len(set(running.wait_lines(2))) == 2


def test_a_child_that_ends_with_0_is_done_and_the_supervisor_stays(supervised: Supervise) -> None:
    running = supervised("print('done')")
    running.wait_lines(1)
    assert b"done by design" in running.process.stderr.readline()
    assert not running.process.children()
    assert running.process.poll() is None
    running.process.terminate()
    assert running.process.wait(10) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_lets_the_child_end_in_order(supervised: Supervise, number: int) -> None:
    running = supervised(
        "import signal, sys\n"
        "def stop(*_): print('in order'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop); print('up'); signal.pause()"
    )
    running.wait_lines(1)
    running.process.send_signal(number)
    assert running.process.wait(10) == 0
    assert running.wait_lines(2) == ["up", "in order"]


def test_a_child_that_does_not_end_is_killed_before_crossbar_loses_patience(supervised: Supervise) -> None:
    running = supervised(
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up')\nwhile True: signal.pause()"
    )
    running.wait_lines(1)
    child = running.child()
    running.process.terminate()
    assert running.process.wait(GRACE_S + 3) == 0
    assert not child.is_running()


def test_a_killed_supervisor_leaves_no_orphan(supervised: Supervise) -> None:
    running = supervised("import signal; print('up'); signal.pause()")
    running.wait_lines(1)
    child = running.child()
    running.process.kill()
    assert not psutil.wait_procs([child], 10)[1]


def test_a_command_that_is_not_there_is_said_in_a_sentence() -> None:
    with subprocess.Popen([*_SUPERVISE, "--", "/no/such/program"], stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert b"/no/such/program cannot be started: No such file" in process.stderr.readline()
        assert f"again in {CONFIG_DELAY_S:g} s".encode() in process.stderr.readline()
        process.terminate()


_ONE_DATAGRAM = (
    "import os, socket\n"
    "assert os.environ['LISTEN_FDNAMES'].split(':')[0] == 'trap' and os.environ['LISTEN_PID'] == str(os.getpid())\n"
    "s = socket.socket(fileno=3); s.settimeout(20); print('up'); print(s.recv(99).decode())"
    "; raise SystemExit(1)"
)


def test_while_a_child_restarts_the_kernel_queues(supervised: Supervise) -> None:
    port = free_ports(1)
    running = supervised(_ONE_DATAGRAM, "--udp", TRAPLINE_TRAP_PORT=str(port), TRAPLINE_TRAP_HOSTS="127.0.0.1")
    running.wait_lines(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(4):  # the first ends the first child; no child is there for the rest
            sender.sendto(str(number).encode(), ("127.0.0.1", port))
    assert running.wait_lines(8)[:8] == ["up", "0", "up", "1", "up", "2", "up", "3"]


_DESTINATION = (
    "import socket\n"
    "s = socket.socket(fileno=3); s.settimeout(20); print('up')\n"
    "octets, control, _, _ = s.recvmsg(99, 99); print(octets.decode(), len(control)); raise SystemExit(1)"
)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"], ids=["IPv4", "IPv6"])
def test_a_datagram_before_the_child_says_to_which_address_it_came(supervised: Supervise, host: str) -> None:
    port = free_ports(1)
    to = ("127.0.0.1" if host == "0.0.0.0" else "::1", port)
    running = supervised(_DESTINATION, "--udp", TRAPLINE_TRAP_PORT=str(port), TRAPLINE_TRAP_HOSTS=host)
    running.wait_lines(1)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"a", to)
        sender.sendto(b"b", to)
    assert running.wait_lines(4)[:4] == ["up", "a 1", "up", "b 1"]


def test_every_address_becomes_a_descriptor_in_order(supervised: Supervise) -> None:
    port = free_ports(1)
    running = supervised(
        "import os, socket, signal\n"
        "for fd in range(3, 3 + int(os.environ['LISTEN_FDS'])): print(socket.socket(fileno=fd).getsockname()[0])\n"
        "signal.pause()",
        "--udp",
        TRAPLINE_TRAP_PORT=str(port),
        TRAPLINE_TRAP_HOSTS="127.0.0.1,127.0.0.2,127.0.0.3",
    )
    assert running.wait_lines(3) == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]


def test_a_taken_trap_port_is_a_sentence_and_is_tried_again(supervised: Supervise) -> None:
    port = free_ports(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taker:
        taker.bind(("127.0.0.1", port))
        running = supervised(
            "import signal; print('up'); signal.pause()",
            "--udp",
            TRAPLINE_TRAP_PORT=str(port),
            TRAPLINE_TRAP_HOSTS="127.0.0.1",
        )
        sentence = running.process.stderr.readline().decode()
        assert str(port) in sentence
        assert "TRAPLINE_TRAP_PORT" in sentence
    running.wait_lines(1)


def test_a_supervisor_is_light(supervised: Supervise) -> None:
    running = supervised("import signal; print('up'); signal.pause()")
    running.wait_lines(1)
    assert running.process.memory_info().rss < 20 << 20


@pytest.mark.parametrize(
    ("previous_s", "lived_s", "code", "delay_s"),
    [
        (0, 1, 1, FIRST_DELAY_S),
        (FIRST_DELAY_S, 1, 1, 2 * FIRST_DELAY_S),
        (LONGEST_DELAY_S, 1, -9, LONGEST_DELAY_S),
        (LONGEST_DELAY_S, LONGEST_DELAY_S + 1, 1, FIRST_DELAY_S),
        (0, 1, os.EX_CONFIG, CONFIG_DELAY_S),
        (CONFIG_DELAY_S, 1, 1, FIRST_DELAY_S),
    ],
    ids=["first", "doubles", "bounded", "lived-long", "configuration", "configuration-mended"],
)
def test_the_delay_before_the_next_child(previous_s: float, lived_s: float, code: int, delay_s: float) -> None:
    assert next_delay(previous_s, lived_s, code) == delay_s
