"""Scenario, inventory and seed to the events, in order of time. Pure and lazy: a storm costs no memory.

Rules:
- Every start of every step draws from a random generator of its own, named by seed, step and start: a step more
  in a file changes nothing about the others.
- An issue keeps its sequence id from raise to clear; the next time it happens is another issue (OEM's rule).
- FATAL and CRITICAL events have an incident, as OEM's shipped rule set makes one; it is acknowledged and escalated by
  updates.
- Equal times come in the order of the file.
"""

from collections.abc import Iterator
from heapq import merge
from operator import attrgetter, itemgetter
from random import Random

from msgspec.structs import replace

from trapline.protocol.alerts import Incident, Target
from trapline.simulate.catalogue import Metric, kind, metrics, targets_of
from trapline.simulate.oem import Event
from trapline.simulate.scenario import (
    AgentDown,
    AnyStep,
    Blackout,
    Cascade,
    EverythingUp,
    Flapping,
    MetricAlert,
    Outage,
    QuietNight,
    Scenario,
    Storm,
    Trouble,
)
from trapline.site import Inventory, Server

_BY_TIME = attrgetter("at_s")
_ENDS = {"AGENT DOWN": "AGENT UP", "BLACKOUT": "BLACKOUT END"}
_TEST_TARGET = Target(name="SampleEMTarget", type="host", host="SampleEMTargetHost")


def timeline(scenario: Scenario, inventory: Inventory, seed: int) -> Iterator[Event]:
    """All events of the scenario, in order of `at_s`."""
    return merge(
        *(
            _events(step, at_s, inventory, Random(f"{seed}/{number}/{turn}"))  # noqa: S311  (a play, no secret)
            for number, step in enumerate(scenario.steps)
            for turn, at_s in enumerate(step.starts)
        ),
        key=_BY_TIME,
    )


def cleared(event: Event, at_s: float) -> Event:
    """The clear that ends the issue of an event."""
    about = kind(event.target.type)
    state = _ENDS.get(event.state, "UP")
    message = f"The {about.noun} is up"
    if event.metric:
        message = f"CLEARED - {event.metric.label} is back within its thresholds."
        state = ""
    elif state == "BLACKOUT END":
        message = "The planned work is done"
    return replace(
        event,
        at_s=at_s,
        occurred_at_s=at_s,
        severity="CLEAR",
        message=message,
        state=state,
        notification_type="NOTIF_NORMAL",
        repeat_count=0,
        incident=event.incident and replace(event.incident, status="Closed"),
    )


def _events(step: AnyStep, at_s: float, inventory: Inventory, rng: Random) -> Iterator[Event]:
    if isinstance(step, Storm):
        return _storm(step, at_s, _chosen(inventory, None, step.tier), rng)
    events: list[Event]
    if isinstance(step, EverythingUp):
        events = _everything_up(step, at_s, inventory, rng)
    elif isinstance(step, Cascade):
        events = _cascade(step, at_s, inventory, rng)
    elif isinstance(step, Outage | MetricAlert):
        events = []
        for server in _chosen(inventory, step.server, step.tier):
            raised = _down(server, at_s, rng)
            if isinstance(step, MetricAlert):
                target, metric = _metric_of(server, step.metric, rng)
                raised = _metric_alert(target, server.tier, metric, at_s, rng)
            events += _course(step, replace(raised, severity=step.severity), rng)
    elif isinstance(step, AgentDown):
        unknown = _of_all_targets(_chosen(inventory, step.server, step.tier), at_s, rng)
        told = [replace(each, state="AGENT DOWN", message="Agent is unreachable") for each in unknown]
        events = [each for raised in told for each in _course(step, replace(raised, severity=step.severity), rng)]
    elif isinstance(step, Blackout):
        planned = _of_all_targets(_chosen(inventory, step.server, step.tier), at_s, rng)
        events = []
        for each in planned:
            begun = replace(each, state="BLACKOUT", severity="INFORMATIONAL", message="Planned work has begun")
            events += [begun, cleared(begun, at_s + step.lasts)]
    elif isinstance(step, Flapping):
        events = _flapping(step, at_s, _chosen(inventory, step.server, None)[0], rng)
    elif isinstance(step, QuietNight):
        events = _quiet_night(step, at_s, _chosen(inventory, None, None), rng)
    else:
        test = _metric_alert(_TEST_TARGET, "test", metrics("host")[0], at_s, rng)
        events = [test, cleared(test, at_s + step.clear_after)]
    return iter(sorted(events, key=_BY_TIME))


