"""Conditions on a target's properties: `{type: oracle_database, lifecycle_status: Production, "Cost Center": "42*"}`.

Pure. All must hold; of a list of patterns one must. A name is compared without regard to case, and with a space as an
underscore; a value without regard to case.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from trapline.protocol.alerts import Target
from trapline.site.model import Where
from trapline.site.pattern import Patterns, covers, expression, grams

Conditions = Mapping[str, tuple[str, ...]]


def conditions(where: Where) -> Conditions:
    """As it is compared: folded names, each with folded patterns."""
    return {
        folded(name): tuple(each.casefold() for each in ((wanted,) if isinstance(wanted, str) else wanted))
        for name, wanted in where.items()
    }


def folded(name: str) -> str:
    """A property's name as it is compared."""
    return "_".join(name.casefold().split())


def properties(target: Target) -> dict[str, str]:
    """What can be asked of a target. Its own type, name and host are never a property's of the same name."""
    found = {folded(name): value.casefold() for name, value in target.properties.items()}
    found |= {"type": target.type.casefold(), "name": target.name.casefold()}
    if target.host:
        found["host"] = target.host.casefold()
    return found


def holds(asked: Conditions, found: Mapping[str, str]) -> bool:
    """Whether `properties` fulfil all conditions."""
    for name, patterns in asked.items():
        value = found.get(name)
        if value is None or not any(expression(pattern).fullmatch(value) for pattern in patterns):
            return False
    return True


def includes(wide: Conditions, narrow: Conditions) -> bool:
    """Whether every target that fulfils `narrow` fulfils `wide`. True is certain; some that do are not seen."""
    return all(
        name in narrow and all(any(covers(one, other) for one in patterns) for other in narrow[name])
        for name, patterns in wide.items()
    )


class Wheres:
    """Many conditions in an order, of which the first that holds counts.

    Each is filed under the patterns of one property, the one that is the most its own: a target meets only those that
    are filed under something like what it has.
    """

    def __init__(self, wheres: Sequence[Where]) -> None:
        self._all = [conditions(where) for where in wheres]
        shared = Counter(
            gram for asked in self._all for name in asked for text in _texts(asked, name) for gram in grams(text)
        )

        def met(text: str) -> int:
            return min((shared[gram] for gram in grams(text)), default=len(self._all))

        filed: list[tuple[str, int]] = []
        for index, asked in enumerate(self._all):
            own = min(asked, key=lambda name: sum(map(met, _texts(asked, name))))
            filed += [(text, index) for text in _texts(asked, own)]
        self._filed = Patterns([text for text, _ in filed])
        self._owners = [index for _, index in filed]

    def first(self, found: Mapping[str, str]) -> int | None:
        """The index of the first conditions that `properties` fulfil."""
        return next(self.fulfilled(found), None)

    def fulfilled(self, found: Mapping[str, str]) -> Iterator[int]:
        """The indexes of all conditions that `properties` fulfil, in order."""
        return (index for index in self.near(found) if holds(self._all[index], found))

    def near(self, found: Mapping[str, str]) -> list[int]:
        """The indexes of all conditions that `properties` may fulfil, in order."""
        return self._near(f"{name}={value}" for name, value in found.items())

    def shadow(self, index: int) -> int | None:
        """The index of conditions before these that leave nothing to them."""
        narrow = self._all[index]
        near = self._near(text for name in narrow for text in _texts(narrow, name))
        return next((each for each in near if each < index and includes(self._all[each], narrow)), None)

    def _near(self, texts: Iterable[str]) -> list[int]:
        return sorted({self._owners[number] for text in texts for number in self._filed.candidates(text)})


def _texts(asked: Conditions, name: str) -> list[str]:
    return [f"{name}={pattern}" for pattern in asked[name]]
