"""What is silent, since when and why (law 6). Pure: told what was heard, asked at an instant.

- OEM sends on change: a quiet healthy server stays healthy as long as its sender is heard of. A sender with a period
  is silent past it, and all that was last told by it is unknown then.
- A target with a period of its own is silent past it, and so is a server's cell when none of its targets was heard
  within the server's.
- A cell is silent when anything in it is, for that may hide anything; but not where something else in it is heard of
  and wrong: that is known, and must be seen.
- What has no period is never silent. Silent since: the moment it was last heard of.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Final, NamedTuple

from trapline.protocol.alerts import Target
from trapline.protocol.severity import Severity, rank
from trapline.protocol.status import TargetStatus
from trapline.site.duration import duration, spoken
from trapline.site.model import Inventory, Sender
from trapline.site.where import Wheres, properties

_WRONG: Final = rank(Severity.WARNING)


class Silent(NamedTuple):
    """Nothing was heard after `since`; `reason` is a sentence for people. `is_whole`: nothing certain is known of the
    cell.
    """

    since: datetime
    reason: str
    is_whole: bool = True


class Silence:
    """All periods of one inventory, and when each sender was last heard of."""

    def __init__(self, inventory: Inventory) -> None:
        self._senders = inventory.senders
        self._networks = sorted(
            ((ip_network(each), sender) for sender in inventory.senders for each in sender.addresses),
            key=lambda pair: pair[0].prefixlen,
            reverse=True,  # the narrowest counts
        )
        self._by_address: dict[str, Sender | None] = {}
        self._heard: dict[str, datetime] = {}
        self._silent: dict[str, datetime] = {}
        self._periods = [duration(each.period) for each in inventory.periods]
        self._own_periods: dict[str, tuple[Target, timedelta | None]] = {}
        self._asked = Wheres([each.where for each in inventory.periods])

    def hear(self, status: TargetStatus) -> None:
        """Any event shows that its sender lives."""
        sender = self._sender(status.sender)
        if sender is not None:
            self._heard[sender.name] = max(status.last_heard_at, self._heard.get(sender.name, status.last_heard_at))

    def turned(self, now: datetime) -> set[str]:
        """The names of the senders that fell silent, or were heard of, since this was asked last."""
        # With since when: who was heard of and is silent again meanwhile is silent since another time.
        silent = {sender.name: past[0].since for sender in self._senders if (past := self._of_sender(sender, now))}
        turned = {name for name, _ in silent.items() ^ self._silent.items()}
        self._silent = silent
        return turned

    def name_of(self, address: str) -> str | None:
        """The sender at an address; None where the inventory does not say."""
        sender = self._sender(address)
        return sender.name if sender else None

    def of(self, period: str | None, statuses: Sequence[TargetStatus], now: datetime) -> Silent | None:
        """Whether the cell of these targets is silent; `period` is its server's."""
        if period is not None and statuses:
            heard_at = max(status.last_heard_at for status in statuses)
            if whole := _past(heard_at, duration(period), "it", now):
                return whole[0]
        told = [(status, self._of_target(status, now)) for status in statuses]
        silent = min((each for _, each in told if each is not None), default=None)
        if silent is None:
            return None
        is_wrong = any(rank(status.severity) >= _WRONG for status, each in told if each is None)
        return silent._replace(is_whole=not is_wrong)

    def changes_at(self, period: str | None, statuses: Sequence[TargetStatus], now: datetime) -> datetime | None:
        """When a cell may next be silent though nothing happens, its senders apart: those `turned` tells."""
        ends = [status.last_heard_at + own for status in statuses if (own := self._own(status)) is not None]
        if period is not None and statuses:
            ends.append(max(status.last_heard_at for status in statuses) + duration(period))
        return min((end for end in ends if end > now), default=None)

    def _of_target(self, status: TargetStatus, now: datetime) -> Silent | None:
        found: list[Silent] = []
        own = self._own(status)
        if own is not None:
            found += _past(status.last_heard_at, own, status.target.id, now)
        sender = self._sender(status.sender)
        if sender is not None:
            found += self._of_sender(sender, now)
        return min(found, default=None)

    def _of_sender(self, sender: Sender, now: datetime) -> list[Silent]:
        heard_at = self._heard.get(sender.name)
        if sender.period is None or heard_at is None:
            return []
        usual = f", which sends {sender.heartbeat}" if sender.heartbeat else ""
        return _past(heard_at, duration(sender.period), f"its sender {sender.name}{usual}", now)

    def _own(self, status: TargetStatus) -> timedelta | None:
        if not self._periods:
            return None
        target = status.target
        known = self._own_periods.get(target.id)
        if known is None or known[0] != target:  # asked each time a cell is looked at, and seldom another
            index = self._asked.first(properties(target))
            known = self._own_periods[target.id] = (target, None if index is None else self._periods[index])
        return known[1]

    def _sender(self, address: str) -> Sender | None:
        if address not in self._by_address:
            self._by_address[address] = self._find(address)
        return self._by_address[address]

    def _find(self, address: str) -> Sender | None:
        try:
            found = ip_address(address)
        except ValueError:  # of a record that was written before senders were told
            return None
        return next((sender for network, sender in self._networks if found in network), None)


def _past(heard_at: datetime, period: timedelta, what: str, now: datetime) -> list[Silent]:
    if now - heard_at < period:
        return []
    reason = f"nothing was heard of {what} since {heard_at:%Y-%m-%d %H:%M:%S} UTC, for {spoken(period)} and more"
    return [Silent(heard_at, reason)]
