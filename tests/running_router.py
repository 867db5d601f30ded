"""The node's router alone: the committed wiring without its guests, so that a test starts the stages it wants."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from tests.foreign_client import ForeignClient
from tests.running_broker import environment, free_ports, make_home
from trapline.node import wiring
from trapline.node.supervise import die_with_parent
from trapline.settings import Settings, load

_CROSSBAR = Path(sys.executable).with_name("crossbar")


class RunningRouter:
    """`settings` and `environment` lead to it. Kill it and start it again."""

    def __init__(self, kafka: Settings, *, allowed_origins: tuple[str, ...] = ()) -> None:
        """A router for stages that use the broker of `kafka`."""
        self.settings = replace(
            load({}),
            home=make_home(),
            web_host="127.0.0.1",
            web_port=free_ports(1),
            kafka_bootstrap=kafka.bootstrap_servers,
            node_name="test",
            allowed_origins=allowed_origins,
        )
        (self.settings.home / "secrets").mkdir(mode=0o700)
        (self.settings.home / "secrets" / "router").write_text(secrets.token_hex(16))
        self.settings.run_dir.mkdir(mode=0o700)
        self.environment = environment(self.settings) | {
            "TRAPLINE_KAFKA_BOOTSTRAP": kafka.bootstrap_servers,
        }
        self._directory = self.settings.home / "node"
        self._directory.mkdir()
        config = wiring.wire(wiring.read_committed(), self.settings, load({}))
        config["workers"] = [worker for worker in config["workers"] if worker["type"] == "router"]
        (self._directory / "config.json").write_text(json.dumps(config))
        self._process: subprocess.Popen[bytes] | None = None
        self._stages: list[subprocess.Popen[bytes]] = []

    def start(self) -> "RunningRouter":
        """Returns when a foreign client can join."""
        with (self.settings.home / "router.log").open("ab") as log:
            self._process = subprocess.Popen(
                [_CROSSBAR, "start", "--cbdir", self._directory],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                ForeignClient(self.settings.web_port).close()
            except OSError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise AssertionError((self.settings.home / "router.log").read_text()[-4000:]) from None
                # Each round waits for the operating system to refuse or the router to answer.
                _wait_for_exit(self._process, 0.1)
            else:
                return self

    def stage(self, name: str, *, stderr: int | None = None, **variables: str) -> subprocess.Popen[bytes]:
        """Starts `python -m trapline.NAME` against this router."""
        process = subprocess.Popen(
            [sys.executable, "-m", f"trapline.{name}"],
            env=self.environment | variables,
            stderr=stderr,
            preexec_fn=die_with_parent,
        )
        self._stages.append(process)
        return process

    def kill(self) -> None:
        """kill -9 of the controller and the router's worker."""
        assert self._process
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def freeze(self) -> None:
        """The router's processes stand still: nothing is read, nothing is closed."""
        assert self._process
        os.killpg(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """They go on."""
        assert self._process
        os.killpg(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """In order: its clients hear goodbye."""
        assert self._process
        subprocess.run(
            [_CROSSBAR, "stop", "--cbdir", self._directory], env=self.environment, check=True, capture_output=True
        )
        self._process.wait(20)

    def close(self) -> None:
        """Ends the stages and the router, and removes its home."""
        for process in self._stages:
            process.kill()
            process.wait()
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.settings.home)


def _wait_for_exit(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return
