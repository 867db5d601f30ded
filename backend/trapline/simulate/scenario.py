"""A scenario file to Scenario. Pure but for `load`. Every error names file, line, value and the way out.

    title: A database falls over
    steps:
      - {at: 0s, do: everything_up}
      - {at: 20s, do: outage, server: claims-db-01, acknowledge_after: 15s, clear_after: 45s}

Rules: a step has a time (`at`, from the start of the scenario; more often with `every` and `until`) and one thing
to `do`; what it names must be in the inventory. docs/simulate.md explains every step.
"""

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import msgspec

from trapline.document import Document, read
from trapline.document import parse as parse_document
from trapline.shape import shaped
from trapline.simulate import catalogue
from trapline.simulate.oem import PACKET_LIMIT
from trapline.site import Inventory

_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(?:\s*\d+(?:\.\d+)?\s*(?:ms|s|m|h))+\s*|\s*\d+(?:\.\d+)?\s*")
_MOST_STARTS = 10_000
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|)")


class Seconds(float):
    """A duration. In a file: 90, 90s, 1m 30s, 500ms, 2h."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """What all steps have: when. `length_s`: from a start to the last packet that it may cause."""

    at: Seconds = Seconds(0)
    every: Seconds | None = None
    until: Seconds | None = None

    @property
    def starts(self) -> tuple[float, ...]:
        """When the step is done, in seconds from the start of the scenario."""
        if self.every is None or self.until is None:
            return (self.at,)
        last = int((self.until - self.at) / self.every + 1e-9)  # 0.3 / 0.1 is a little less than 3
        return tuple(self.at + self.every * number for number in range(last + 1))

    @property
    def length_s(self) -> float:
        return 0.0


class EverythingUp(Step, frozen=True, kw_only=True, tag="everything_up"):
    """Every target of the site says that it is up, in a wave of `over`: now the whole wall is known."""

    over: Seconds = Seconds(3)

    @property
    def length_s(self) -> float:
        return self.over


class ButtonPressed(Step, frozen=True, kw_only=True, tag="test_trap"):
    """OEM's button "Test SNMP Trap": about a host SampleEMTargetHost that does not exist. It clears itself."""

    clear_after: Seconds = Seconds(15)

    @property
    def length_s(self) -> float:
        return self.clear_after


class Trouble(Step, frozen=True, kw_only=True):
    """What can befall a server, or all servers of a tier: it lasts, somebody takes it, it ends."""

    server: str | None = None
    tier: str | None = None
    severity: Literal["FATAL", "CRITICAL", "WARNING", "ADVISORY", "INFORMATIONAL"] = "CRITICAL"
    clear_after: Seconds | None = None
    acknowledge_after: Seconds | None = None
    acknowledged_by: str = "OPERATOR"
    escalate_after: Seconds | None = None
    repeat_every: Seconds | None = None

    @property
    def length_s(self) -> float:
        return max(self.clear_after or 0.0, self.acknowledge_after or 0.0, self.escalate_after or 0.0)


class Outage(Trouble, frozen=True, kw_only=True, tag="outage"):
    """The server's main target is down: event Target Availability, severity FATAL unless said otherwise."""

    severity: Literal["FATAL", "CRITICAL", "WARNING", "ADVISORY", "INFORMATIONAL"] = "FATAL"


class AgentDown(Trouble, frozen=True, kw_only=True, tag="agent_down"):
    """OEM's agent on the server cannot be reached: nobody knows whether any of the server's targets is up."""


class Blackout(Step, frozen=True, kw_only=True, tag="blackout"):
    """Work on the server, or on all servers of a tier, is planned: OEM says so of all targets, and when it ends."""

    server: str | None = None
    tier: str | None = None
    lasts: Seconds

    @property
    def length_s(self) -> float:
        return self.lasts


class MetricAlert(Trouble, frozen=True, kw_only=True, tag="metric_alert"):
    """A measured value crossed its threshold: event Metric Alert. Without `metric` the seed chooses one."""

    metric: str | None = None


class Cascade(Trouble, frozen=True, kw_only=True, tag="cascade"):
    """An outage of `server` that tier after tier feels `step` later; `share` of a tier's servers feel it.

    It ends in the same order: `clear_after` after its start the server is back, then the tiers recover.
    """

    spreads_to: tuple[str, ...]
    step: Seconds = Seconds(5)
    share: float = 0.6
    severity: Literal["FATAL", "CRITICAL", "WARNING", "ADVISORY", "INFORMATIONAL"] = "FATAL"

    @property
    def length_s(self) -> float:
        return super().length_s + self.step * len(self.spreads_to)


class Flapping(Step, frozen=True, kw_only=True, tag="flapping"):
    """The server's main target goes down and comes back every `period`, for as long as `lasts`; it ends up."""

    server: str
    period: Seconds = Seconds(4)
    lasts: Seconds

    @property
    def length_s(self) -> float:
        return self.lasts


class Storm(Step, frozen=True, kw_only=True, tag="storm"):
    """`rate` events a second about servers of the site (or of one tier) for as long as it `lasts`, then all clear."""

    rate: float
    lasts: Seconds
    tier: str | None = None

    @property
    def length_s(self) -> float:
        return self.lasts


