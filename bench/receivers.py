"""How many traps a second each receiver takes without losing one: `python -m bench.receivers`.

The generator runs on one core, the receiver on another. A rate is loss-free when every numbered trap of a step is at
the sink, the kernel dropped none, and the receiver had caught up within a tenth of the step after the last one was
sent, so that no buffer was filled instead. The search starts at what the CPU time of a slow step promises, then closes
in.
"""

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench import machine, table, traffic
from bench.contestants import Absent, Contestant, Running, all_of
from trapline.settings import load
from trapline.site import inventory

_QUIET_S = 0.25
_STALLED_S = 3.0
_PATIENCE_S = 15.0
_CLOSE_ENOUGH = 1.12
_DISTURBED = 0.1
_SLOWLY = {"small-v2c": 5_000, "oem-v1": 1_000, "oem-v3": 1_000}
_runs = iter(range(0xB0000001, 0xBFFFFFFF))


class Step(NamedTuple):
    """One rate tried. `late_s`: how long after the last trap was sent the last one arrived; `us`: CPU time per trap.

    `foreign`: the share of the receiver's core that others had meanwhile, so that a disturbed run is known for one.
    """

    rate: float
    sent: int
    arrived: int
    dropped: int
    late_s: float
    us: float
    others_us: dict[str, float]
    is_loss_free: bool
    foreign: float

    def __str__(self) -> str:
        verdict = "loss-free" if self.is_loss_free else "no"
        return (
            f"{self.rate:9,.0f}/s  sent {self.sent:7,}  lost {self.sent - self.arrived:6,}  "
            f"dropped {self.dropped:6,}  late {self.late_s:5.2f} s  {self.us:6.1f} µs  "
            f"others {self.foreign:4.0%}  {verdict}"
        )


def take_step(running: Running, shape: str, site: traffic.Site, rate: float, seconds: float) -> Step:
    """Sends at `rate` for `seconds`, waits for quiet, and counts."""
    run = next(_runs)
    made = traffic.packets(shape, site, run, 0, int(rate * seconds))
    running.sink.begin(run)
    dropped = machine.udp(running.port).dropped
    cpu = {pid: machine.cpu_s(pid) for pid in (running.process.pid, *running.others.values())}
    core = machine.cores()[1]
    began, busy = time.perf_counter(), machine.core_busy_s(core)
    gc.disable()
    took = traffic.send(made, ("127.0.0.1", running.port), rate)
    gc.enable()
    busy_s = machine.core_busy_s(core) - busy
    foreign_s = busy_s - (machine.cpu_s(running.process.pid) - cpu[running.process.pid])
    foreign = max(0.0, foreign_s / (time.perf_counter() - began))
    late_s, arrived = _settle(running, len(made), dropped)
    used = {pid: (machine.cpu_s(pid) - before) * 1e6 / len(made) for pid, before in cpu.items()}
    dropped = machine.udp(running.port).dropped - dropped
    return Step(
        rate=len(made) / took,
        sent=len(made),
        arrived=arrived,
        dropped=dropped,
        late_s=late_s,
        us=used[running.process.pid],
        others_us={name: used[pid] for name, pid in running.others.items()},
        is_loss_free=arrived == len(made) and not dropped and late_s <= max(_QUIET_S, seconds / 10),
        foreign=foreign,
    )


def _settle(running: Running, sent: int, dropped_before: int) -> tuple[float, int]:
    """Waits until nothing more arrives. Returns when the last thing did, in seconds from now, and how many there are.

    Quiet for a moment is enough when every trap is accounted for; otherwise the receiver may only be slow.
    """
    began = grown = counted = time.perf_counter()
    amount, arrived = running.sink.amount(), 0
    while (now := time.perf_counter()) - grown < _STALLED_S:
        if running.process.poll() is not None:
            raise SystemExit(f"the receiver ended by itself with exit code {running.process.returncode}")
        if (amount_now := running.sink.amount()) != amount:
            amount, grown = amount_now, now
        elif now - max(grown, counted) > _QUIET_S:
            arrived, counted = running.sink.distinct(sent), now
            if arrived + machine.udp(running.port).dropped - dropped_before >= sent:
                break
        if now - began > _PATIENCE_S:
            break
        time.sleep(0.01)  # noqa: TID251  (a poll's interval, bounded above)
    return grown - began, arrived


