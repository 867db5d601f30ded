"""What a replay writes: from what traps said until now to what corrected rules say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.normalize.traps import trap as make_trap
from trapline.normalize.match import match
from trapline.normalize.replay import Difference, Said, differences
from trapline.normalize.rulebook import RuleBook, RuleFile, load
from trapline.protocol import codec
from trapline.protocol.alerts import AlertEvent, EventKind
from trapline.protocol.traps import Trap

OID = "1.3.6.1.4.1.99999.0.1"


def rules(**changed: Any) -> RuleBook:
    """One rule that takes the trap; None takes a line away."""
    lines = {
        "kind": "raise",
        "severity": "major",
        "alert_key": "k",
        "name": "one",
        "id": "r",
        "trap_oid": OID,
    } | changed
    return load(
        [
            RuleFile(
                "r.yaml",
                f"""
rules:
  - id: {lines["id"]}
    match: {{trap_oid: {lines["trap_oid"]}}}
    target: {{name: {lines["name"]}, type: t}}
    kind: {lines["kind"]}
    severity: {lines["severity"]}
    alert_key: {lines["alert_key"]}
    message: {lines.get("message", "m")}
    reason: because
""",
            )
        ]
    )


NONE = rules(trap_oid="1.3.6.1.4.1.99999.0.2")
TRAP = make_trap(OID)


def said_by(rulebook: RuleBook, trap: Trap = TRAP) -> Said:
    said = Said()
    decided = match(trap, rulebook)
    if isinstance(decided, AlertEvent):
        said.hear(decided, codec.encode(decided))
    return said


def run(said: Said, rulebook: RuleBook, replay_id: str = "1") -> list[Difference]:
    """One replay, whose events are heard as they would be read from `alerts`."""
    found = list(differences(TRAP, said.of(TRAP.trap_id), rulebook, replay_id))
    for each in found:
        said.hear(each.event, codec.encode(each.event))
    return found


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        pytest.param(NONE, rules(), [("t:one", "k", "raise", None)], id="nothing, then a raise"),
        pytest.param(rules(), rules(severity="minor"), [("t:one", "k", "raise", "raise")], id="another severity"),
        pytest.param(rules(), rules(message="other"), [("t:one", "k", "raise", "raise")], id="other words"),
        pytest.param(rules(), rules(kind="clear"), [("t:one", "k", "clear", "raise")], id="a clear instead"),
        pytest.param(
            rules(),
            rules(alert_key="k2"),
            [("t:one", "k", "withdraw", "raise"), ("t:one", "k2", "raise", None)],
            id="another key",
        ),
        pytest.param(
            rules(),
            rules(name="two"),
            [("t:one", "k", "withdraw", "raise"), ("t:two", "k", "raise", None)],
            id="another target",
        ),
        pytest.param(rules(), NONE, [("t:one", "k", "withdraw", "raise")], id="nothing any more"),
        pytest.param(rules(), rules(), [], id="the same"),
        pytest.param(rules(), rules(id="renamed"), [], id="the same by another rule"),
        pytest.param(NONE, NONE, [], id="nothing before and after"),
    ],
)
def test_a_replay_says_the_difference(before: RuleBook, after: RuleBook, events: list[tuple[Any, ...]]) -> None:
    found = [each.event for each in run(said_by(before), after)]
    assert [(each.target.id, each.alert_key, each.kind, each.replaces) for each in found] == events
    assert {(each.trap_id, each.replay_id, each.received_at) for each in found} <= {
        (TRAP.trap_id, "1", TRAP.received_at)
    }


def test_a_withdrawal_carries_what_was_said_and_why_it_is_not_any_more() -> None:
    ((before, after, event),) = run(said_by(rules()), NONE)
    assert (event.severity, event.message, event.rule_id) == ("major", "m", "r")
    assert event.reason == "withdrawn by a replay: no rule is for the trap OID 1.3.6.1.4.1.99999.0.1"
    assert (before is not None, after) == (True, None)


def test_what_was_withdrawn_can_be_said_again() -> None:
    said = said_by(rules())
    run(said, NONE, "1")
    (difference,) = run(said, rules(), "2")
    assert (difference.event.kind, difference.event.replaces) == (EventKind.RAISE, EventKind.WITHDRAW)
    assert difference.sentence == "nothing → raise major by r"
    assert run(said, rules(), "3") == []


def test_the_order_in_which_alerts_are_read_does_not_matter() -> None:
    said = said_by(rules())
    first = match(TRAP, rules())
    (difference,) = run(said, rules(severity="minor"), "1")
    backwards = Said()
    backwards.hear(difference.event, codec.encode(difference.event))
    assert isinstance(first, AlertEvent)
    backwards.hear(first, codec.encode(first))
    assert backwards.of(TRAP.trap_id) == said.of(TRAP.trap_id)


BOOKS = [
    NONE,
    *(rules(kind=k, alert_key=a, name=n) for k in ("raise", "clear") for a in ("k", "k2") for n in ("one", "two")),
]


@given(st.lists(st.sampled_from(BOOKS), min_size=1, max_size=6))
def test_after_any_replays_the_last_rules_hold_and_the_same_replay_again_says_nothing(books: list[RuleBook]) -> None:
    said = said_by(books[0])
    for number, book in enumerate(books[1:], 1):
        run(said, book, f"{number}")
        assert run(said, book, f"{number}-again") == []
    standing = {
        key: (last.kind, last.severity)
        for key, last in said.of(TRAP.trap_id).items()
        if last.kind is not EventKind.WITHDRAW
    }
    decided = match(TRAP, books[-1])
    expected = (
        {} if isinstance(decided, str) else {(decided.target.id, decided.alert_key): (decided.kind, decided.severity)}
    )
    assert standing == expected


@given(st.lists(st.sampled_from(BOOKS), min_size=2, max_size=4), st.integers(0, 3))
def test_a_replay_that_was_cut_off_and_is_run_again_ends_the_same(books: list[RuleBook], written: int) -> None:
    whole, cut = said_by(books[0]), said_by(books[0])
    for number, book in enumerate(books[1:], 1):
        run(whole, book, f"{number}")
        part = list(differences(TRAP, cut.of(TRAP.trap_id), book, f"{number}"))[:written]
        for each in part:
            cut.hear(each.event, codec.encode(each.event))
        run(cut, book, f"{number}-again")

    def standing(said: Said) -> dict[Any, Any]:
        return {
            key: (last.kind, last.severity) for key, last in said.of(TRAP.trap_id).items() if last.kind != "withdraw"
        }

    assert standing(whole) == standing(cut)
