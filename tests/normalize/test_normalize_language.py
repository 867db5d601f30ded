"""What a rule can say besides: conditions, expiry, maintenance, caveats, properties, tables of texts, attributes."""

from datetime import timedelta

import pytest

from tests.normalize.traps import text, trap
from tests.normalize.ups import BODY, HEAD, UPS, decide, event
from trapline.normalize.match import match
from trapline.normalize.rulebook import RuleFile, load
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.severity import Severity


@pytest.mark.parametrize(
    ("condition", "takes"),
    [
        ("upsState: on battery", True),
        ("upsState: [bypass, on battery]", True),
        ("upsState: {equals: on battery}", True),
        ("upsState: {in: [on battery]}", True),
        ('upsState: {regex: "^on (battery|bypass)$"}', True),
        ("upsState: {present: true}", True),
        ("1.3.6.1.4.1.99999.2: on battery", True),
        ("trap.security_name: public", True),
        ("upsState: online", False),
        ("upsState: [bypass, online]", False),
        ('upsState: {regex: "^off"}', False),
        ("upsState: {present: false}", False),
        ("1.3.6.1.4.1.99999.3: {present: true}", False),
        ("upsState: {sent: true}", True),
        ("1.3.6.1.4.1.99999.3: {sent: false}", True),
        ("upsState: {sent: false}", False),
        ("1.3.6.1.4.1.99999.3: {sent: true}", False),
        ("1.3.6.1.4.1.99999.3|upsState: on battery", True),
        ("1.3.6.1.4.1.99999.3|upsState: {sent: true}", True),
        ("upsName|upsState: on battery", False),
    ],
)
def test_conditions_on_varbinds(condition: str, takes: bool) -> None:
    decided = decide(f"{HEAD}      where: {{{condition}}}\n{BODY}")

    assert takes == isinstance(decided, AlertEvent)
    assert takes or "ups wants " in str(decided)


@pytest.mark.parametrize(("state", "takes"), [("bypass", True), ("on battery", True), ("online", False)])
def test_of_a_list_of_conditions_one_set_has_to_hold(state: str, takes: bool) -> None:
    where = "      where: [{upsState: bypass}, {upsState: {regex: '^on '}, upsName: {present: true}}]\n"
    of = trap(varbinds=(text("1.3.6.1.4.1.99999.1.0", "ups-1"), text("1.3.6.1.4.1.99999.2.0", state)))
    decided = decide(HEAD + where + BODY, of)

    assert takes == isinstance(decided, AlertEvent)
    assert takes or "ups wants upsState to be bypass, or upsState to fit ^on " in str(decided)


@pytest.mark.parametrize(
    ("condition", "takes"),
    [
        ("sender: 192.0.2.0/24", True),
        ("sender: [10.0.0.0/8, 192.0.2.10]", True),
        ("sender: 2001:db8::/32", False),
        ("security_name: public", True),
        ("security_name: [oem, ups]", False),
    ],
)
def test_conditions_on_the_sender(condition: str, takes: bool) -> None:
    assert takes == isinstance(decide(f"{HEAD}      {condition}\n{BODY}"), AlertEvent)


def test_an_alert_ends_by_itself_when_its_rule_says_when() -> None:
    expiring = BODY + "    expires_after: 1h 30m\n"
    raised, updated = event(HEAD + expiring), event(HEAD + expiring.replace("raise", "update"))

    assert raised.received_at + timedelta(minutes=90) == raised.expires_at
    assert updated.expires_at is None


@pytest.mark.parametrize("kind", ["maintenance-start", "maintenance-end"])
def test_a_sender_may_say_that_work_is_planned_and_needs_no_severity_for_it(kind: str) -> None:
    decided = event(HEAD + BODY.replace("raise", kind).replace("    severity: major\n", ""))

    assert (kind, Severity.INDETERMINATE) == (decided.kind, decided.severity)


def test_a_caveat_is_attached_when_its_conditions_hold() -> None:
    caveats = """\
    caveats:
      - {when: {upsState: on battery, upsName: {present: true}}, say: "${upsName} was short"}
      - {when: {upsState: online}, say: never}
"""
    assert ("ups-1 was short",) == event(HEAD + BODY + caveats).caveats


def test_properties_are_named_ones_and_those_of_a_list() -> None:
    target = 'type: ups, properties: {state: "${upsState}", room: "${1.3.6.1.4.1.99999.7}"}, property_list: "${1.3.6.1.4.1.99999.4}"'
    listed = text("1.3.6.1.4.1.99999.4", "Contact=Smith, John, state=overruled, room=B")
    decided = event(HEAD + BODY.replace("type: ups", target), trap(varbinds=(*UPS.varbinds, listed)))

    assert {"state": "on battery", "room": "B", "Contact": "Smith, John"} == decided.target.properties
    assert "ups:ups-1" == decided.target.id


def test_a_table_translates_a_type_and_leaves_what_it_does_not_know() -> None:
    rules = HEAD + BODY.replace("type: ups", 'type: {by: "${upsState}", table: kinds}')
    site = RuleFile("site.yaml", "tables: {kinds: {ON Battery: site_ups}}")
    shipped = RuleFile("shipped.yaml", "tables: {kinds: {on battery: ups, online: grid}}\n" + rules)
    of = [trap(varbinds=(text("1.3.6.1.4.1.99999.2", state),)) for state in ("on battery", "Online", "bypass")]
    types = [
        decided.target.type for each in of if isinstance(decided := match(each, load([site, shipped])), AlertEvent)
    ]

    assert ["site_ups", "grid", "bypass"] == types


def test_attributes_are_found_by_name_wherever_in_their_range_they_stand() -> None:
    rules = HEAD.replace("99999.2", "99999.2-9") + BODY.replace("${upsState|", "${upsState[Load]|")
    varbinds = [
        text(f"1.3.6.1.4.1.99999.{column}.0", value)
        for column, value in ((4, "mode=eco"), (7, "load = 97=%"), (8, "load=3"))
    ]

    assert "UPS is 97=%" == event(rules, trap(varbinds=tuple(varbinds))).message
    assert (
        "UPS is in an unknown state" == event(rules, trap(varbinds=(text("1.3.6.1.4.1.99999.10", "load=1"),))).message
    )
