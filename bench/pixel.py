"""From a trap on the wire to a changed pixel: `python -m bench.pixel`.

A whole node, the sample site's wall in a headless Chromium, 100 OEM v1 traps a second over all servers in turn. Every
trap changes the severity of its server's cell and carries a number in its message, which the cell's label shows; a
MutationObserver sees the label change and takes the time once the frame that draws it has been made. A trap that a
later one about the same server overtook (frames hold the last state) counts until that one is drawn.

Both clocks are this machine's; what the browser's differs by is measured before and subtracted.
"""

import argparse
import itertools
import shutil
import socket
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Page, sync_playwright

from bench import stages, table, traffic
from tests.running_node import RunningNode
from trapline.settings import load
from trapline.site import inventory

_TRANSPORTS: Final = ("websocket", "longpoll")
_WARM_UP_S: Final = 3.0
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
# Changes of labels, as [number, ms since 1970]. After requestAnimationFrame comes painting; the message after it.
_WATCH: Final = """
window.seen = [];
const channel = new MessageChannel();
let waiting = [];
channel.port1.onmessage = () => {
  const at = performance.timeOrigin + performance.now();
  for (const number of waiting) window.seen.push([number, at]);
  waiting = [];
};
new MutationObserver((records) => {
  const numbers = new Set();
  for (const record of records) {
    const found = /#(\\d+)/.exec(record.target.getAttribute('aria-label') || '');
    if (found) numbers.add(Number(found[1]));
  }
  if (!numbers.size) return;
  requestAnimationFrame(() => { waiting.push(...numbers); channel.port2.postMessage(0); });
}).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['aria-label'] });
"""


class Measured(NamedTuple):
    """ms since 1970 by number, clocks aligned; the first few traps are not here.

    `latencies_ms`: of all traps. `overtaken`: those that never were on the glass themselves, because a later one about
    the server came first; they are not in `drawn`.
    """

    latencies_ms: list[float]
    overtaken: int
    sent: Mapping[int, float]
    drawn: Mapping[int, float]


def browser() -> str:
    """The path of a Chromium."""
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        raise SystemExit("no Chromium here (Debian: apt install chromium)")
    return path


def clock_offset_ms(page: Page) -> float:
    """What the page's clock is ahead of ours, by the quickest of several questions."""
    best = (float("inf"), 0.0)
    for _ in range(20):
        before = time.time() * 1000
        there = float(page.evaluate("performance.timeOrigin + performance.now()"))
        after = time.time() * 1000
        best = min(best, (after - before, there - (before + after) / 2))
    return best[1]


def send_numbered(site: traffic.Site, port: int, first: int, rate: float, seconds: float) -> dict[int, float]:
    """Sends the traps, numbered from `first`. Returns number → ms since 1970 at which each was sent."""
    made = {}
    for count in range(int(rate * seconds)):
        turn, at = divmod(count, len(site.targets))
        _, tier, target = site.targets[at]
        severity = "CRITICAL" if turn % 2 else "WARNING"
        number = first + count
        made[number] = traffic.metric_alert(tier, target, severity, f"#{number} CPU Utilization is 93.4%")
    sent = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", port))
        began = time.monotonic()
        for count, (number, datagram) in enumerate(made.items()):
            time.sleep(max(0.0, began + count / rate - time.monotonic()))  # noqa: TID251  (pacing is the purpose)
            sent[number] = time.time() * 1000
            out.send(datagram)
    return sent


