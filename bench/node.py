"""How soon the node is ready, and what it holds in memory: `python -m bench.node`.

Cold: an empty home, the jars and the JVM's ahead-of-time cache there. Warm: the same home again. Ready: the grid is
answered to an anonymous browser. Memory: at rest, and after a minute of 100 OEM traps a second.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from bench import machine, table, traffic
from tests.running_node import RunningNode
from trapline.settings import load
from trapline.site import inventory

_REST_S = 5
_RATE = 100
_WARM_STARTS = 3


def _start_s(node: RunningNode) -> float:
    began = time.monotonic()
    node.start()
    return time.monotonic() - began


def _label(pid: int) -> str:
    """What the process is in our words: a stage's module, the broker, the router, a supervisor."""
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    title = " ".join(words)
    if "kafka.Kafka" in words:
        return "broker (JVM)"
    if "trapline.node.supervise" in words:
        return "supervisors"
    if "-m" in words:
        return words[words.index("-m") + 1].removeprefix("trapline.")
    if "crossbar" in title:
        return "router" if "worker" in title else "crossbar's controller"
    return "trapline start"


def memory(node: RunningNode) -> dict[str, machine.Memory]:
    """MB by name; the supervisors together."""
    held: dict[str, machine.Memory] = {}
    for process in node.processes():
        name, now = _label(process.pid), machine.memory(process.pid)
        before = held.get(name, machine.Memory(0, 0))
        held[name] = machine.Memory(before.rss + now.rss, before.pss + now.pss)
    return held


def _memory_table(rest: Mapping[str, machine.Memory], loaded: Mapping[str, machine.Memory]) -> str:
    none = machine.Memory(0, 0)
    rows = [
        [name, *(f"{value:.0f}" for value in (*rest.get(name, none), *loaded.get(name, none)))]
        for name in sorted(rest.keys() | loaded.keys(), key=lambda name: -loaded.get(name, none).pss)
    ]
    sums = [sum(each[at] for each in held.values()) for held in (rest, loaded) for at in (0, 1)]
    rows.append(["all", *(f"{value:.0f}" for value in sums)])
    head = ("process", "RSS at rest, MB", "PSS at rest", "RSS loaded", "PSS loaded")
    return table.markdown(head, rows)


def measure(seconds: float) -> str:
    """Both tables."""
    site = traffic.Site.of(inventory.load(load().site))
    with tempfile.TemporaryDirectory(prefix="tlb-") as scratch:
        node = RunningNode(TRAPLINE_SNMP_CREDENTIALS=str(traffic.write_credentials(Path(scratch))))
        try:
            cold = _start_s(node)
            print(f"cold start: ready after {cold:.1f} s", flush=True)
            warm = []
            for _ in range(_WARM_STARTS):
                node.stop()
                warm.append(_start_s(node))
                print(f"warm start: ready after {warm[-1]:.1f} s", flush=True)
            time.sleep(_REST_S)  # noqa: TID251  ("at rest" is a time)
            rest = memory(node)
            made = traffic.packets("oem-v1", site, 0xB0000001, 0, int(_RATE * seconds))
            traffic.send(made, ("127.0.0.1", node.trap_port), _RATE)
            loaded = memory(node)
        finally:
            node.close()
    starts = table.markdown(
        ("start", "ready after, s"),
        [["cold", f"{cold:.1f}"], [f"warm (median of {_WARM_STARTS})", f"{statistics.median(warm):.1f}"]],
    )
    return f"{starts}\n\n{_memory_table(rest, loaded)}"


def main() -> None:
    """Prints the tables, and with --write puts them into bench/README.md."""
    parser = argparse.ArgumentParser(prog="python -m bench.node", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the load lasts")
    parser.add_argument("--write", action="store_true", help="put the tables into bench/README.md")
    asked = parser.parse_args()
    text = table.stamped(measure(asked.seconds))
    print(f"\n{text}")
    if asked.write:
        table.write("node", text)


if __name__ == "__main__":
    main()