def _chosen(inventory: Inventory, server: str | None, tier: str | None) -> list[Server]:
    return [each for each in inventory.servers if server in {None, each.name} and tier in {None, each.tier}]


def _sequence_id(rng: Random) -> str:
    return rng.randbytes(16).hex().upper()


def _incident(rng: Random) -> Incident:
    return Incident(
        id=str(rng.randrange(10_000, 1_000_000)), is_acknowledged=False, status="New", priority="None", escalation="0"
    )


def _down(server: Server, at_s: float, rng: Random) -> Event:
    target = targets_of(server)[0]
    return Event(
        at_s=at_s,
        occurred_at_s=at_s,
        target=target,
        tier=server.tier,
        severity="FATAL",
        message=f"The {kind(target.type).noun} is down",
        sequence_id=_sequence_id(rng),
        state="DOWN",
    )


def _of_all_targets(servers: list[Server], at_s: float, rng: Random) -> list[Event]:
    """An event about each target of the servers, each an issue of its own."""
    return [replace(_down(server, at_s, rng), target=target) for server in servers for target in targets_of(server)]


def _metric_of(server: Server, name: str | None, rng: Random) -> tuple[Target, Metric]:
    known = [(target, metric) for target in targets_of(server) for metric in metrics(target.type)]
    return next((pair for pair in known if pair[1].id == name), None) or rng.choice(known)


def _metric_alert(target: Target, tier: str, metric: Metric, at_s: float, rng: Random) -> Event:
    value = f"{rng.uniform(metric.low, metric.high):.{2 if metric.unit == '%' else 0}f}"
    return Event(
        at_s=at_s,
        occurred_at_s=at_s,
        target=target,
        tier=tier,
        severity="WARNING",
        message=metric.message.format(value=value),
        sequence_id=_sequence_id(rng),
        metric=metric,
        value=value,
    )


def _course(step: Trouble, raised: Event, rng: Random) -> list[Event]:
    """An issue from its raise over repeats and acknowledgement to its clear."""
    if raised.severity in {"FATAL", "CRITICAL"}:
        raised = replace(raised, incident=_incident(rng))
    ends_at_s = raised.at_s + step.clear_after if step.clear_after is not None else None
    taken = {"owner": step.acknowledged_by, "is_acknowledged": True, "status": "Work in Progress"}
    later = ((step.acknowledge_after, taken), (step.escalate_after, {"escalation": "1", "priority": "High"}))
    events = [raised]
    for after_s, changed in sorted(((s, changed) for s, changed in later if s is not None), key=itemgetter(0)):
        at_s = raised.at_s + after_s
        if ends_at_s is None or at_s < ends_at_s:
            incident = events[-1].incident and replace(events[-1].incident, **changed)
            events.append(replace(raised, at_s=at_s, incident=incident))
    said, count = tuple(events), 1
    if step.repeat_every is not None and ends_at_s is not None:
        while (at_s := raised.at_s + count * step.repeat_every) < ends_at_s:
            latest = [each for each in said if each.at_s <= at_s][-1]
            events.append(replace(latest, at_s=at_s, notification_type="NOTIF_REPEAT", repeat_count=count))
            count += 1
    return events if ends_at_s is None else [*events, cleared(said[-1], ends_at_s)]