class QuietNight(Step, frozen=True, kw_only=True, tag="quiet_night"):
    """Now and then (about `mean_pause` apart) a small thing that clears itself, for as long as it `lasts`."""

    lasts: Seconds
    mean_pause: Seconds = Seconds(20)

    @property
    def length_s(self) -> float:
        return self.lasts


AnyStep = (
    EverythingUp | ButtonPressed | Outage | AgentDown | Blackout | MetricAlert | Cascade | Flapping | Storm | QuietNight
)


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens at a site, and how its OEM sends it.

    `legacy_types`: target types whose notification method is older than OEM 12c: they send oraEM4Alert.
    `agent_addr`: the OMS's address as it stands in v1 traps, for all targets the same (OEM is one sender).
    `packet_limit`: octets above which OEM empties some columns (its snmp_packet_length).
    """

    title: str
    about: str = ""
    oms: str = "oms01.example.com"
    agent_addr: str = "192.0.2.10"
    packet_limit: int = PACKET_LIMIT
    legacy_types: tuple[str, ...] = ()
    steps: tuple[AnyStep, ...]

    @property
    def length_s(self) -> float:
        """From the start to the last packet that a step may cause."""
        return max(step.starts[-1] + step.length_s for step in self.steps)


def load(path: Path, inventory: Inventory) -> Scenario:
    """The scenario in a file. Raises SettingError."""
    return _scenario(read(path, "make it a readable UTF-8 file"), inventory)


def parse(text: str, file: str, inventory: Inventory) -> Scenario:
    """YAML text as Scenario; `file` is for errors. Raises SettingError."""
    return _scenario(parse_document(text, file), inventory)


def seconds(value: object) -> Seconds:
    """A duration as a person writes it. Raises ValueError with the sentence."""
    text = "" if isinstance(value, bool) else str(value)
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{value!r} is no duration; write for example 30s, 1m 30s or 500ms")
    return Seconds(sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)))


def _decode(kind: type, value: object) -> Any:
    assert kind is Seconds  # the only type of ours in these structs
    return seconds(value)


def _scenario(document: Document, inventory: Inventory) -> Scenario:
    scenario = shaped(document, Scenario, _decode)
    if not scenario.steps:
        document.fail("$.steps", "there are no steps; add one, for example {do: everything_up}")
    for number, step in enumerate(scenario.steps):
        for field, sentence in _mistakes(step, inventory):
            document.fail(f"$.steps[{number}].{field}", sentence)
    return scenario


def _mistakes(step: AnyStep, inventory: Inventory) -> list[tuple[str, str]]:
    """(field, sentence) of all that the types cannot say."""
    servers = {server.name: server for server in inventory.servers}
    tiers = [tier.id for tier in inventory.tiers]
    found = []
    if (step.every is None) != (step.until is None):
        found.append(("at", "'every' and 'until' come together: how often, and when it ends"))
    elif step.every is not None and step.until is not None:
        if step.every <= 0 or step.until < step.at:
            times = f"every {step.every:g}s from {step.at:g}s until {step.until:g}s"
            found.append(("every", f"{times} is never; mend the times"))
        elif (step.until - step.at) / step.every > _MOST_STARTS:
            found.append(
                ("every", f"every {step.every:g}s is more than {_MOST_STARTS} times; a storm is made for that")
            )
    if (server := getattr(step, "server", None)) is not None and server not in servers:
        found.append(("server", _unknown("server", server, list(servers))))
    named = [getattr(step, "tier", None), *getattr(step, "spreads_to", ())]
    found += [
        ("tier" if tier == named[0] else "spreads_to", _unknown("tier", tier, tiers))
        for tier in named
        if tier is not None and tier not in tiers
    ]
    if isinstance(step, Trouble | Blackout) and (step.server is None) == (step.tier is None):
        found.append(("at", "say either server: or tier:, so that it is clear whom it befalls"))
    if isinstance(step, Trouble) and step.repeat_every is not None and step.clear_after is None:
        found.append(("repeat_every", "repeats end with the clear; say clear_after: too"))
    if isinstance(step, Cascade) and step.server is None:
        found.append(("tier", "a cascade starts at one server; say server:"))
    if isinstance(step, Cascade) and not 0 < step.share <= 1:
        found.append(("share", f"share is {step.share:g}; it must be above 0 and at most 1"))
    if isinstance(step, Storm) and not 0 < step.rate <= 1e6:
        found.append(("rate", f"rate is {step.rate:g} events a second; it must be above 0 and at most 1000000"))
    found += [
        (field, f"{field} is {value:g}s; it must be longer than nothing")
        for field in ("repeat_every", "period", "lasts", "mean_pause")
        if (value := getattr(step, field, None)) is not None and value <= 0
    ]
    if isinstance(step, MetricAlert) and step.metric is not None and step.server in servers:
        types = [target.type for target in catalogue.targets_of(servers[step.server])]
        known = [metric.id for kind in types for metric in catalogue.metrics(kind)]
        if step.metric not in known:
            found.append(("metric", _unknown(f"metric of {step.server}", step.metric, known)))
    return found


def _unknown(what: str, name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known[:12]) or 'none'}"
    return f"there is no {what} {name!r}; {hint}"
