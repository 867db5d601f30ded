"""Which server a target belongs to. Pure.

In this order: a server that lists the target's id; the first server, in the file's order, with a pattern that
matches it; a server without a list whose name is the target's name or host. None: nobody claims it.
Names of hosts are compared without regard to case, and without the domain where one side has none.
"""

import re

from trapline.protocol.alerts import Target
from trapline.site.inventory import Inventory, Server


class Placement:
    """Looks targets up. A lookup costs one pass over the patterns of the target's type at most."""

    def __init__(self, inventory: Inventory) -> None:
        self._exact: dict[str, Server] = {}
        self._by_name: dict[str, Server] = {}
        self._by_short_name: dict[str, Server | None] = {}  # None: two servers, so neither
        self._patterns: list[Server] = []
        branches: list[str] = []
        for server in inventory.servers:
            for target in server.targets:
                if "*" in target or "?" in target:
                    branches.append(f"({_pattern(target)})")
                    self._patterns.append(server)
                else:
                    self._exact[target] = server
            if not server.targets:
                name = server.name.lower()
                self._by_name[name] = server
                short = _short(name)
                self._by_short_name[short] = None if short in self._by_short_name else server
        # One expression for all: the number of the group that matched says whose it was.
        self._any = re.compile("|".join(branches), re.DOTALL) if branches else None

    def server_of(self, target: Target) -> Server | None:
        """The server whose cell this target is part of."""
        if (server := self._exact.get(target.id)) is not None:
            return server
        if self._any is not None and (match := self._any.fullmatch(target.id)) is not None:
            assert match.lastindex is not None  # every branch is one group
            return self._patterns[match.lastindex - 1]
        return self._named(target.name) or (self._named(target.host) if target.host else None)

    def _named(self, name: str) -> Server | None:
        name = name.lower()
        if (server := self._by_name.get(name)) is not None:
            return server
        server = self._by_short_name.get(_short(name))
        if server is None or ("." in name and "." in server.name):  # two domains that differ
            return None
        return server


def _short(name: str) -> str:
    return name.partition(".")[0]


def _pattern(text: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in text)