def watch(
    node: RunningNode, page: Page, site: traffic.Site, transport: str, *, rate: float, seconds: float
) -> Measured:
    """One wall, one transport. Numbers differ between transports: a label may still show one of the run before."""
    page.goto(f"{node.url}?transport={transport}")
    page.wait_for_selector(f"[data-transport={transport}] [data-server]", timeout=30_000)
    page.evaluate(_WATCH)
    servers = len(site.targets)
    first = _TRANSPORTS.index(transport) * 10_000 * servers
    sent = send_numbered(site, node.trap_port, first, rate, _WARM_UP_S + seconds)
    page.wait_for_function(  # nothing overtakes the last trap about each server
        "([first, servers]) => new Set(window.seen.map(([at]) => at).filter((at) => at >= first)).size === servers",
        arg=[first + len(sent) - servers, servers],
        timeout=30_000,
        polling=100,
    )
    offset = clock_offset_ms(page)
    seen: Sequence[tuple[int, float]] = page.evaluate("window.seen")
    drawn = {number: at - offset for number, at in reversed(seen)}  # the first time, where there are several
    counted = {number: at for number, at in sent.items() if number >= first + rate * _WARM_UP_S}
    measured = Measured(latencies_ms(counted, drawn, servers), len(counted.keys() - drawn.keys()), counted, drawn)
    print(f"  {len(counted):,} traps, {measured.overtaken:,} overtaken, clocks {offset:.2f} ms apart", flush=True)
    return measured


def latencies_ms(sent: Mapping[int, float], drawn: Mapping[int, float], servers: int) -> list[float]:
    """From sending a trap to the first frame whose cell shows it or a later one about the same server."""
    newest: dict[int, float] = {}
    found = []
    for number in sorted(sent, reverse=True):
        server = number % servers
        newest[server] = min(drawn.get(number, float("inf")), newest.get(server, float("inf")))
        found.append(newest[server] - sent[number])
    return found


def percentiles(values: Sequence[float], *at: int) -> list[float]:
    """The p-th percentiles."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return [cuts[each - 1] for each in at]


def row(transport: str, rate: float, measured: Measured) -> list[str]:
    """One line of the table of latencies."""
    figures = [*percentiles(measured.latencies_ms, 50, 90, 99), max(measured.latencies_ms)]
    return [transport, f"{rate:g}", f"{measured.overtaken:,}", *(f"{figure:.0f}" for figure in figures)]


def stage_row(transport: str, measured: Measured, times: stages.Times) -> list[str]:
    """One line of the table of stages: of the traps that were drawn themselves."""
    way = [measured.sent, times.received, times.recorded, measured.drawn]
    numbers = set(way[0]).intersection(*way[1:])
    spans = ([after[number] - before[number] for number in numbers] for before, after in itertools.pairwise(way))
    return [transport, *(f"{figure:.0f}" for span in spans for figure in percentiles(span, 50, 99))]


def main() -> None:
    """Prints the table, and with --write puts it into bench/README.md."""
    parser = argparse.ArgumentParser(prog="python -m bench.pixel", description=__doc__.partition("\n")[0])
    parser.add_argument("--transports", nargs="+", choices=_TRANSPORTS, default=list(_TRANSPORTS))
    parser.add_argument("--rate", type=float, default=100.0, help="traps a second")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each transport is watched")
    parser.add_argument("--write", action="store_true", help="put the table into bench/README.md")
    asked = parser.parse_args()
    site = traffic.Site.of(inventory.load(load().site))
    chromium = browser()
    by_transport: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory(prefix="tlb-") as scratch, sync_playwright() as playwright:
        credentials = traffic.write_credentials(Path(scratch))
        node = RunningNode(TRAPLINE_SNMP_CREDENTIALS=str(credentials))
        try:
            node.start()
            glass = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for transport in asked.transports:
                print(f"{transport}:", flush=True)
                page = glass.new_page(viewport={"width": 1920, "height": 1080})
                measured = watch(node, page, site, transport, rate=asked.rate, seconds=asked.seconds)
                by_transport[transport] = measured
                page.close()
            glass.close()
            times = stages.read(node.settings)
        finally:
            node.close()
    whole = table.markdown(
        ("wire to pixel", "traps/s", "overtaken", "p50 ms", "p90 ms", "p99 ms", "max ms"),
        [row(transport, asked.rate, measured) for transport, measured in by_transport.items()],
    )
    parts = table.markdown(
        ("of which", "to ingest p50", "p99", "to track p50", "p99", "to the glass p50", "p99"),
        [stage_row(transport, measured, times) for transport, measured in by_transport.items()],
    )
    text = table.stamped(f"{whole}\n\n{parts}")
    print(f"\n{text}")
    if asked.write:
        table.write("pixel", text)


if __name__ == "__main__":
    main()
