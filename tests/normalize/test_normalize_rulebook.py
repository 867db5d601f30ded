"""The language of the rules: what can be said, and how a mistake is answered."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.normalize.traps import oem_event, text, trap
from tests.normalize.ups import BODY, HEAD, UPS, decide, event
from trapline.normalize.component import load_rules
from trapline.normalize.match import match
from trapline.normalize.rulebook import RuleBook, RuleFile, load
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.errors import SettingError
from trapline.protocol.severity import Severity


def test_a_rule_names_target_severity_key_and_message() -> None:
    decided = event(HEAD + BODY)

    assert ("ups:ups-1", Severity.MAJOR, "power", "UPS is on battery") == (
        decided.target.id,
        decided.severity,
        decided.alert_key,
        decided.message,
    )


def test_a_rule_that_names_the_type_of_canaries_is_refused() -> None:
    for written in ("trapline_canary", "\"${upsState|'trapline_canary'}\""):
        with pytest.raises(SettingError, match="line 8: the target type 'trapline_canary' is ours, for canaries"):
            decide(HEAD + BODY.replace("type: ups", f"type: {written}"))


def test_a_prefix_takes_what_is_below_it_and_nothing_else() -> None:
    rules = HEAD.replace("99999.0.1", "99999.*") + BODY

    assert isinstance(decide(rules), AlertEvent)
    assert "no rule is for the trap OID 1.3.6.1.4.1.999990.1" == decide(rules, trap("1.3.6.1.4.1.999990.1"))


def test_the_first_rule_that_matches_decides() -> None:
    low = BODY.replace("major", "warning")
    rules = f"{HEAD}      where: {{upsState: online}}\n{BODY}  - id: other\n    match: {{trap_oid: 1.3.6.1.4.1.99999.0.1}}\n{low}"

    assert ("other", Severity.WARNING) == (event(rules).rule_id, event(rules).severity)


def test_a_rule_like_another_says_only_what_is_different() -> None:
    rules = (
        HEAD
        + BODY
        + "  - id: ups-off\n    like: ups\n    match: {trap_oid: 1.3.6.1.4.1.99999.0.2}\n    severity: critical\n"
    )
    decided = event(rules, trap("1.3.6.1.4.1.99999.0.2"))

    assert ("ups-off", Severity.CRITICAL, "ups:192.0.2.10") == (decided.rule_id, decided.severity, decided.target.id)


def test_a_rule_of_the_site_takes_the_place_of_the_shipped_one_of_that_id(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.yaml").write_text(
        """\
rules:
  - id: oem-event-of-tests
    like: oem-event
    match:
      where: {oraEMNGEventTargetName: {regex: "^test-"}}
    severity: indeterminate
  - id: cold-start
    match: {trap_oid: 1.3.6.1.6.3.1.1.5.1}
    target: {name: "${trap.source_addr}"}
    kind: raise
    severity: minor
    alert_key: start
    message: started
    reason: here a start is an alert
