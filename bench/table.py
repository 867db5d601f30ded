"""Small tables: on the terminal, and between their markers in bench/README.md."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import machine

README = Path(__file__).with_name("README.md")


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        return "| " + " | ".join([first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]) + " |"

    rule = (
        "|"
        + "|".join("-" * (width + 2) if not at else "-" * (width + 1) + ":" for at, width in enumerate(widths))
        + "|"
    )
    return "\n".join([line(head), rule, *map(line, rows)])


def stamped(text: str) -> str:
    """With a line that says when and where it was measured."""
    return f"{datetime.now(UTC):%Y-%m-%d}: {machine.description()}.\n\n{text}"


def write(name: str, text: str) -> None:
    """Puts the text between `<!-- name:begin -->` and `<!-- name:end -->` of the README."""
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
    page = README.read_text(encoding="utf-8")
    before, found, rest = page.partition(begin)
    _, found_too, after = rest.partition(end)
    if not found or not found_too:
        raise SystemExit(f"{README} has no {begin.strip()} … {end}; put them back")
    README.write_text(f"{before}{begin}{text}\n{end}{after}", encoding="utf-8")