def _everything_up(step: EverythingUp, at_s: float, inventory: Inventory, rng: Random) -> list[Event]:
    targets = [(target, server) for server in inventory.servers for target in targets_of(server)]
    pause_s = step.over / max(len(targets), 1)
    return [
        cleared(replace(_down(server, at_s, rng), target=target), at_s + number * pause_s)
        for number, (target, server) in enumerate(targets)
    ]


def _cascade(step: Cascade, at_s: float, inventory: Inventory, rng: Random) -> list[Event]:
    root = _down(_chosen(inventory, step.server, None)[0], at_s, rng)
    root = replace(root, severity=step.severity, root_cause_status="Root Cause")
    events = _course(step, root, rng)
    for number, tier in enumerate(step.spreads_to):
        servers = _chosen(inventory, None, tier)
        for server in rng.sample(servers, max(1, round(step.share * len(servers)))) if servers else ():
            delay_s = step.step * (number + rng.uniform(0.6, 1.0))
            target = targets_of(server)[0]
            felt = _metric_alert(target, tier, rng.choice(metrics(target.type)), at_s + delay_s, rng)
            felt = replace(
                felt,
                severity="CRITICAL" if rng.random() < 0.5 else "WARNING",
                root_cause=f"Caused by: {root.target.name} ({root.message})",
                root_cause_status="Symptom",
            )
            events += _course(step, felt, rng)
    return events


def _flapping(step: Flapping, at_s: float, server: Server, rng: Random) -> list[Event]:
    events = []
    for number in range(int(step.lasts / step.period)):
        down = replace(_down(server, at_s + number * step.period, rng), incident=_incident(rng))
        events += [down, cleared(down, down.at_s + step.period / 2)]
    return events


def _quiet_night(step: QuietNight, at_s: float, servers: list[Server], rng: Random) -> list[Event]:
    events = []
    ends_at_s = at_s + step.lasts
    while servers and (at_s := at_s + rng.expovariate(1 / step.mean_pause)) < ends_at_s:
        server = rng.choice(servers)
        target, metric = _metric_of(server, None, rng)
        small = _metric_alert(target, server.tier, metric, at_s, rng)
        small = replace(small, severity=rng.choice(("WARNING", "ADVISORY")))
        events += [small, cleared(small, min(at_s + rng.uniform(0.5, 1.5) * step.mean_pause, ends_at_s))]
    return events


def _storm(step: Storm, starts_at_s: float, servers: list[Server], rng: Random) -> Iterator[Event]:
    """Raises, repeats, worse and better ones, clears, over all targets; at the end whatever is open clears."""
    targets = [(target, server.tier) for server in servers for target in targets_of(server)]
    open_: dict[str, Event] = {}
    count = round(step.rate * step.lasts) if targets else 0
    for number in range(count):
        at_s = starts_at_s + number / step.rate
        target, tier = targets[int(rng.random() * len(targets))]
        chance = rng.random()
        before = open_.get(target.id)
        if before is None:
            now = _metric_alert(target, tier, rng.choice(metrics(target.type)), at_s, rng)
            if chance < 0.5:
                now = replace(now, severity="CRITICAL", incident=_incident(rng))
        elif chance < 0.3:
            now = cleared(before, at_s)
        elif chance < 0.6:
            worse = "WARNING" if before.severity == "CRITICAL" else "CRITICAL"
            now = replace(
                before,
                at_s=at_s,
                severity=worse,
                notification_type="NOTIF_NORMAL",
                incident=before.incident or _incident(rng),
            )
        else:
            now = replace(before, at_s=at_s, notification_type="NOTIF_REPEAT", repeat_count=before.repeat_count + 1)
        if now.is_clear:
            del open_[target.id]
        else:
            open_[target.id] = now
        yield now
    for number, event in enumerate(open_.values(), start=count):
        yield cleared(event, starts_at_s + number / step.rate)
