"""Lines for `inventory.yaml` that would place what no server claims, with a guess and its reason. Pure.

Targets of one host are one server. Where the host is a listed server's, its `targets` get more; otherwise it is a new
server, in the tier and of the type of what it is most like, in this order:
1. a server whose name differs in its numbers only;
2. servers with a target of the same type, whose names begin alike; then all with such a target;
3. servers whose names begin alike.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from trapline.protocol.alerts import Target
from trapline.site.model import Inventory, Server
from trapline.site.pattern import Patterns, is_pattern
from trapline.site.placement import Names, Placement, short
from trapline.site.yaml_text import quoted, said

_PARTS: Final = re.compile(r"[^\W\d_]+")
_HOST: Final = "host"


class Suggestion(NamedTuple):
    """A server, listed or new, and the targets to list under it."""

    server: str
    tier: str
    type: str
    targets: tuple[str, ...]
    reason: str
    is_new: bool

    @property
    def text(self) -> str:
        """The lines to paste: a new server below `servers:`, targets below the `targets:` of theirs."""
        listed = [quoted(target) for target in self.targets]
        if self.is_new:
            stands = f"tier: {quoted(self.tier)}, type: {quoted(self.type)}"
            line = f"  - {{name: {quoted(self.server)}, {stands}, targets: [{', '.join(listed)}]}}"
            return f"  # {said(self.reason)}\n{line}\n"
        to = f"      # to the targets of {quoted(self.server)}: {said(self.reason)}\n"
        return to + "".join(f"      - {each}\n" for each in listed)


class Suggester:
    """What an inventory would say about targets that it does not place."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._placement = Placement(inventory)
        self._retired = Patterns(inventory.retired)
        self._names = Names(inventory.servers)
        self._taken = {server.name for server in inventory.servers}
        self._by_shape: dict[str, Server] = {}
        # By what they have in common: how often which tier and type, and one server for an example.
        self._alike: dict[tuple[str, ...], Counter[tuple[str, str]]] = defaultdict(Counter)
        self._example: dict[tuple[tuple[str, ...], tuple[str, str]], str] = {}
        for server in inventory.servers:
            self._learn(server)

    def _learn(self, server: Server) -> None:
        self._by_shape.setdefault(_shape(server.name), server)
        stands, types = (server.tier, server.type), _types(server)
        beginnings = _beginnings(server.name)
        named = [("", *each) for each in beginnings]
        for key in (*named, *((kind, *each) for kind in types for each in ((), *beginnings))):
            self._alike[key][stands] += 1
            self._example.setdefault((key, stands), server.name)

    def suggestions(self, targets: Iterable[Target]) -> list[Suggestion]:
        """For all targets of the list that nobody claims and that are not to be retired, by server."""
        by_host: dict[str, list[Target]] = defaultdict(list)
        for target in sorted(targets, key=lambda each: each.id):
            is_wanted = self._placement.claim(target) is None and self._retired.first(target.id) is None
            if is_wanted and target.name.strip() and target.type.strip():
                by_host[(target.host or target.name).lower()].append(target)
        taken = set(self._taken)
        found = [self._suggestion(host, group, taken) for host, group in sorted(by_host.items())]
        return sorted(found, key=lambda one: (one.is_new, one.server))

    def _suggestion(self, host: str, targets: Sequence[Target], taken: set[str]) -> Suggestion:
        ids = tuple(target.id for target in targets)
        if (server := self._home(host)) is not None:
            return Suggestion(server.name, server.tier, server.type, ids, f"it runs on {host}", is_new=False)
        tier, kind, reason = self._guess(host, {target.type for target in targets})
        name = next(each for each in (short(host), host, *ids) if each.strip() and each not in taken)
        taken.add(name)
        return Suggestion(name, tier, kind, ids, reason, is_new=True)

    def _home(self, host: str) -> Server | None:
        """The listed server that is this host, or has it among its targets."""
        if (named := self._names.called(host)) is not None:
            return named
        claim = self._placement.claim(Target(name=host, type=_HOST))
        return claim.server if claim is not None and claim.server.name in self._taken else None

    def _guess(self, host: str, types: set[str]) -> tuple[str, str, str]:
        if (like := self._by_shape.get(_shape(host))) is not None:
            return like.tier, like.type, f"as {like.name}, whose name differs in numbers only"
        # A type whose servers stand in one place says most: a host is everywhere.
        told = [
            (len(self._alike[kind,]), -self._alike[kind,].total(), kind) for kind in types if (kind,) in self._alike
        ]
        kind = min(told)[2] if told else ""
        beginnings = _beginnings(host)
        keys = [*((kind, *each) for each in beginnings), (kind,)] if kind else []
        for key in (*keys, *(("", *each) for each in beginnings)):
            if known := self._alike.get(key):
                stands, count = known.most_common(1)[0]
                return *stands, _because(key, count, known.total(), self._example[key, stands])
        return self._nothing_known()

    def _nothing_known(self) -> tuple[str, str, str]:
        tiers, types = self._inventory.tiers, self._inventory.server_types
        if not tiers or not types:
            return "servers", "host", "a guess: the inventory has no tiers and server_types yet, so add these two first"
        return tiers[0].id, types[0].id, "a guess: nothing in the inventory is like it, so say tier and type yourself"


def _because(key: tuple[str, ...], count: int, total: int, example: str) -> str:
    kind, *beginning = key
    words = [f"have a target of type {kind}"] if kind else []
    words += [f"begin with {'-'.join(beginning)}"] if beginning else []
    what = " and ".join(words)
    return f"as {example}: so are {count} of the {total} servers that {what}"


def _shape(name: str) -> str:
    """A name without its domain, and with # for each number."""
    return re.sub(r"\d+", "#", short(name.lower()))


def _beginnings(name: str) -> list[tuple[str, ...]]:
    """The words of a name, then all but the last, and so on: claims-db-01 is (claims, db), (claims)."""
    words = _PARTS.findall(short(name.lower()))
    return [tuple(words[:count]) for count in range(len(words), 0, -1)]


def _types(server: Server) -> set[str]:
    named = {target.partition(":")[0] for target in server.targets}
    asked = server.where.get("type", ())
    return {kind for kind in (*named, *((asked,) if isinstance(asked, str) else asked)) if not is_pattern(kind)}
