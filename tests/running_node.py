"""A whole node for tests: `trapline start` with a home and ports of its own."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil

from tests.running_broker import JARS, environment, free_ports, make_home
from trapline.node import broker, kafka_jars, probe
from trapline.node.supervise import die_with_parent
from trapline.settings import Settings, load


def wait_until(condition: Callable[[], bool], timeout_s: float = 30, what: str = "") -> float:
    """Seconds until the condition held; an AssertionError that says `what` when it did not in time."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < timeout_s, f"not within {timeout_s:g} s: {what or condition}"
        threading.Event().wait(0.05)
    return time.monotonic() - started


class RunningNode:
    """`settings` and `environment` lead to it. `url` is the wall, `trap_port` takes traps."""

    def __init__(self, **variables: str) -> None:
        ports = free_ports(4)
        self.settings: Settings = replace(
            load({}),
            home=make_home(),
            web_host="127.0.0.1",
            kafka_port=ports,
            trap_port=ports + 2,
            web_port=ports + 3,
            node_name="test",
        )
        self.environment = environment(self.settings) | variables
        self.url = f"http://127.0.0.1:{self.settings.web_port}/"
        self.trap_port = self.settings.trap_port
        self.ready_after_s = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "RunningNode":
        """Returns when it is ready."""
        kafka_jars.fetch_missing(JARS, print)
        broker.train(self.settings)
        with (self.settings.home / "start.log").open("ab") as output:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).with_name("trapline")), "start"],
                env=self.environment,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent,
            )
        self.ready_after_s = self.wait_ready()
        return self

    def wait_ready(self, timeout_s: float = 60) -> float:
        """Seconds until `trapline.api.grid.get` answers a browser."""
        started = time.monotonic()

        def is_over(seconds: float) -> bool:
            assert self._process
            assert self._process.poll() is None, f"the node ended: {self.log()[-2000:]}"
            threading.Event().wait(seconds)
            return time.monotonic() - started > timeout_s

        answers = probe.wait_for_grid("127.0.0.1", self.settings.web_port, is_over)
        assert answers, f"not ready within {timeout_s:g} s: {self.log()[-2000:]}"
        return time.monotonic() - started

    def log(self) -> str:
        """What the node said so far."""
        texts = [path.read_text(errors="replace") for path in self.settings.home.glob("*.log")]
        return "\n".join(texts)

    def processes(self) -> list[psutil.Process]:
        """`trapline start` and everything below it."""
        assert self._process
        root = psutil.Process(self._process.pid)
        return [root, *root.children(recursive=True)]

    def process(self, name: str) -> psutil.Process:
        """By name: a stage or `broker`, `router`, `controller`, `start`, or `supervise NAME`."""
        for process in self.processes():
            words = process.cmdline()
            if _name_of(words) == name:
                return process
        raise AssertionError(f"no process {name}")

    def kill(self, name: str) -> None:
        """kill -9."""
        self.process(name).send_signal(signal.SIGKILL)

    def is_running(self, name: str, other_than: int = 0) -> bool:
        """True when there is such a process, and it is not the one with that id."""
        try:
            return int(self.process(name).pid) != other_than
        except (AssertionError, psutil.NoSuchProcess):
            return False

    def stop(self, number: int = signal.SIGINT) -> int:
        """As Ctrl-C does. Returns the exit code."""
        assert self._process
        self._process.send_signal(number)
        return self._process.wait(30)

    def close(self) -> None:
        """Ends it and removes its home."""
        if self._process and self._process.poll() is None:
            self.stop()
        shutil.rmtree(self.settings.home)


def _name_of(words: list[str]) -> str:
    if not words:
        return ""
    title = words[0]
    if title.startswith("crossbar-controller"):
        return "controller"
    if title.startswith("crossbar-worker"):
        return "router"
    if os.path.basename(title) == "java":
        return "broker"
    if "trapline.node.supervise" in words:
        return f"supervise {words[words.index('trapline.node.supervise') + 1]}"
    if "-m" in words:
        return words[words.index("-m") + 1].removeprefix("trapline.")
    return "start" if words[-1] == "start" else ""