def search(running: Running, shape: str, site: traffic.Site, seconds: float, steps: int) -> Iterator[Step]:
    """The steps of a search, the slow one first."""
    slow = take_step(running, shape, site, _SLOWLY[shape], min(seconds, 1))
    yield slow
    rate, good, bad = 0.9e6 / slow.us, 0.0, 0.0
    for _ in range(steps):
        step = take_step(running, shape, site, rate, seconds)
        yield step
        if step.is_loss_free:
            good = max(good, step.rate)
            if step.rate < rate * 0.97:
                return  # the generator is at its end: what it reached is what can be said
        else:
            bad = min(bad, rate) if bad else rate
        if good and bad and bad / good < _CLOSE_ENOUGH:
            return
        rate = next_rate(good, bad, 0.9e6 / step.us)


def next_rate(good: float, bad: float, promised: float) -> float:
    """Between the best loss-free rate and the lowest lossy one (0: none yet); else on from the one that is known."""
    if good and bad:
        return (good * bad) ** 0.5  # type: ignore[no-any-return]  # float ** float may be complex to mypy
    return bad / 1.3 if bad else max(good * 1.3, promised)


def _await_readiness(running: Running, shape: str, site: traffic.Site) -> None:
    """Sends a few traps at a time until one is at the sink."""
    deadline = time.monotonic() + 30
    while True:
        if running.process.poll() is not None:
            raise SystemExit(f"the receiver ended by itself with exit code {running.process.returncode}")
        if machine.udp(running.port).is_bound and take_step(running, shape, site, 200, 0.5).is_loss_free:
            return
        if time.monotonic() > deadline:
            raise SystemExit("the receiver took no trap in 30 s")


def measure(
    contestant: Contestant, shape: str, site: traffic.Site, seconds: float, steps: int
) -> tuple[list[str], float]:
    """One row of the table, and the largest share of the core that others had."""
    print(f"\n{contestant.name} → {contestant.sink}, {shape}", flush=True)
    with tempfile.TemporaryDirectory(prefix="tlb-", dir="/dev/shm") as scratch:
        try:
            running = contestant.start(Path(scratch), machine.cores()[1])
        except Absent as absent:
            print(f"  {absent}")
            return [contestant.name, contestant.sink, "not here", "", ""], 0.0
        try:
            _await_readiness(running, shape, site)
            tried = []
            for step in search(running, shape, site, seconds, steps):
                print(f"  {step}", flush=True)
                tried.append(step)
            rss = machine.memory(running.process.pid).rss
        except SystemExit as end:
            for words in Path(scratch).glob("*.words"):
                print(words.read_text(errors="replace")[-2000:])
            raise SystemExit(f"{contestant.name}: {end}") from None
        finally:
            running.close()
    best = max((step for step in tried if step.is_loss_free), key=lambda step: step.rate, default=None)
    foreign = max(step.foreign for step in tried)
    if best is None:
        return [contestant.name, contestant.sink, "none found", f"{tried[-1].us:.1f}", f"{rss:.0f}"], foreign
    at_least = "" if any(step.rate > best.rate for step in tried) else "≥ "  # no rate was too high
    us = f"{best.us:.1f}" + "".join(f" + {value:.1f} {name}" for name, value in best.others_us.items())
    return [contestant.name, contestant.sink, f"{at_least}{best.rate:,.0f}", us, f"{rss:.0f}"], foreign


def main() -> None:
    """Prints the table of each shape, and with --write puts them into bench/README.md."""
    parser = argparse.ArgumentParser(prog="python -m bench.receivers", description=__doc__.partition("\n")[0])
    parser.add_argument("--shapes", nargs="+", choices=traffic.SHAPES, default=["small-v2c", "oem-v1"])
    parser.add_argument("--only", default="", help="receivers whose name contains this")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a step (the table in README: 5)")
    parser.add_argument("--steps", type=int, default=5, help="most steps of a search")
    parser.add_argument("--write", action="store_true", help="put the tables into bench/README.md")
    asked = parser.parse_args()
    site = traffic.Site.of(inventory.load(load().site))
    os.sched_setaffinity(0, {machine.cores()[0]})
    parts = []
    foreign = 0.0
    for shape in asked.shapes:
        measured = [
            measure(each, shape, site, asked.seconds, asked.steps)
            for each in all_of(shape)
            if asked.only.lower() in each.name.lower()
        ]
        size = len(traffic.packets(shape, site, next(_runs), 0, 1)[0])
        head = (f"{shape} ({size:,} octets)", "sink", "loss-free/s", "µs CPU a trap", "MB RSS")
        parts.append(table.markdown(head, [row for row, _ in measured]))
        foreign = max([foreign, *(share for _, share in measured)])
    if foreign > _DISTURBED:
        parts.append(f"Disturbed: other processes had up to {foreign:.0%} of the receiver's core.")
    text = table.stamped("\n\n".join(parts))
    print(f"\n{text}")
    if asked.write:
        table.write("receivers", text)


if __name__ == "__main__":
    main()