"""
    )
    rules = load_rules(tmp_path)
    of_test, other, start = (
        match(oem_event({21: "test-db"}), rules),
        match(oem_event(), rules),
        match(trap("1.3.6.1.6.3.1.1.5.1"), rules),
    )

    assert isinstance(of_test, AlertEvent)
    assert isinstance(other, AlertEvent)
    assert isinstance(start, AlertEvent)
    assert ("oem-event-of-tests", Severity.INDETERMINATE) == (of_test.rule_id, of_test.severity)
    assert ("oem-target-down", Severity.CRITICAL) == (other.rule_id, other.severity)
    assert "here a start is an alert" == start.reason


def test_a_rule_that_takes_the_place_of_another_stands_where_that_one_stood() -> None:
    site = RuleFile("site.yaml", HEAD + BODY.replace("major", "minor"))
    battery = "  - {id: ups-on-battery, like: ups, match: {where: {upsState: on battery}}}\n"
    shipped = RuleFile("shipped.yaml", HEAD.replace("  - id: ups\n", battery + "  - id: ups\n") + BODY)
    decided = match(UPS, load([site, shipped]))

    assert isinstance(decided, AlertEvent)
    assert ("ups-on-battery", Severity.MINOR) == (decided.rule_id, decided.severity)


def test_long_keys_are_shortened_and_stay_different() -> None:
    rules = HEAD + BODY.replace("alert_key: power", 'alert_key: "${upsState}"')
    keys = {
        event(rules, trap(varbinds=(text("1.3.6.1.4.1.99999.2.0", "x" * 5000 + end),))).alert_key for end in ("a", "b")
    }

    assert 2 == len(keys)
    assert all(len(key) < 500 for key in keys)


def test_a_table_without_the_text_and_without_else_leaves_the_trap_unmatched() -> None:
    rules = HEAD + BODY.replace("severity: major", 'severity: {by: "${upsState}", table: {online: warning}}')

    assert "rule ups matches, but no row of its severity is for 'on battery'" == decide(rules)


def test_tables_ignore_case() -> None:
    rules = HEAD + BODY.replace("severity: major", 'severity: {by: "${upsState}", table: {ON BATTERY: minor}}')

    assert Severity.MINOR is event(rules).severity


MISTAKES = [
    ("rules: [", 2, "this is no YAML"),
    ("- id: ups", 1, "a rule file holds the sections varbinds, tables, rules and tests"),
    ("rule: []", 1, "there is no section 'rule'"),
    ("rules:\n  - match: {}", 2, "a rule begins with its id"),
    ("varbinds:\n  upsName: ups.1\nrules: []", 2, "varbind upsName is 'ups.1', which is no OID"),
    (HEAD + BODY + HEAD[HEAD.index("  - id") :] + BODY, 14, "rule ups is here a second time, the first is in line 5"),
    (HEAD + BODY.replace("    alert_key: power\n", ""), 5, "rule ups lacks 'alert_key'"),
    (HEAD + BODY.replace("    severity: major\n", ""), 5, "rule ups lacks 'severity'"),
    (HEAD + BODY + "    colour: red\n", 14, "rule ups has 'colour', which means nothing; a rule has id, like,"),
    (HEAD + BODY.replace("major", "terrible"), 10, "'terrible' is not a severity; it is one of indeterminate, warning"),
    (HEAD + BODY.replace("major", "cleared"), 10, "'cleared' is not a severity"),
    (HEAD + BODY.replace("raise", "open"), 9, "'open' is not a kind; it is one of raise, clear, update"),
    (HEAD + BODY.replace("${upsState|", "${upsStatus|"), 12, "no file names a varbind 'upsStatus'"),
    (HEAD + BODY.replace("trap.source_addr", "trap.sender"), 8, "trap.sender is no field of a trap; there are trap.source_addr"),
    (HEAD + BODY.replace("state'}", "state'"), 12, "has a ${ without its }"),
    (HEAD + BODY.replace("${upsState|'", "${'"), 12, "words in quotes come last, after a |"),
    (HEAD + BODY.replace("${upsName|", "${upsName||"), 8, "has an empty place between its | signs"),
    (HEAD.replace("1.3.6.1.4.1.99999.0.1", "upsOnBattery") + BODY, 7, "trap_oid 'upsOnBattery' is neither an OID"),
    (HEAD + "      where: {upsState: {regex: '('}}\n" + BODY, 8, "regex '(' cannot be read"),
    (HEAD + "      where: {upsState: {like: x}}\n" + BODY, 8, "the condition on upsState has 'like', which means nothing"),
    (HEAD + "      sender: 192.0.2.10/24\n" + BODY, 8, "has host bits set"),
    (HEAD + BODY + "    like: pdu\n", 14, "rule ups is like 'pdu', but no rule has that id"),
    (HEAD + BODY + "    like: ups\n", 14, "rule ups is like ups, which is like ups again"),
    (HEAD + BODY + "    links: [{label: x}]\n", 14, "a link has a label and a url"),
    (HEAD + BODY + "    incident: {owner: x}\n", 14, "incident lacks 'id'"),
    (HEAD + BODY.replace("severity: major", "severity: {by: x}"), 10, "a severity by table has `by: text`"),
    (HEAD + BODY.replace("{name: ", "{nome: "), 8, "target has 'nome', which means nothing; it has name, type, host"),
    (HEAD + BODY + "    expires_after: soon\n", 14, "expires_after: 'soon' is no length of time"),
    (HEAD + BODY + "    caveats: {say: x}\n", 14, "caveats is a list of {when: conditions, say: …}"),
    (HEAD + BODY + "    caveats: [{say: x}]\n", 14, "a caveat has conditions, `when`, and a text, `say`"),
    (HEAD + BODY.replace("type: ups", "type: {by: a}"), 8, "type by table has `by: text` and `table: name`"),
    (HEAD + BODY.replace("type: ups", "type: {by: a, table: ups}"), 8, "there is no table 'ups'; tables are: none"),
    (HEAD + BODY.replace("type: ups", "type: ups, properties: x"), 8, "properties holds lines of `name: text`"),
    ("tables: {ups: [a]}\n" + HEAD + BODY, 1, "tables holds tables by name, each with lines of `text: text`"),
    ("tables: {ups: {a: 7}}\n" + HEAD + BODY, 1, "7 is no text; put it in quotes"),
    (HEAD + BODY.replace("${upsState|", "${upsState[a]|"), 12, "upsState[a] is one varbind; only a range such as"),
    (HEAD.replace("99999.2", "99999.2-9") + BODY, 12, "upsState is a range of varbinds that hold name=value; say which"),
    (HEAD.replace("99999.2", "99999.9-2") + BODY, 3, "varbind upsState is '1.3.6.1.4.1.99999.9-2', which is no OID"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "line", "sentence"), MISTAKES, ids=[each[2][:40] for each in MISTAKES])
def test_a_mistake_is_told_with_file_line_and_what_is_wrong(rules: str, line: int, sentence: str) -> None:
    with pytest.raises(SettingError) as error:
        load([RuleFile("site/rules/ups.yaml", rules)])

    told = [each for each in str(error.value).splitlines() if sentence in each]
    assert told, str(error.value)
    assert told[0].startswith(f"site/rules/ups.yaml, line {line}: ")


def test_all_mistakes_of_all_files_are_told_at_once() -> None:
    first = HEAD + BODY.replace("major", "terrible").replace("raise", "open")
    with pytest.raises(SettingError) as error:
        load([RuleFile("a.yaml", first), RuleFile("b.yaml", "rule: []"), RuleFile("c.yaml", "rules: [")])

    assert ["a.yaml, line 9", "a.yaml, line 10", "b.yaml, line 1", "c.yaml, line 2"] == sorted(
        (told.split(":")[0] for told in str(error.value).splitlines()), key=lambda each: (each[0], len(each), each)
    )


def test_a_name_with_two_meanings_has_to_be_told_apart() -> None:
    rules = "rules:\n" + HEAD[HEAD.index("  - id") :] + BODY
    one, other = "varbinds: {upsName: 1.3.6.1.1, upsState: 1.3.6.1.2}", "varbinds: {upsName: 1.3.6.1.3}"

    with pytest.raises(
        SettingError, match=r"a\.yaml, line 5: upsName is 1\.3\.6\.1\.1 and 1\.3\.6\.1\.3 in different files"
    ):
        load([RuleFile("a.yaml", rules), RuleFile("b.yaml", one), RuleFile("c.yaml", other)])


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "ups",
            "raise",
            "major",
            "${upsName}",
            "${a|'b'}",
            "${",
            "1.3.6.1",
            "1.3.6.*",
            "upsName",
            "(",
            "10.0.0.0/8",
            "2026-01-01",
        ]
    )
)
WORDS = st.sampled_from(
    ["id", "like", "match", "trap_oid", "sender", "where", "upsName", "target", "name", "type", "kind", "severity", "by",
     "table", "else", "alert_key", "message", "reason", "incident", "is_acknowledged", "links", "label", "url", "test_when",
     "regex", "present", "in", "sent", "expires_after", "caveats", "when", "say", "properties", "property_list"]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=25
)
RULE = {
    "id": "ups",
    "match": {"trap_oid": "1.3.6.1"},
    "target": {"name": "a"},
    "kind": "raise",
    "severity": "major",
} | dict.fromkeys(("alert_key", "message", "reason"), "a")


@settings(max_examples=200)
@given(st.dictionaries(WORDS, VALUES, max_size=4), st.sampled_from([{}, RULE]), VALUES)
def test_whatever_a_rule_file_holds_it_is_a_rule_book_or_one_clear_error(
    changed: dict[str, object], complete: dict[str, object], names: object
) -> None:
    text_of_file = yaml.safe_dump({"varbinds": names, "tables": names, "rules": [complete | changed, changed]})
    told: list[str] = []
    try:
        rules = load([RuleFile("any.yaml", text_of_file)])
    except SettingError as error:
        told, rules = str(error).splitlines(), RuleBook([], [])

    assert [] == [line for line in told if not line.startswith("any.yaml, line ")]
    assert isinstance(match(UPS, rules), AlertEvent | str)


def test_a_rule_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "broken.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(SettingError, match=r"broken\.yaml cannot be read"):
        load_rules(tmp_path)
