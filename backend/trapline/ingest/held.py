"""Who is unknown, and what is held of it. Pure: the datagrams are in `snmp-held`, this is the account of them.

- At most `per_sender` datagrams of a sender and `most_octets` of all are held, each counted with `ENTRY_OCTETS` beyond
  its own; what would be more is refused. Strangers can make up senders, so there is no other bound on their number.
- What is released, refused for good, or past the topic's retention makes room. What a refused sender sent before stays
  for that long, and counts no more: a change of mind finds it.
- A record is taken once, whether it is our own or read from the topic, however often it is read.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Final, NamedTuple

from trapline.ingest.counts import SENTENCES
from trapline.protocol.grid import HeldSender, Senders
from trapline.protocol.topics import SNMP_HELD
from trapline.protocol.traps import Held, Sender

RELEASED: Final = "released"
ENTRY_OCTETS: Final = 1_000
"""What the account of a datagram costs in memory at most, measured with a sender for each."""
_ADDRESSES: Final = 8
_LISTED: Final = 150  # under 96 kB, as all that a browser is sent at once
_KEPT: Final = timedelta(milliseconds=SNMP_HELD.retention_ms or 0)


def sender_key(engine_id: str, security_name: str) -> str:
    """The key of a sender in `snmp-held` and `senders`; `engine_id` in hex."""
    return f"{engine_id}/{security_name}"


class _Item(NamedTuple):
    octets: int
    received_at: datetime
    outcome: str


class _Account:
    """One sender's."""

    def __init__(self, first: Held) -> None:
        self.engine_id = first.engine_id
        self.security_name = first.security_name
        self.reason = first.reason
        self.source_addrs: dict[str, None] = {}
        self.items: dict[str, _Item] = {}

    @property
    def waiting(self) -> list[_Item]:
        return [item for item in self.items.values() if not item.outcome]


class HeldSenders:
    """The account of all unknown senders, and what operators decided about them."""

    def __init__(self, per_sender: int, most_octets: int) -> None:
        self._per_sender = per_sender
        self._most_octets = most_octets
        self._accounts: dict[str, _Account] = {}
        self._waiting: Counter[str] = Counter()
        self._octets: Counter[str] = Counter()
        self._all_octets = 0
        self.decisions: dict[str, Sender] = {}

    def has_room(self, key: str, octets: int) -> bool:
        """Whether a datagram of so many octets may be held for this sender."""
        return self._waiting[key] < self._per_sender and self._all_octets + octets + ENTRY_OCTETS <= self._most_octets

    def take(self, held: Held) -> None:
        """A record that was held, or that ends the holding of one."""
        key = sender_key(held.engine_id, held.security_name)
        account = self._accounts.get(key) or self._accounts.setdefault(key, _Account(held))
        known = account.items.get(held.held_id)
        if known is not None and (known.outcome or not held.outcome):
            return
        if known is not None:
            self._count(key, -1, -known.octets)
        item = known or _Item(len(held.datagram) + ENTRY_OCTETS, held.received_at, "")
        account.items[held.held_id] = item._replace(outcome=held.outcome)
        if not held.outcome:
            account.reason = held.reason
            self._count(key, 1, item.octets)
        if len(account.source_addrs) < _ADDRESSES:
            account.source_addrs[held.source_addr] = None

    def decide(self, key: str, sender: Sender | None) -> None:
        """What an operator decided; None: nothing any more."""
        if self._is_refused(key):
            self._all_octets += self._octets[key]
        if sender is None:
            self.decisions.pop(key, None)
        else:
            self.decisions[key] = sender
        if self._is_refused(key):
            self._all_octets -= self._octets[key]

    def expire(self, now: datetime) -> None:
        """Forgets what the topic keeps no longer."""
        for key, account in list(self._accounts.items()):
            for held_id, item in list(account.items.items()):
                if now - item.received_at > _KEPT:
                    del account.items[held_id]
                    if not item.outcome:
                        self._count(key, -1, -item.octets)
            if not account.items:
                del self._accounts[key], self._waiting[key], self._octets[key]

    def waiting(self) -> list[tuple[str, str]]:
        """The senders (engine ID in hex, user) of which something is held."""
        return [
            (account.engine_id, account.security_name) for key, account in self._accounts.items() if self._waiting[key]
        ]

    def listing(self, users: Mapping[bytes, object], failures: Mapping[str, str]) -> Senders:
        """Who it is and what can be done. `users` of snmp.yaml by name; `failures`: why the last release left some."""
        keys = self._accounts.keys() | self.decisions.keys()
        waiting = self._waiting.get
        shown = nsmallest(_LISTED, ((-waiting(key, 0), key) for key in keys))
        return Senders(
            senders=tuple(self._listed(key, users, failures.get(key, "")) for _, key in shown),
            left_out=max(0, len(keys) - _LISTED),
        )

    def _listed(self, key: str, users: Mapping[bytes, object], failure: str) -> HeldSender:
        engine_id, _, security_name = key.partition("/")
        account, decision = self._accounts.get(key), self.decisions.get(key)
        items = account.items.values() if account else ()
        outcomes = Counter(item.outcome for item in items)
        times = [item.received_at for item in items]
        reason = failure or (account.reason if account else "")
        return HeldSender(
            engine_id=engine_id,
            security_name=security_name,
            reason=reason,
            sentence=SENTENCES.get(reason, ""),
            held=outcomes[""],
            released=outcomes[RELEASED],
            refused=len(items) - outcomes[""] - outcomes[RELEASED],
            first_at=min(times, default=None),
            last_at=max(times, default=None),
            source_addrs=tuple(account.source_addrs) if account else (),
            is_approved=decision.is_approved if decision else None,
            operator=decision.operator if decision else "",
            decided_at=decision.at if decision else None,
            note=decision.note if decision else "",
            what_to_do=_what_to_do(
                decision, failure, is_user=security_name.encode() in users, is_held=outcomes[""] > 0
            ),
        )

    def _count(self, key: str, datagrams: int, octets: int) -> None:
        self._waiting[key] += datagrams
        self._octets[key] += octets
        if not self._is_refused(key):
            self._all_octets += octets

    def _is_refused(self, key: str) -> bool:
        return key in self.decisions and not self.decisions[key].is_approved


def _what_to_do(decision: Sender | None, failure: str, *, is_user: bool, is_held: bool) -> str:
    if decision is not None and not decision.is_approved:
        return "nothing: what it sends is counted and dropped; approve it to take that back"
    if not is_user:
        return "add the user with its passwords to snmp.yaml: what is held comes in then; or refuse it"
    if decision is None:
        return "approve it when it is yours, or add the engine ID to the user in snmp.yaml; or refuse it"
    if failure and is_held:
        return (
            "make the user in snmp.yaml as the sender has it (passwords, protocols, level): what is held comes in then"
        )
    return "nothing: what it sends comes in"
