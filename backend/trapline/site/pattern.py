"""Patterns of names: `*` is any text, `?` one character, every other sign is itself. Pure.

Ten thousand patterns are not tried one after the other: each is filed under three neighbouring signs of its own,
those that the fewest others have, and only patterns whose three a text holds are tried on it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache


def is_pattern(text: str) -> bool:
    """Whether the text stands for more than itself."""
    return "*" in text or "?" in text


@lru_cache(maxsize=65_536)  # made when it is needed: making ten thousand takes seconds
def expression(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression for `fullmatch`."""
    return re.compile(re.sub(r"[*?]|[^*?]+", _translated, pattern), re.DOTALL)


def _translated(found: re.Match[str]) -> str:
    return {"*": ".*", "?": "."}.get(found[0]) or re.escape(found[0])


def covers(wide: str, narrow: str) -> bool:
    """Whether `wide` matches all that `narrow` matches. True is certain; some that do are not seen."""
    if not expression(wide).fullmatch(narrow):  # so it must at least, and that is quick to see
        return False
    # `wide` reads `narrow` as a text. A `*` in it may be of any length, so only a `*` takes it; a `?` a `?` takes too.
    reached = _skipped(wide, {0})
    for sign in narrow:
        stays = {at for at in reached if wide[at : at + 1] == "*"}
        goes = {at + 1 for at in reached if sign != "*" and wide[at : at + 1] in {"?", sign}}
        reached = _skipped(wide, stays | goes)
    return len(wide) in reached


def _skipped(wide: str, reached: set[int]) -> set[int]:
    """Where one is too, because a `*` may stand for nothing."""
    for at in list(reached):
        following = at
        while wide[following : following + 1] == "*":
            following += 1
            reached.add(following)
    return reached


class Patterns:
    """Many patterns in an order, of which the first that matches counts."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = tuple(patterns)
        shared = Counter(gram for pattern in self._patterns for gram in grams(pattern))
        self._filed: dict[str, list[int]] = defaultdict(list)
        for index, pattern in enumerate(self._patterns):
            # Without three neighbours ("" is in every text) a pattern is always tried.
            rarest = min(grams(pattern), key=lambda gram: (shared[gram], gram), default="")
            self._filed[rarest].append(index)

    def first(self, text: str) -> int | None:
        """The index of the first pattern that matches the text."""
        return next(self.matches(text), None)

    def matches(self, text: str) -> Iterator[int]:
        """The indexes of all patterns that match the text, in order."""
        return (index for index in self.candidates(text) if expression(self._patterns[index]).fullmatch(text))

    def candidates(self, text: str) -> Iterator[int]:
        """The indexes of all patterns that may match the text, or cover it where it is a pattern, in order."""
        found = self._filed.get("", [])
        for gram in {text[at : at + 3] for at in range(len(text) - 2)}:
            if gram in self._filed:
                found = found + self._filed[gram]
        return iter(sorted(found))


def grams(pattern: str) -> set[str]:
    """All three neighbouring signs that every text has which the pattern matches."""
    return {run[at : at + 3] for run in re.split(r"[*?]", pattern) for at in range(len(run) - 2)}
