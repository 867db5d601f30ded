"""What the kernel says about a process, a socket and this machine. Linux only, as the benchmarks are."""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from trapline.node.supervise import die_with_parent

_TICKS = os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int, int]:
    """(the generator's core, the receiver's core); the same one twice where there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def start(
    command: Sequence[str], core: int | None, log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """A process on one core (None: wherever it likes), its words in `log`; it dies with us."""

    def before() -> None:
        die_with_parent()
        if core is not None:
            os.sched_setaffinity(0, {core})

    with log.open("ab") as words:
        # preexec_fn and threads: there are none of ours yet, and `before` makes two system calls.
        return subprocess.Popen(command, stdout=words, stderr=words, env=environment, preexec_fn=before)  # noqa: PLW1509


def stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and after 10 s SIGKILL."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def cpu_s(pid: int) -> float:
    """User and system time of a process so far, its threads included, its children not."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def core_busy_s(core: int) -> float:
    """Time that a core worked so far, for whomever; time stolen by other virtual machines included."""
    for line in Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            user, nice, system, _idle, _iowait, irq, softirq, steal, *_ = map(int, line.split()[1:])
            return (user + nice + system + irq + softirq + steal) / _TICKS
    raise ValueError(f"/proc/stat has no core {core}")


class Memory(NamedTuple):
    """MB (2^20). PSS shares out what several processes map, so a sum of it is true; a sum of RSS is not."""

    rss: float
    pss: float


def memory(pid: int) -> Memory:
    """From smaps_rollup; nothing for a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except (FileNotFoundError, ProcessLookupError):
        return Memory(0, 0)
    kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return Memory(kilobytes.get("Rss", 0) / 1024, kilobytes.get("Pss", 0) / 1024)


class Udp(NamedTuple):
    """Of all sockets on a port: datagrams dropped since they were made, octets that wait."""

    is_bound: bool
    dropped: int
    waiting: int


def udp(port: int) -> Udp:
    """From /proc/net/udp and udp6."""
    found = []
    for table in ("/proc/net/udp", "/proc/net/udp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) == port:
                found.append((int(fields[-1]), int(fields[4].rpartition(":")[2], 16)))
    return Udp(bool(found), sum(dropped for dropped, _ in found), sum(waiting for _, waiting in found))


def description() -> str:
    """One line on what this ran on."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores of {model}, Linux {platform.release()}, Python {platform.python_version()}, "
        f"load {load:.1f}"
    )
