"""What tests/e2e measured while it killed every part, and a broker of three: `python -m bench.faults --write`."""

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from bench import table

_RESULTS = Path(__file__).resolve().parents[1] / "test-results"
_FIGURES, _CLUSTER = _RESULTS / "faults.json", _RESULTS / "cluster.json"


def rendered(figures: Mapping[str, Any]) -> str:
    """Two tables: what became of what was sent, and how long each part was missed."""
    counts = [
        [name.replace("_", " "), f"{value:,.0f}"] for name, value in figures.items() if isinstance(value, int | float)
    ]
    missed: dict[str, list[float]] = defaultdict(list)
    for part, seconds in figures["what comes reaches the wall again, seconds after the kill"]:
        missed[part].append(seconds)
    rows = [
        [part, str(len(each)), f"{median(each):.1f}", f"{max(each):.1f}"]
        for part, each in sorted(missed.items(), key=lambda item: median(item[1]))
    ]
    return "\n\n".join(
        (
            table.markdown(["what", "count"], counts),
            table.markdown(["kill -9 of", "times", "new traps on the wall again, median s", "max s"], rows),
        )
    )


def main() -> None:
    """Prints the figures of the last run; with --write puts them into bench/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables into bench/README.md")
    arguments = parser.parse_args()
    if not _FIGURES.exists():
        raise SystemExit(f"{_FIGURES} is not there: run tests/e2e/test_faults.py (or make soak) first")
    text = rendered(json.loads(_FIGURES.read_text("utf-8")))
    if _CLUSTER.exists():
        lost_a_broker = json.loads(_CLUSTER.read_text("utf-8"))
        rows = [[name, f"{value:,}"] for name, value in lost_a_broker.items()]
        text += "\n\n" + table.markdown(["three brokers, one killed", "figure"], rows)
    print(text)
    if arguments.write:
        table.write("faults", table.stamped(text))


if __name__ == "__main__":
    main()
