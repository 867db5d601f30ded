"""Which server a target belongs to. Pure.

In this order, the more exact before the less:
1. a server that lists the target's id;
2. the first server, in the file's order, with a pattern that matches the id;
3. the first server whose `where` holds for the target;
4. a server without `targets` and `where` whose name is the target's name or host;
5. the first of `placements` that holds: a server that is not in the list appears by itself; where the list has one of
   that name, it is that one.
None: nobody claims it. Names of hosts are compared without regard to case, and without the domain where one side has
none.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from trapline.protocol.alerts import Target
from trapline.site.model import AutomaticServer, Inventory, Server
from trapline.site.pattern import Patterns, is_pattern
from trapline.site.where import Wheres, properties

LISTED: Final = 0
_ADDRESS: Final = re.compile(r"\d+(\.\d+){3}")


class Claim(NamedTuple):
    """The server of a target, and why. `rank`: LISTED, or the number of the placement that made the server: of two
    that call a server alike the lower one says its tier and type.
    """

    server: Server
    rank: int
    reason: str


class Placement:
    """Looks targets up. A lookup tries what may fit, not all there is."""

    def __init__(self, inventory: Inventory) -> None:
        named = [(target, server) for server in inventory.servers for target in server.targets]
        self._exact = {target: server for target, server in named if not is_pattern(target)}
        self._patterns = [(target, server) for target, server in named if is_pattern(target)]
        self._matching = Patterns([target for target, _ in self._patterns])
        self._asking = [server for server in inventory.servers if server.where]
        self._asked = Wheres([server.where for server in self._asking])
        self._bare = Names(server for server in inventory.servers if not server.targets and not server.where)
        self._listed = Names(inventory.servers)
        self._automatic = inventory.placements
        self._appearing = Wheres([each.where for each in inventory.placements])

    def claim(self, target: Target) -> Claim | None:
        """Whose cell this target is part of."""
        if (server := self._exact.get(target.id)) is not None:
            return Claim(server, LISTED, f"{server.name} lists it")
        if (index := self._matching.first(target.id)) is not None:
            pattern, server = self._patterns[index]
            return Claim(server, LISTED, f"{server.name} lists {pattern}")
        found = properties(target) if self._asking or self._automatic else {}
        if (index := self._asked.first(found)) is not None:
            server = self._asking[index]
            return Claim(server, LISTED, f"it has what {server.name} asks for")
        if (named := self._bare.of(target)) is not None:
            return Claim(named, LISTED, f"it bears the name of {named.name}")
        if (index := self._appearing.first(found)) is not None:
            return self._appear(target, self._automatic[index], index + 1)
        return None

    def server_of(self, target: Target) -> Server | None:
        """The server alone."""
        claim = self.claim(target)
        return claim.server if claim else None

    def rivals(self, target: Target) -> list[str]:
        """The servers that claim it as exactly as the one that has it, and stand after it. What is listed by name has
        none: that is how an exception is written.
        """
        if target.id in self._exact:
            return []
        claimants = [self._patterns[index][1].name for index in self._matching.matches(target.id)]
        if not claimants:
            claimants = [self._asking[index].name for index in self._asked.fulfilled(properties(target))]
        return list(dict.fromkeys(claimants))[1:]

    def _appear(self, target: Target, automatic: AutomaticServer, number: int) -> Claim:
        reason = f"number {number} of placements holds for it"
        host = target.host if automatic.server == "host" and target.host else target.name
        if (listed := self._listed.called(host)) is not None:
            return Claim(listed, LISTED, f"{reason}, and it is of {listed.name}")
        name = host.lower() if automatic.server == "host" else host
        return Claim(Server(name, automatic.tier, automatic.type, period=automatic.period), number, reason)


class Names:
    """Servers by name, with or without the domain, in any case of letters."""

    def __init__(self, servers: Iterable[Server]) -> None:
        self._full: dict[str, Server] = {}
        self._short: dict[str, Server | None] = {}  # None: two servers, so neither
        for server in servers:
            name = server.name.lower()
            self._full[name] = server
            self._short[short(name)] = None if short(name) in self._short else server

    def of(self, target: Target) -> Server | None:
        """The server that the target or its host is called after."""
        return self.called(target.name) or (self.called(target.host) if target.host else None)

    def called(self, name: str) -> Server | None:
        """The server of this name; None also where two could be meant."""
        name = name.lower()
        if (server := self._full.get(name)) is not None:
            return server
        server = self._short.get(short(name))
        if server is None or ("." in name and "." in server.name):  # two domains that differ
            return None
        return server


def short(name: str) -> str:
    """A host's name without its domain. An address has none."""
    return name if _ADDRESS.fullmatch(name) else name.partition(".")[0]
