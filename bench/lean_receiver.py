"""`python -m bench.lean_receiver PORT FILE CREDENTIALS BUFFER`: Trapline's sockets and decoder, a file behind them.

Drain first, decode a slice, write it with one call: what ingest does, without spool, Kafka and router.
"""

import gc
import os
import select
import signal
import sys
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from trapline.ingest import sockets
from trapline.ingest.trap_id import TrapIds, new_run
from trapline.snmp import LocalEngine, Security, decode, load

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SLICE: Final = 64


def receive(port: int, out: Path, credentials: Path, buffer: int) -> None:
    """For ever. A datagram that is refused ends it: the generator sends none."""
    (listening,) = sockets.bind(("127.0.0.1",), port)
    sockets.request_receive_buffer(listening, buffer)
    security = Security(load(credentials), LocalEngine(b"bench", 1, time.time()))
    ids = TrapIds(new_run())
    file = os.open(out, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    waiting: deque[tuple[bytes, tuple[str, int], int]] = deque()
    poll = select.poll()
    poll.register(listening, select.POLLIN)
    gc.freeze()
    while True:
        if poll.poll(0 if waiting else None):
            with suppress(BlockingIOError):
                while True:
                    datagram, address = listening.recvfrom(65535)
                    waiting.append((datagram, address, time.time_ns() // 1000))
        lines = []
        for _ in range(min(_SLICE, len(waiting))):
            datagram, (source_addr, source_port), received_us = waiting.popleft()
            notification = decode(datagram, security, received_us / 1e6)
            received_at = _EPOCH + timedelta(microseconds=received_us)
            lines.append(notification.to_json(ids.mint(received_us), received_at, source_addr, source_port))
        lines.append(b"")
        os.write(file, b"\n".join(lines))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    receive(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
