"""The inbox: what no rule took, counted, readable, and with a rule to start from that is right as it stands."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trapline.inbox.draft import draft
from trapline.inbox.groups import MOST_GROUPS, Groups
from trapline.mibs.names import Mibs
from trapline.mibs.store import built_in
from trapline.normalize.case import failures, read_cases
from trapline.normalize.component import read_rule_file, rule_paths
from trapline.normalize.match import match
from trapline.normalize.rulebook import RuleFile, load
from trapline.protocol.traps import PduType, Trap, Unmatched, Varbind, Version
from trapline.settings import load as load_settings

AT = datetime(2026, 11, 23, 13, tzinfo=UTC)
MIBS = Mibs(built_in())
OID = "1.3.6.1.4.1.99999.0.1"
SHIPPED = [read_rule_file(path) for path in rule_paths(load_settings({}).site)]


def unmatched(
    number: int = 1,
    *,
    trap_oid: str = OID,
    source_addr: str = "192.0.2.7",
    varbinds: tuple[Varbind, ...] = (),
    reason: str = "no rule is for the trap OID",
    agent_addr: str | None = None,
) -> Unmatched:
    return Unmatched(
        reason=reason,
        trap=Trap(
            trap_id=f"{number:032x}",
            received_at=AT + timedelta(seconds=number),
            version=Version.V2C if agent_addr is None else Version.V1,
            pdu_type=PduType.TRAP_V2,
            source_addr=source_addr,
            source_port=1,
            security_name="public",
            trap_oid=trap_oid,
            agent_addr=agent_addr,
            varbinds=varbinds,
        ),
    )


def test_traps_are_counted_by_oid_and_sender_in_whatever_order_they_are_read() -> None:
    groups = Groups()
    for number in (3, 1, 2):
        groups.add(unmatched(number, reason=f"reason {number}"))
    groups.add(unmatched(4, source_addr="192.0.2.8"))
    groups.add(unmatched(5, trap_oid="1.3.6.1.6.3.1.1.5.3"))
    inbox = groups.inbox(MIBS)
    assert [(each.trap_oid, each.name, each.source_addr, each.count) for each in inbox.groups] == [
        (OID, "", "192.0.2.7", 3),
        (OID, "", "192.0.2.8", 1),
        ("1.3.6.1.6.3.1.1.5.3", "linkDown", "192.0.2.7", 1),
    ]
    first = inbox.groups[0]
    assert (first.first_at, first.last_at, first.reason) == (
        AT + timedelta(seconds=1),
        AT + timedelta(seconds=3),
        "reason 3",
    )
    assert groups.oids() == [OID, "1.3.6.1.6.3.1.1.5.3"]


def test_of_one_oid_the_newest_trap_is_shown_with_names_and_a_rule() -> None:
    groups = Groups()
    index = Varbind(oid="1.3.6.1.2.1.2.2.1.1.3", syntax="Integer32", value=3)
    for number in (2, 1):
        groups.add(unmatched(number, source_addr=f"192.0.2.{number}", varbinds=(index,)))
    inbox = groups.inbox(MIBS, OID)
    assert len(inbox.groups) == 2
    assert inbox.sample is not None
    assert (inbox.sample.source_addr, inbox.sample.varbinds) == ("192.0.2.2", ("ifIndex.3 = 3",))
    assert "ifIndex: 1.3.6.1.2.1.2.2.1.1\n" in inbox.sample.draft
    assert groups.inbox(MIBS, "1.3.6.1.4.1.99999.0.2").sample is None


def test_strangers_oids_do_not_fill_the_memory_and_are_counted() -> None:
    groups = Groups()
    for number in range(MOST_GROUPS + 7):
        groups.add(unmatched(number, trap_oid=f"1.3.6.1.4.1.{number}"))
    groups.add(unmatched(1, trap_oid="1.3.6.1.4.1.1"))
    inbox = groups.inbox(MIBS)
    assert (len(inbox.groups), inbox.left_out, inbox.untold) == (150, MOST_GROUPS - 150, 7)
    assert inbox.groups[0].count == 2


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
OIDS = st.lists(st.integers(0, 999), min_size=1, max_size=4).map(lambda arcs: f"1.3.6.1.{'.'.join(map(str, arcs))}")
VARBINDS = st.one_of(
    st.builds(Varbind, oid=OIDS, syntax=st.just("OCTET STRING"), value=TEXTS),
    st.builds(Varbind, oid=OIDS, syntax=st.just("Integer32"), value=st.integers(-(2**31), 2**31 - 1)),
    st.builds(
        Varbind,
        oid=OIDS,
        syntax=st.just("OCTET STRING"),
        value=st.binary(max_size=8).map(bytes.hex),
        is_hex=st.just(True),
    ),
    st.builds(Varbind, oid=OIDS, syntax=st.just("NULL")),
)


def check(found: Unmatched, *others: RuleFile) -> None:
    """The draft beside other rules: it is right, it takes the trap, and its own test case says so."""
    text = RuleFile("draft.yaml", draft(found, MIBS))
    rulebook = load([text, *others])
    decided = match(found.trap, rulebook)
    assert not isinstance(decided, str), decided
    assert decided.rule_id.startswith("draft-")
    (case,) = read_cases([text])
    assert failures(case, rulebook) == []


@given(st.lists(VARBINDS, max_size=6), st.sampled_from([OID, "1.3.6.1.6.3.1.1.5.4.9", "0.0"]), TEXTS)
@example([Varbind(oid="1.3.6.1.4", syntax="OCTET STRING", value="\u2028\x85'\"${x}: #")], OID, "yes")
def test_the_rule_to_start_from_is_right_whatever_the_trap_says(
    varbinds: list[Varbind], trap_oid: str, word: str
) -> None:
    first = Varbind(oid="1.3.6.1.2.1.31.1.1.1.1.7", syntax="OCTET STRING", value=word)
    check(unmatched(trap_oid=trap_oid, varbinds=(first, *varbinds)))


@pytest.mark.parametrize(
    ("agent_addr", "target"),
    [
        pytest.param(None, "snmp_agent:192.0.2.7", id="v2c: the sender"),
        pytest.param("10.0.0.9", "snmp_agent:10.0.0.9", id="v1: the agent"),
        pytest.param("0.0.0.0", "snmp_agent:192.0.2.7", id="v1 that does not know itself"),
    ],
)
def test_the_draft_names_what_sent_it(agent_addr: str | None, target: str) -> None:
    found = unmatched(agent_addr=agent_addr)
    check(found)
    decided = match(found.trap, load([RuleFile("draft.yaml", draft(found, MIBS))]))
    assert not isinstance(decided, str)
    assert decided.target.id == target


def test_where_other_rules_are_for_the_oid_the_draft_takes_traps_like_this_one_only() -> None:
    oem = "1.3.6.1.4.1.111.15.2.0.3"
    said = Varbind(oid="1.3.6.1.4.1.111.15.3.1.1.2.1", syntax="OCTET STRING", value="NOTIF_SURPRISE")
    first = unmatched(
        trap_oid=oem, varbinds=(said,), reason=f"no rule for the trap OID {oem} matches: oem-event wants …"
    )
    check(first, *SHIPPED)
    rulebook = load([RuleFile("draft.yaml", draft(first, MIBS)), *SHIPPED])
    other = unmatched(trap_oid=oem, varbinds=(Varbind(oid=said.oid, syntax=said.syntax, value="NOTIF_OTHERWISE"),))
    decided = match(other.trap, rulebook)
    assert isinstance(decided, str) or not decided.rule_id.startswith("draft-")
