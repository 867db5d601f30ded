"""The laws of the fold, for any log of events."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.track.events import START, cleared, command, event, raised
from trapline.protocol import codec
from trapline.protocol.alerts import AlertEvent, EventKind
from trapline.protocol.commands import Action, Command
from trapline.protocol.severity import Severity, worst
from trapline.protocol.status import TargetStatus
from trapline.track.orders import apply_command
from trapline.track.reduce import reduce

KEYS = st.sampled_from(["a", "b", "c"])
SEVERITIES = st.sampled_from([each for each in Severity if each is not Severity.CLEARED])
Log = list[AlertEvent | Command]


@st.composite
def events(draw: st.DrawFn) -> AlertEvent:
    kind = draw(st.sampled_from(EventKind))
    return event(kind, draw(st.integers(0, 4000)), draw(KEYS), draw(SEVERITIES))


COMMANDS = st.builds(
    command, st.sampled_from(Action), st.integers(0, 4000), st.text(max_size=5), st.sampled_from(["", "same"])
)
LOGS: st.SearchStrategy[Log] = st.lists(events() | COMMANDS, max_size=40)
# In order of arrival: no two traps have the same trap_id.
ORDERED = st.lists(events(), max_size=30, unique_by=lambda each: each.trap_id).map(
    lambda log: sorted(log, key=lambda each: each.trap_id)
)


def step(status: TargetStatus | None, each: AlertEvent | Command) -> TargetStatus | None:
    return (apply_command(status, each) if isinstance(each, Command) else reduce(status, each)).status


def fold(log: Log | list[AlertEvent], status: TargetStatus | None = None) -> TargetStatus | None:
    for each in log:
        status = step(status, each)
    return status


@given(LOGS, events() | COMMANDS)
def test_taking_something_twice_is_taking_it_once(log: Log, each: AlertEvent | Command) -> None:
    once = step(fold(log), each)

    assert once == step(once, each)


@given(LOGS, events() | COMMANDS)
def test_what_is_no_change_leaves_the_status_as_it_was_and_a_change_does_not(
    log: Log, each: AlertEvent | Command
) -> None:
    before = fold(log)
    transition = apply_command(before, each) if isinstance(each, Command) else reduce(before, each)

    assert transition.is_change == (transition.status != before)
    assert transition.reason
    assert transition.rule_id


@given(st.data(), ORDERED)
def test_any_interleaving_of_alerts_with_repeats_leaves_the_same_open(
    data: st.DataObject, log: list[AlertEvent]
) -> None:
    queues = [[each for each in log if each.alert_key == key] for key in ("a", "b", "c")]
    interleaved: list[AlertEvent] = []
    while any(queues):
        queue = data.draw(st.sampled_from([queue for queue in queues if queue]))
        interleaved.append(queue.pop(0))
        interleaved.extend(data.draw(st.lists(st.sampled_from(interleaved), max_size=2)))
    expected, found = fold(log), fold(interleaved)

    assert (expected is None) == (found is None)
    if expected is not None and found is not None:
        assert expected.open_alerts == found.open_alerts
        assert expected.severity is found.severity
        assert expected.last_heard_at == found.last_heard_at
        assert {each.alert_key: each.last_trap_id for each in expected.settled} == {
            each.alert_key: each.last_trap_id for each in found.settled
        }


@given(ORDERED, st.sampled_from(EventKind), SEVERITIES, st.data())
def test_an_older_event_never_overwrites_a_newer_state(
    log: list[AlertEvent], kind: EventKind, severity: Severity, data: st.DataObject
) -> None:
    status = fold(log)
    for newer in (each for each in log if each.kind is not EventKind.UPDATE):
        second = (newer.received_at - START).total_seconds()
        older = event(kind, data.draw(st.floats(-60, second - 0.001)), newer.alert_key, severity)

        assert status == reduce(status, older).status


@given(LOGS, st.integers(0, 40))
def test_a_restart_from_the_encoded_status_changes_nothing(log: Log, cut: int) -> None:
    halfway = fold(log[:cut])
    restored = None if halfway is None else codec.decode(codec.encode(halfway), TargetStatus)

    assert fold(log) == fold(log[cut:], restored)


@given(LOGS)
def test_a_status_agrees_with_itself(log: Log) -> None:
    status = fold(log)
    if status is None:
        return

    assert status.severity is worst(alert.severity for alert in status.open_alerts)
    assert (status.severity, status.since) == (status.changes[-1].severity, status.changes[-1].at)
    assert list(status.changes) == sorted(status.changes, key=lambda change: change.at)
    keys = [each.alert_key for each in status.open_alerts] + [each.alert_key for each in status.settled]
    assert len(keys) == len(set(keys))
    assert not (status.acknowledgement and status.severity is Severity.CLEARED)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 500), min_size=1, max_size=400))
def test_a_status_stays_small_however_many_alerts_come_and_go(keys: list[int]) -> None:
    log: list[AlertEvent] = []
    for second, key in enumerate(keys):
        log += [raised(second, str(key)), cleared(second + 0.5, str(key))]
    status = fold(log)

    assert status is not None
    assert len(codec.encode(status)) < 8_000
