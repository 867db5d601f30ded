"""What a person at the terminal sees of a node; everything it says is in node.log.

coming up         each stage's milestones; errors. Stages that still look for Kafka or the router are no news
late (20 s)       warnings too: now they may be the reason
ready             warnings and errors
going down        nothing: whoever is left misses the others
"""

import re
import time
from collections.abc import Callable
from enum import Enum, auto
from logging import Logger

LATE_S = 20.0
# 2026-11-23T18:02:15+0000 [Guest       11249] WARNING ingest: …
_LINE = re.compile(r"\S+ \[(?:Guest|Router|Controller)\s+\d+\] (?:(?P<level>[A-Z]+) (?P<who>[\w ]+): )?(?P<text>.*)")
_MILESTONE = re.compile(r"receiving on|joined the router|caught up|assigned|Kafka is at|ready")
_WARNINGS, _ERRORS = {"WARNING"}, {"ERROR", "CRITICAL"}


class Phase(Enum):
    """Of a node, as a person sees it."""

    COMING_UP = auto()
    LATE = auto()
    READY = auto()
    GOING_DOWN = auto()


def worth_showing(line: str, phase: Phase) -> str:
    """The words of a line of Crossbar's output that a person wants in that phase; empty when none."""
    match = _LINE.fullmatch(line)
    if not match or match["level"] is None or phase is Phase.GOING_DOWN:
        return ""
    level, who, text = match["level"], match["who"], match["text"]
    # A supervisor warns when a stage ended: that is news in every phase.
    is_loud = level in _ERRORS or (level in _WARNINGS and (phase is not Phase.COMING_UP or who.startswith("supervise")))
    if is_loud:
        return f"{level} {who}: {text}"
    is_progress = phase in {Phase.COMING_UP, Phase.LATE} and _MILESTONE.search(text)
    return f"  {who}: {text}" if is_progress else ""


class Console:
    """Writes all of it to the log, and what is worth it to the terminal."""

    def __init__(self, log: Logger, echo: Callable[[str], None], welcome: Callable[[float], str]) -> None:
        self._log = log
        self._echo = echo
        self._welcome = welcome
        self._phase = Phase.COMING_UP
        self._began_s = time.monotonic()
        self._was_ready = False

    def line(self, text: str) -> None:
        """A line that Crossbar or a stage said."""
        self._log.info(text)
        if self._phase is Phase.COMING_UP and time.monotonic() - self._began_s > LATE_S:
            self._phase = Phase.LATE
        words = worth_showing(text, self._phase)
        if words:
            self._echo(words)

    def say(self, sentence: str) -> None:
        """What the node itself has to say."""
        self._log.info("trapline: %s", sentence)
        self._echo(f"trapline: {sentence}")

    def coming_up(self) -> None:
        """Crossbar is started."""
        self._phase, self._began_s = Phase.COMING_UP, time.monotonic()

    def ready(self, seconds: float) -> None:
        """The wall answers, so many seconds after Crossbar was started."""
        self._phase = Phase.READY
        self._log.info("trapline: ready after %.1f s", seconds)
        self._echo(f"trapline: the wall is back after {seconds:.1f} s" if self._was_ready else self._welcome(seconds))
        self._was_ready = True

    def going_down(self) -> None:
        """It is being stopped."""
        self._phase = Phase.GOING_DOWN
