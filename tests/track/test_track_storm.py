"""A storm is folded, and counted to the last alert."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.track.events import at, cleared, command, due_commands, fold, raised, status_after
from trapline.protocol import codec
from trapline.protocol.alerts import AlertEvent, Link
from trapline.protocol.commands import Action
from trapline.protocol.severity import Severity
from trapline.protocol.status import MORE_KEY, OpenAlert, TargetStatus, count_open
from trapline.track.reduce import reduce
from trapline.track.storm import ALERT_OCTETS, USUAL, Limits, Senders

FIVE = Limits(open_alerts=5, told_per_minute=3)


def flood(count: int, severity: Severity = Severity.MINOR) -> list[AlertEvent]:
    return [raised(n, f"key {n}", severity) for n in range(count)]


def after(*log: AlertEvent, limits: Limits = FIVE) -> TargetStatus:
    status: TargetStatus | None = None
    for each in log:
        status = reduce(status, each, limits).status
    assert status is not None
    return status


def more_of(status: TargetStatus) -> OpenAlert | None:
    return next((each for each in status.open_alerts if each.alert_key == MORE_KEY), None)


def test_alerts_beyond_the_bound_are_counted_in_one() -> None:
    status = after(*flood(12))
    more = more_of(status)

    assert more is not None
    assert (6, 7, "track.storm") == (len(status.open_alerts), more.occurrences, more.rule_id)
    assert 12 == count_open(status.open_alerts)
    assert "and 7 more that are not kept one by one: too many alerts are open on this target" == more.message
    assert "one of more than are kept one by one: OEM says so" == status.reason


def test_the_worst_is_shown_though_it_is_not_kept_by_key() -> None:
    assert Severity.CRITICAL is after(*flood(12), raised(20, "fire", Severity.CRITICAL), raised(21, "more")).severity


def test_an_alert_that_is_kept_is_raised_and_cleared_as_ever() -> None:
    status = after(*flood(12), raised(20, "key 0"), cleared(21, "key 1"))

    assert 2 == next(each.occurrences for each in status.open_alerts if each.alert_key == "key 0")
    assert [7] == [each.occurrences for each in status.open_alerts if each.alert_key == MORE_KEY]
    assert "key 13" in {
        each.alert_key for each in after(*flood(12), cleared(21, "key 1"), raised(22, "key 13")).open_alerts
    }


def test_clears_of_those_that_are_not_kept_end_them_one_by_one() -> None:
    clears = [cleared(20 + n, f"key {n}") for n in range(5, 12)]

    assert [6, 5, 4, 3, 2, 1] == [(more_of(after(*flood(12), *clears[:n])) or _none()).occurrences for n in range(1, 7)]
    assert more_of(after(*flood(12), *clears)) is None
    assert after(*flood(12), *clears, clears[-1]) == after(*flood(12), *clears)


def test_one_that_is_not_kept_is_counted_once_however_often_it_is_raised() -> None:
    again = [raised(20 + n, f"key {n}") for n in range(5, 12)]

    assert 7 == (more_of(after(*flood(12), *again)) or _none()).occurrences
    assert 6 == (more_of(after(*flood(12), *again, cleared(40, "key 7"))) or _none()).occurrences


def test_a_clear_of_what_was_never_open_ends_none_of_those_that_are_not_kept() -> None:
    assert 7 == (more_of(after(*flood(12), cleared(20, "never open"))) or _none()).occurrences


def test_past_the_keys_that_are_remembered_the_count_goes_on() -> None:
    status = after(*flood(3_100), cleared(4_000, "key 3050"), cleared(4_001, "key 7"))

    assert 3_100 - 5 - 2 == (more_of(status) or _none()).occurrences
    assert 2_999 == len(status.memory.folded)
    assert after(*flood(3_100), limits=Limits()).severity is Severity.MINOR
    assert len(codec.encode(after(*flood(3_100), limits=Limits()))) < 150_000


def test_a_repeat_of_one_that_is_not_kept_is_not_counted_again() -> None:
    log = flood(12)

    assert after(*log) == after(*log, *log)


def test_what_is_folded_ends_a_day_after_the_last_of_it() -> None:
    status = status_after(*flood(112))
    wishes = [each for each in due_commands(status, at(111 + 24 * 3600)) if each.action is Action.EXPIRE]
    ended = status_after(*flood(112), *wishes)

    assert [f"expire/{MORE_KEY}/{flood(112)[-1].trap_id}"] == [each.command_id for each in wishes]
    assert [] == [each for each in due_commands(status, at(110 + 24 * 3600)) if each.action is Action.EXPIRE]
    assert (100, ()) == (len(ended.open_alerts), ended.memory.folded)


def test_an_alert_with_too_many_words_keeps_its_severity_and_says_so() -> None:
    links = tuple(Link(label="OEM", url="https://oem.example.com/" + "x" * 1000) for _ in range(10))
    (alert,) = after(raised(1, message="y" * 9_000, links=links)).open_alerts

    assert len(codec.encode(alert)) <= ALERT_OCTETS
    assert (Severity.MAJOR, (), "y" * 300 + "…") == (alert.severity, alert.links, alert.message)
    assert alert.caveats[0].endswith("are cut short; the topic alerts has them all")


def test_when_a_storm_is_over_the_clock_tells_what_was_not_told() -> None:
    storm = [raised(n / 100, "one") for n in range(1000)]
    (wish,) = due_commands(status_after(*storm), at(60))
    decision = fold(*storm, wish)

    assert [] == due_commands(status_after(*storm), at(59))
    assert "major after many events; 940 steps before it are counted, not told one by one" == decision.reason
    assert (True, "track.settle") == (decision.is_history, decision.rule_id)
    assert [] == due_commands(status_after(*storm, wish), at(9999))


def test_a_clock_that_was_ahead_for_a_moment_does_not_silence_the_history() -> None:
    ahead = 365 * 24 * 3600
    told = [fold(raised(ahead), *(raised(n, f"key {n}") for n in range(count))).is_history for count in (1, 30, 90)]
    senders = Senders(Limits(told_per_sender=1))
    for each in (raised(ahead), raised(1)):
        senders.limits_for(each)
    senders.told(raised(ahead))

    assert [True, True, True] == told
    assert 60 == senders.limits_for(raised(600)).told_per_minute


def test_an_operators_command_is_told_in_any_storm() -> None:
    assert fold(*(raised(n / 100, "one") for n in range(1000)), command(Action.ACKNOWLEDGE, 11)).is_history


def test_a_sender_that_storms_over_many_targets_tells_one_step_a_minute_of_each_and_counts_the_others() -> None:
    senders = Senders(Limits(told_per_sender=10))
    statuses: dict[int, TargetStatus | None] = dict.fromkeys(range(20))
    told, signals = 0, 0
    for number in range(200):
        each = raised(number / 10, str(number))
        step = reduce(statuses[number % 20], each, senders.limits_for(each))
        statuses[number % 20] = step.status
        told += step.is_history
        signals += step.is_history and senders.told(each)

    assert (20, 1) == (told, signals)  # the first ten as usual, then one of each target that had told none
    assert 180 == sum(each.memory.telling.untold for each in statuses.values() if each and each.memory.telling)


def test_one_storming_sender_takes_nothing_from_another_and_the_next_minute_is_new() -> None:
    senders = Senders(Limits(told_per_sender=1))
    calm = msgspec.structs.replace(raised(2).provenance, source_addr="192.0.2.99")
    senders.limits_for(raised(1))
    senders.told(raised(1))

    assert 1 == senders.limits_for(raised(2)).told_per_minute
    assert not reduce(after(raised(9)), raised(2), senders.limits_for(raised(2))).is_history  # too late
    assert reduce(after(raised(9)), raised(2), USUAL).is_history
    assert 60 == senders.limits_for(raised(2, provenance=calm)).told_per_minute
    assert 60 == senders.limits_for(raised(61)).told_per_minute


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=80))
def test_every_step_is_told_or_counted(log: list[tuple[bool, int]]) -> None:
    status: TargetStatus | None = None
    told = counted = 0
    for second, (is_raise, key) in enumerate(log):
        before = status.memory.telling.untold if status and status.memory.telling else 0
        step = reduce(status, (raised if is_raise else cleared)(second, str(key)), FIVE)
        status, told = step.status, told + step.is_history
        now = status.memory.telling.untold if status and status.memory.telling else 0
        counted += max(0, now - before)

        assert status is not None
        assert len(status.open_alerts) <= FIVE.open_alerts + 1
    assert len(log) == told + counted


def _none() -> OpenAlert:
    raise AssertionError("nothing is folded")
