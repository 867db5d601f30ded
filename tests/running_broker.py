"""A real broker for tests: its own home and ports, the jars of the checkout's cache."""

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from trapline.kafka.admin import ensure_topics
from trapline.node import broker, kafka_jars
from trapline.node.supervise import die_with_parent
from trapline.settings import Settings, load

JARS = Path(__file__).resolve().parents[1] / ".trapline" / "jars"


def free_ports(count: int) -> int:
    """The first of `count` neighbouring ports that nobody has, TCP and UDP; below the range the kernel hands out."""
    while True:
        first = random.randrange(20_000, 32_000)
        sockets: list[socket.socket] = []
        try:
            for port in range(first, first + count):
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    sockets.append(socket.socket(socket.AF_INET, kind))
                    sockets[-1].bind(("127.0.0.1", port))
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
        return first


def make_home() -> Path:
    """A new TRAPLINE_HOME with a short path (a Unix socket's holds 108 octets) and the shared jars."""
    home = Path(tempfile.mkdtemp(prefix="tl-", dir="/tmp"))
    JARS.mkdir(parents=True, exist_ok=True)
    (home / "jars").symlink_to(JARS)
    return home


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a process with these settings: home and ports."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("TRAPLINE_", "LISTEN_"))}
    return inherited | {
        "TRAPLINE_HOME": str(settings.home),
        "TRAPLINE_KAFKA_PORT": str(settings.kafka_port),
        "TRAPLINE_TRAP_PORT": str(settings.trap_port),
        "TRAPLINE_WEB_PORT": str(settings.web_port),
        "TRAPLINE_WEB_HOST": "127.0.0.1",
        "TRAPLINE_NODE_NAME": settings.node_name,
    }


class RunningBroker:
    """`settings` and `environment` lead to it; kill it, stop it, start it again with its data."""

    def __init__(self) -> None:
        ports = free_ports(4)
        self.settings = replace(
            load({}), home=make_home(), kafka_port=ports, trap_port=ports + 2, web_port=ports + 3, node_name="test"
        )
        self.environment = environment(self.settings)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "RunningBroker":
        """Returns when it answers."""
        kafka_jars.fetch_missing(JARS, print)
        broker.train(self.settings)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "trapline.node.broker"], env=self.environment, preexec_fn=die_with_parent
        )
        ensure_topics(self.settings, ())
        return self

    @property
    def pid(self) -> int:
        """The broker's own process: it replaces the one that we start."""
        assert self._process
        return self._process.pid

    def kill(self) -> None:
        """kill -9."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """In order, as the supervisor does it."""
        assert self._process
        self._process.terminate()
        self._process.wait(20)

    def close(self) -> None:
        """Ends it and removes its home."""
        self.kill()
        shutil.rmtree(self.settings.home)
