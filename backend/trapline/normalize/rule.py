"""A rule as it is used: conditions, and what the event says. `rulebook` makes them from YAML, `match` uses them.

Pure. Conditions compare texts as they came, without the white space around them; tables ignore case as well.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Generic, NamedTuple, TypeVar

import msgspec

from trapline.normalize.template import Expression, Template, Text, Values
from trapline.protocol.alerts import EventKind
from trapline.protocol.severity import Severity
from trapline.protocol.traps import Trap

V = TypeVar("V", EventKind, Severity, bool)


class Condition(NamedTuple):
    """What one varbind, or the first of some that has a value, has to be. Exactly one of the last four is set.

    `is_sent`: whether the varbind is in the trap at all, be it empty.
    """

    name: str
    of: Expression
    accepted: frozenset[str] | None = None
    pattern: re.Pattern[str] | None = None
    is_present: bool | None = None
    is_sent: bool | None = None

    def holds(self, values: Values) -> bool:
        if self.is_sent is not None:
            return any(key in values for key in self.of.keys) == self.is_sent
        text = self.of.render(values)
        if self.accepted is not None:
            return text in self.accepted
        if self.pattern is not None:
            return self.pattern.search(text) is not None
        return bool(text) == self.is_present

    @property
    def sentence(self) -> str:
        """What is wanted, for the reason of a trap that no rule took."""
        if self.accepted is not None:
            return f"{self.name} to be {' or '.join(sorted(self.accepted))}"
        if self.pattern is not None:
            return f"{self.name} to fit {self.pattern.pattern}"
        if self.is_sent is not None:
            return f"{self.name} to be {'in the trap' if self.is_sent else 'left out of the trap'}"
        return f"{self.name} to {'have a' if self.is_present else 'be without'} value"


Conditions = tuple[tuple[Condition, ...], ...]
"""Sets of conditions: all of one set must hold."""


def hold(conditions: Conditions, values: Values) -> bool:
    """Whether all conditions of one of the sets hold."""
    for each in conditions:
        for condition in each:
            if not condition.holds(values):
                break
        else:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Choice(Generic[V]):
    """A value by table: `table` holds it for each text (case folded) of `by`; `otherwise` for all others.

    A choice without `by` is a constant, in `otherwise`.
    """

    by: Text | None
    table: Mapping[str, V]
    otherwise: V | None

    def take(self, values: Values) -> tuple[V | None, str | None]:
        """The value, and the text that no row of the table knows (None when one does)."""
        if self.by is None:
            return self.otherwise, None
        text = self.by.render(values)
        found = self.table.get(text.casefold())
        return (self.otherwise, text) if found is None else (found, None)


class IncidentTexts(msgspec.Struct, frozen=True):
    """Where the fields of `alerts.Incident` come from. Without an id there is no incident."""

    id: Text
    owner: Text | None = None
    is_acknowledged: Choice[bool] | None = None
    status: Text | None = None
    priority: Text | None = None
    escalation: Text | None = None


class LinkTexts(NamedTuple):
    """A link; left out when its URL is empty."""

    label: Template
    url: Template


class Renamed(NamedTuple):
    """A text that a table (keys case folded) translates; what is in no row stays as it is."""

    by: Text
    table: Mapping[str, str]

    def render(self, values: Values) -> str:
        text = self.by.render(values)
        return self.table.get(text.casefold(), text)


class Caveat(NamedTuple):
    """A sentence that an event carries when its conditions hold."""

    when: Conditions
    say: Text


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. `place`: its file and line, for people."""

    id: str
    place: str
    trap_oids: frozenset[str]
    trap_oid_prefixes: tuple[str, ...]
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    security_names: frozenset[str] = frozenset()
    conditions: Conditions = ()
    target_name: Text
    target_type: Text | Renamed
    target_host: Text | None
    properties: tuple[tuple[str, Text], ...] = ()
    property_list: Text | None = None
    kind: Choice[EventKind]
    severity: Choice[Severity]
    alert_key: Text
    message: Text
    reason: Text
    occurred_text: Text | None = None
    event_type: Text | None = None
    root_cause: Text | None = None
    expires_after: timedelta | None = None
    incident: IncidentTexts | None = None
    links: tuple[LinkTexts, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    test_when: Conditions = ()

    def is_for(self, trap_oid: str) -> bool:
        return trap_oid in self.trap_oids or trap_oid.startswith(self.trap_oid_prefixes)

    def takes(self, trap: Trap, values: Values) -> bool:
        """Whether the trap, whose OID is this rule's, fulfils everything else too."""
        return (
            (not self.security_names or trap.security_name in self.security_names)
            and (not self.networks or _is_in(trap.source_addr, self.networks))
            and (not self.conditions or hold(self.conditions, values))
        )

    def objection(self, trap: Trap, values: Values) -> str:
        """Why this rule does not take the trap."""
        if self.security_names and trap.security_name not in self.security_names:
            return f"wants security_name to be {' or '.join(sorted(self.security_names))}"
        if self.networks and not _is_in(trap.source_addr, self.networks):
            return f"wants the sender to be in {' or '.join(map(str, self.networks))}"
        unmet = (next(condition for condition in each if not condition.holds(values)) for each in self.conditions)
        return f"wants {', or '.join(condition.sentence for condition in unmet)}"


def _is_in(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
