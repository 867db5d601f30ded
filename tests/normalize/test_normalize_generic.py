"""The six generic traps, and what is unknown."""

from pathlib import Path

import pytest

from tests.normalize.traps import text, trap
from trapline.normalize.component import load_rules
from trapline.normalize.match import match
from trapline.protocol.alerts import AlertEvent, EventKind
from trapline.protocol.severity import Severity
from trapline.protocol.traps import Varbind

RULES = load_rules(Path("/nonexistent"))
LINK_DOWN, LINK_UP = "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.6.3.1.1.5.4"
IF_INDEX = Varbind(oid="1.3.6.1.2.1.2.2.1.1.7", syntax="Integer32", value=7)


def test_link_up_clears_what_link_down_of_the_same_index_raised() -> None:
    down, up = match(trap(LINK_DOWN, (IF_INDEX,)), RULES), match(trap(LINK_UP, (IF_INDEX,)), RULES)

    assert isinstance(down, AlertEvent)
    assert isinstance(up, AlertEvent)
    assert (EventKind.RAISE, EventKind.CLEAR) == (down.kind, up.kind)
    assert ("link/7", "link/7") == (down.alert_key, up.alert_key)
    assert ("snmp_agent:192.0.2.10", "snmp_agent:192.0.2.10") == (down.target.id, up.target.id)


@pytest.mark.parametrize(
    ("admin_status", "severity"),
    [(1, Severity.MAJOR), (2, Severity.WARNING), (3, Severity.WARNING), (None, Severity.MAJOR)],
)
def test_a_link_that_somebody_took_down_is_less_bad(admin_status: int | None, severity: Severity) -> None:
    told = () if admin_status is None else (text("1.3.6.1.2.1.2.2.1.7.7", admin_status, "Integer32"),)
    down = match(trap(LINK_DOWN, (IF_INDEX, *told)), RULES)

    assert isinstance(down, AlertEvent)
    assert severity is down.severity


@pytest.mark.parametrize(
    ("number", "rule"), [(1, "cold-start"), (2, "warm-start"), (5, "authentication-failure"), (6, "egp-neighbor-loss")]
)
def test_a_fact_without_an_end_opens_no_alert(number: int, rule: str) -> None:
    fact = match(trap(f"1.3.6.1.6.3.1.1.5.{number}"), RULES)

    assert isinstance(fact, AlertEvent)
    assert (rule, EventKind.UPDATE) == (fact.rule_id, fact.kind)


@pytest.mark.parametrize(
    ("agent_addr", "proxied", "name"),
    [
        (None, None, "192.0.2.10"),
        ("198.51.100.7", None, "198.51.100.7"),
        ("0.0.0.0", None, "192.0.2.10"),
        ("198.51.100.7", "203.0.113.5", "203.0.113.5"),
    ],
    ids=["the sender", "the agent of a v1 trap", "an agent that does not know itself", "an agent behind a proxy"],
)
def test_an_agent_is_named_by_what_the_trap_says_first(agent_addr: str | None, proxied: str | None, name: str) -> None:
    varbinds = (text("1.3.6.1.6.3.18.1.3.0", proxied, "IpAddress"),) if proxied else ()
    started = match(trap("1.3.6.1.6.3.1.1.5.1", varbinds, agent_addr=agent_addr), RULES)

    assert isinstance(started, AlertEvent)
    assert name == started.target.name


def test_what_no_rule_is_for_is_said_in_plain_words() -> None:
    assert "no rule is for the trap OID 1.3.6.1.4.1.9.9.41.2.0.1" == match(trap("1.3.6.1.4.1.9.9.41.2.0.1"), RULES)
