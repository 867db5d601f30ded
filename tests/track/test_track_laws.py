"""The laws of the fold, for any log of events and commands."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.track.events import DATABASE, START, at, cleared, command, due_commands, event, raised
from trapline.kafka.records import Input
from trapline.protocol import codec, topics
from trapline.protocol.alerts import AlertEvent, EventKind
from trapline.protocol.commands import Action, Command, MaintenanceWindow
from trapline.protocol.severity import Severity, worst
from trapline.protocol.status import Memory, Retirement, TargetStatus
from trapline.settings import load
from trapline.track.component import Tracker
from trapline.track.decide import NOBODY, Known, decide
from trapline.track.lapse import lapse
from trapline.track.reduce import reduce
from trapline.track.timers import due_at

KEYS = st.sampled_from(["a", "b", "c"])
SEVERITIES = st.sampled_from([each for each in Severity if each is not Severity.CLEARED])
KINDS = st.sampled_from(EventKind)
SECONDS = st.integers(0, 4000)
Log = list[AlertEvent | Command]


@st.composite
def events(draw: st.DrawFn) -> AlertEvent:
    second = draw(SECONDS)
    return event(
        draw(KINDS),
        second,
        draw(KEYS),
        draw(SEVERITIES),
        expires_at=draw(st.sampled_from([None, at(second + 100)])),
    )


@st.composite
def lasting(draw: st.DrawFn) -> AlertEvent:
    return event(draw(KINDS), draw(SECONDS), draw(KEYS), draw(SEVERITIES))


@st.composite
def replays(draw: st.DrawFn) -> AlertEvent:
    return event(
        draw(KINDS),
        draw(SECONDS),
        draw(KEYS),
        draw(SEVERITIES),
        replay_id=draw(st.sampled_from(["r1", "r2"])),
        replaces=draw(st.none() | KINDS),
    )


@st.composite
def commands(draw: st.DrawFn) -> Command:
    action, second = draw(st.sampled_from(Action)), draw(SECONDS)
    fields = {
        "until": draw(st.sampled_from([None, at(second + 50)])),
        "window_id": draw(st.sampled_from([None, "w", "a"])),
        "window": draw(st.none() | st.just(MaintenanceWindow(window_id="w", from_at=at(second)))),
        "alert_key": draw(st.none() | KEYS),
    }
    return command(action, second, draw(st.text(max_size=5)), draw(st.sampled_from(["", "same"])), **fields)


LOGS: st.SearchStrategy[Log] = st.lists(events() | replays() | commands(), max_size=40)
RECORDS = events() | replays() | commands()
# In order of arrival: no two traps have the same trap_id.
ORDERED = st.lists(lasting(), max_size=30, unique_by=lambda each: each.trap_id).map(
    lambda log: sorted(log, key=lambda each: each.trap_id)
)


def known_after(log: Sequence[AlertEvent | Command], known: Known = NOBODY) -> Known:
    for each in log:
        known = decide(known, each).known
    return known


def fold(log: Sequence[AlertEvent | Command]) -> TargetStatus | None:
    return known_after(log).status


@given(LOGS, RECORDS)
def test_taking_something_twice_is_taking_it_once(log: Log, each: AlertEvent | Command) -> None:
    once = known_after([*log, each])

    assert once == decide(once, each).known


@given(LOGS, RECORDS)
def test_what_is_no_change_leaves_what_is_known_as_it_was_and_every_decision_has_a_reason(
    log: Log, each: AlertEvent | Command
) -> None:
    before = known_after(log)
    decision = decide(before, each)

    # The shell writes what is another object.
    assert (decision.known.status is not before.status) == (decision.known.status != before.status)
    assert (decision.known.retirement is not before.retirement) == (decision.known.retirement != before.retirement)
    assert decision.reason
    assert decision.rule_id


@given(LOGS)
def test_a_retired_target_has_no_status_until_somebody_restores_it(log: Log) -> None:
    known = NOBODY
    for each in log:
        before, known = known, decide(known, each).known
        assert known.status is None or known.retirement is None
        if before.retirement is not None and known.retirement is None:
            assert isinstance(each, Command)
            assert each.action is Action.RESTORE


@given(st.data(), LOGS)
def test_whatever_comes_again_at_any_time_changes_nothing(data: st.DataObject, log: Log) -> None:
    """But for an update, which nobody remembers where it was about no open alert; and for what was refused."""
    # No two different events have one identity: what a trap, or one replay of it, says about a key is one event.
    once: Log = [cleared(-1, "known")]
    once += {
        _identity(each): each
        for each in (
            msgspec.structs.replace(each, command_id=f"c{n}") if isinstance(each, Command) else each
            for n, each in enumerate(log)
        )
    }.values()
    often: Log = []
    for each in once:
        often.append(each)
        again = [known for known in often if isinstance(known, Command) or known.kind is not EventKind.UPDATE]
        often.extend(data.draw(st.lists(st.sampled_from(again), max_size=1)) if again else [])

    assert _shown(known_after(once)) == _shown(known_after(often))


def _identity(each: AlertEvent | Command) -> tuple[str, ...]:
    if isinstance(each, Command):
        return (each.command_id,)
    return each.trap_id, each.alert_key, each.replay_id


def _shown(known: Known) -> object:
    """What people see of it when all that is timed has ended: all but how much of it was told."""
    status = known.retirement.last_status if known.retirement else known.status
    if status is None:
        return None
    plain = msgspec.structs.replace(lapse(status, at(9_000)).status, reason="", rule_id="", memory=Memory())
    return plain, known.retirement and (known.retirement.operator, known.retirement.at, known.retirement.heard)


@given(LOGS, st.integers(0, 40), st.integers(0, 40))
def test_a_target_that_was_retired_and_restored_is_as_if_nobody_had(log: Log, begin: int, length: int) -> None:
    ours = {Action.RETIRE, Action.RESTORE}
    log = [each for each in log if not (isinstance(each, Command) and (each.action in ours or begin % 2))]
    before, meanwhile = log[:begin], [each for each in log[begin : begin + length] if isinstance(each, AlertEvent)]
    if known_after(before).status is None:
        return
    wishes = [command(action, 9_000, command_id=action) for action in (Action.RETIRE, Action.RESTORE)]
    after = fold([*before, wishes[0], *meanwhile, wishes[1]])
    tick = command(Action.SETTLE, 9_000)
    never = fold([*before, *meanwhile, tick])

    assert after is not None
    assert never is not None
    assert (after.open_alerts, after.severity, after.since, after.changes, after.windows, after.settled) == (
        never.open_alerts,
        never.severity,
        never.since,
        never.changes,
        never.windows,
        never.settled,
    )


@given(LOGS, st.lists(st.integers(0, 6), max_size=40), st.booleans())
def test_however_a_log_is_cut_into_batches_the_last_written_is_its_fold(
    log: Log, sizes: list[int], is_restarted: bool
) -> None:
    inputs = [
        Input("commands" if isinstance(each, Command) else "alerts", 3, n, DATABASE.id.encode(), codec.encode(each))
        for n, each in enumerate(log)
    ]
    ours, stored = Tracker(load({})), dict[topics.Topic, bytes | None]()
    ours._known = {3: {}}
    for size in (*sizes, len(inputs)):
        batch, inputs = inputs[:size], inputs[size:]
        for output in ours.process(batch):
            stored[output.topic] = output.value
        if is_restarted:
            ours = Tracker(load({}))
            ours._known = {3: {}}
            for topic in (topics.RETIREMENTS, topics.STATUS):
                ours._restore(Input(topic.name, 3, 0, DATABASE.id.encode(), stored.get(topic)))
    status, retired = stored.get(topics.STATUS), stored.get(topics.RETIREMENTS)

    assert known_after(log) == Known(
        codec.decode(status, TargetStatus) if status else None, codec.decode(retired, Retirement) if retired else None
    )


@given(LOGS, st.integers(0, 200_000))
def test_what_the_clock_decides_is_done_when_it_is_read_and_not_due_again(log: Log, later: int) -> None:
    known = known_after(log)
    if known.status is None:
        return
    now = at(later)
    wishes = due_commands(known.status, now)
    after = known_after(wishes, known)
    is_due = (moment := due_at(known.status)) is not None and moment <= now

    assert is_due == bool(wishes)
    assert after.status is not None
    left = due_at(after.status)
    assert left is None or left > now
    assert after == known_after([*wishes, *wishes], known)


@given(LOGS)
def test_everything_that_is_timed_ends_in_the_end(log: Log) -> None:
    known = known_after(log)
    for _ in range(10):
        if known.status is None or (moment := due_at(known.status)) is None:
            break
        known = known_after([*due_commands(known.status, moment + timedelta(days=2))], known)

    assert known.status is None or due_at(known.status) is None


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


@given(ORDERED, KINDS, SEVERITIES, st.data())
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
    halfway = known_after(log[:cut])
    restored = Known(
        halfway.status and codec.decode(codec.encode(halfway.status), TargetStatus),
        halfway.retirement and codec.decode(codec.encode(halfway.retirement), Retirement),
    )

    assert known_after(log) == known_after(log[cut:], restored)


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
