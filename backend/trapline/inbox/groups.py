"""Traps that no rule took, counted by trap OID and sender. Pure.

- Of each trap OID the newest trap is kept, to be looked at and to make a rule from.
- At most `MOST_GROUPS` groups and `MOST_OIDS` trap OIDs are told apart: who may send may make up OIDs. What comes
  beyond is counted only.
"""

from typing import Final

import msgspec

from trapline.inbox.draft import draft
from trapline.mibs.names import Mibs
from trapline.mibs.readable import name_of, readable
from trapline.protocol import codec
from trapline.protocol.grid import Inbox, InboxGroup, InboxSample
from trapline.protocol.traps import Trap, Unmatched

MOST_GROUPS: Final = 5_000
MOST_OIDS: Final = 1_000
_LISTED: Final = 150  # under 96 kB, as all that a browser is sent at once
_REASON_LENGTH: Final = 300


class Groups:
    """All of them. Records may be told in any order."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], InboxGroup] = {}
        self._newest: dict[str, tuple[str, bytes]] = {}
        self.left_out = 0

    def add(self, unmatched: Unmatched) -> None:
        """One record of `snmp-traps-unmatched`."""
        trap = unmatched.trap
        key = (trap.trap_oid, trap.source_addr)
        group = self._groups.get(key)
        if group is None and len(self._groups) >= MOST_GROUPS:
            self.left_out += 1
            return
        at, count = trap.received_at, group.count if group else 0
        is_newest = group is None or at >= group.last_at
        self._groups[key] = InboxGroup(
            trap_oid=trap.trap_oid,
            source_addr=trap.source_addr,
            count=count + 1,
            first_at=min(at, group.first_at) if group else at,
            last_at=max(at, group.last_at) if group else at,
            reason=unmatched.reason[:_REASON_LENGTH] if group is None or is_newest else group.reason,
        )
        newest, _ = self._newest.get(trap.trap_oid, ("", b""))
        if trap.trap_id >= newest and (newest or len(self._newest) < MOST_OIDS):
            self._newest[trap.trap_oid] = (trap.trap_id, codec.encode(unmatched))

    def newest(self, trap_oid: str) -> Unmatched | None:
        """The newest trap of an OID."""
        found = self._newest.get(trap_oid)
        return codec.decode(found[1], Unmatched) if found else None

    def oids(self) -> list[str]:
        """All trap OIDs, the most frequent first."""
        counts: dict[str, int] = {}
        for group in self._groups.values():
            counts[group.trap_oid] = counts.get(group.trap_oid, 0) + group.count
        return sorted(counts, key=lambda oid: (-counts[oid], oid))

    def inbox(self, mibs: Mibs, trap_oid: str | None = None) -> Inbox:
        """The groups with the most first; of `trap_oid` alone, with its newest trap and a rule to start from."""
        wanted = [group for group in self._groups.values() if trap_oid in {None, group.trap_oid}]
        wanted.sort(key=lambda group: (-group.count, group.trap_oid, group.source_addr))
        newest = self.newest(trap_oid) if trap_oid is not None else None
        return Inbox(
            groups=tuple(_named(group, mibs) for group in wanted[:_LISTED]),
            left_out=max(0, len(wanted) - _LISTED),
            untold=self.left_out,
            sample=sample(newest, mibs) if newest else None,
        )


def sample(unmatched: Unmatched, mibs: Mibs) -> InboxSample:
    """A trap as people read it, and a rule to start from."""
    trap: Trap = unmatched.trap
    return InboxSample(
        trap_id=trap.trap_id,
        received_at=trap.received_at,
        source_addr=trap.source_addr,
        security_name=trap.security_name,
        reason=unmatched.reason,
        varbinds=tuple(readable(trap.varbinds, mibs)),
        draft=draft(unmatched, mibs),
    )


def _named(group: InboxGroup, mibs: Mibs) -> InboxGroup:
    name = name_of(group.trap_oid, mibs)
    return group if name == group.trap_oid else msgspec.structs.replace(group, name=name)
