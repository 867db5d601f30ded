"""Test cases in rule files: the shipped ones hold, and a wrong one is told with its place."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from trapline.normalize.case import Case, failures, read_cases
from trapline.normalize.component import SHIPPED, read_rule_file, rule_paths
from trapline.normalize.rulebook import RuleFile, load
from trapline.protocol.errors import SettingError

SITE = Path(__file__).resolve().parents[2] / "examples" / "site"
FILES = [read_rule_file(path) for path in rule_paths(SITE)]
RULES = load(FILES)
CASES = read_cases(FILES)

UPS = """\
varbinds: {upsName: 1.3.6.1.4.1.99999.1, upsState: 1.3.6.1.4.1.99999.2}
rules:
  - id: ups
    match: {trap_oid: 1.3.6.1.4.1.99999.0.1, where: {upsState: {present: true}}}
    target: {name: "${upsName}", type: ups}
    kind: {by: "${upsState}", table: {on battery: raise, online: clear}}
    severity: minor
    alert_key: power
    message: "UPS is ${upsState}"
    reason: the UPS says so
    links: [{label: UPS, url: "http://${upsName}"}]
    expires_after: 30d
tests:
  - name: on battery
    trap: {trap_oid: 1.3.6.1.4.1.99999.0.1, varbinds: {upsName.0: ups-1, upsState.0: on battery}}
    expect: {kind: raise}
"""


@pytest.mark.parametrize("case", CASES, ids=[f"{each.expect.document.file}: {each.name}" for each in CASES])
def test_every_case_in_the_shipped_rule_files_and_the_example_holds(case: Case) -> None:
    assert [] == failures(case, RULES)


def test_every_rule_file_has_a_case_for_each_of_its_rules() -> None:
    tried = {case.expect.value.get("rule") for case in CASES}

    assert {path.name for path in SHIPPED.glob("*.yaml")} <= {Path(each.name).name for each in FILES}
    assert [] == [rule.id for rule in RULES.rules if rule.id not in tried]


def told(expect: str, trap: str = "") -> list[str]:
    """What the case `on battery`, changed, is told to be wrong."""
    tests = f"  - {{name: changed, like: on battery, trap: {{{trap}}}, expect: {{{expect}}}}}\n"
    files = [RuleFile("ups.yaml", UPS + tests)]
    return failures(read_cases(files)[1], load(files))


@pytest.mark.parametrize(
    ("expect", "trap"),
    [
        ("kind: raise, severity: minor, target: 'ups:ups-1', alert_key: power, rule: ups", ""),
        ("target: {name: ups-1, type: ups, host: null}", ""),
        ("message: {regex: 'on .*tery$'}, incident: null, is_test: false", ""),
        ("links: [{url: 'http://ups-1'}], caveats: [], expires_at: 2592000s", ""),
        ("kind: clear, severity: cleared, expires_at: null", "varbinds: {upsState.0: online}"),
        ("kind: clear", "varbinds: {upsState.0: {hex: 6f6e6c696e65}}"),
        ("unmatched: no row of its kind is for 'bypass'", "varbinds: {upsState.0: bypass}"),
        ("unmatched: true", "varbinds: {upsState.0: ''}"),
        ("message: UPS is on battery", "source_addr: 10.0.0.1, engine_id: 80001f88, security_name: oem"),
    ],
)
def test_a_case_holds_when_the_event_is_what_it_expects(expect: str, trap: str) -> None:
    assert [] == told(expect, trap)


@pytest.mark.parametrize(
    ("expect", "trap", "sentence"),
    [
        ("kind: clear", "", "changed: kind is 'raise', wanted 'clear'"),
        ("severity: major", "", "changed: severity is 'minor', wanted 'major'"),
        ("target: 'ups:ups-2'", "", "changed: target is 'ups:ups-1', wanted 'ups:ups-2'"),
        ("target: {host: a}", "", "changed: target.host is None, wanted 'a'"),
        ("links: []", "", "changed: links is [{'label': 'UPS', 'url': 'http://ups-1'}], wanted []"),
        ("links: [{url: x}]", "", "changed: links[0].url is 'http://ups-1', wanted 'x'"),
        ("message: {regex: '^battery'}", "", "changed: message is 'UPS is on battery', wanted {'regex': '^battery'}"),
        ("unmatched: true", "", "changed: rule ups took it (raise minor ups:ups-1), wanted no rule to"),
        (
            "kind: raise",
            "varbinds: {upsState.0: bypass}",
            "changed: no event, because rule ups matches, but no row of its kind is for 'bypass'",
        ),
        (
            "unmatched: no target",
            "varbinds: {upsState.0: bypass}",
            "changed: unmatched says \"rule ups matches, but no row of its kind is for 'bypass'\", wanted 'no target' in it",
        ),
    ],
)
def test_a_failure_names_file_line_and_field_with_wanted_and_got(expect: str, trap: str, sentence: str) -> None:
    assert [f"ups.yaml, line 17: {sentence}"] == told(expect, trap)


@pytest.mark.parametrize(
    ("tests", "sentence"),
    [
        ("tests: {}\n", None),
        ("tests: {a: 1}\n", "line 1: tests is a list, each case begins with `- name: …`"),
        ("tests: [{trap: {}}]\n", "line 1: a case begins with its name"),
        ("tests: [7]\n", "line 1: a case holds lines of `key: value`"),
        ("tests: [{name: a, wants: 1}]\n", "line 1: a case has 'wants', which means nothing; it has name, like, trap"),
        ("tests: [{name: a, trap: {oid: 1}}]\n", "line 1: trap has 'oid', which means nothing; it has trap_oid,"),
        ("tests: [{name: a, trap: {trap_oid: 1.3.6.1}}]\n", "line 1: case 'a' expects nothing"),
        ("tests: [{name: a, trap: {}, expect: {kind: raise}}]\n", "line 1: a trap has either trap_oid, or,"),
        ("tests: [{name: a, like: b}]\n", "line 1: no case 'b' stands before this one in the file"),
        ("tests: [{name: a, like: [b]}]\n", "line 1: no case ['b'] stands before this one in the file"),
        ("tests: [{name: a, trap: {trap_oid: 1.3.6, source_addr: {}}, expect: {rule: a}}]", "line 1: {} is neither a text"),
        ("tests: [{name: a, trap: {enterprise: ups}, expect: {rule: a}}]", "line 1: enterprise is an OID, generic a"),
        ("tests: [{name: a, trap: {enterprise: 1.3.6, generic: 7}, expect: {rule: a}}]", "line 1: enterprise is an OID,"),
        ("tests: [{name: a, trap: {trap_oid: 1.3.6, varbinds: {1.3: {hex: abc}}}, expect: {rule: a}}]", "line 1: hex is 'abc'"),
        ("tests:\n- {name: a, trap: {enterprise: 1.3.6, generic: x}, expect: {rule: a}}", "line 2: 'x' is no whole number"),
        ("tests:\n- {name: a, trap: {trap_oid: 1.3.6}, expect: {colour: red}}", "line 2: expect has 'colour', which"),
        ("tests:\n- {name: a, trap: {trap_oid: 1.3.6}, expect: {unmatched: false}}", "line 2: unmatched is False; say"),
        ("tests:\n- {name: a, trap: {trap_oid: 1.3.6}, expect: {kind: {regex: '('}}}", "line 2: regex '(' cannot be read"),
        ("tests:\n- {name: a, trap: {trap_oid: 1.3.6, varbinds: {b: c}}, expect: {rule: a}}", "line 2: no file names"),
        ("tests:\n- {name: a, trap: {trap_oid: 1.3.6, varbinds: {1.3: true}}, expect: {rule: a}}", "line 2: 1.3 is True"),
        (
            "tests:\n- {name: a, trap: {trap_oid: 1.3.6}, expect: {rule: a}}\n- {name: a}",
            "line 3: case 'a' is here a second time, the first is in line 2",
        ),
    ],
)  # fmt: skip
def test_a_case_that_cannot_be_read_is_told_with_its_place(tests: str, sentence: str | None) -> None:
    if sentence is None:
        assert [] == read_cases([RuleFile("a.yaml", tests)])
        return
    with pytest.raises(SettingError) as error:
        read_cases([RuleFile("a.yaml", tests)])

    assert str(error.value).startswith(f"a.yaml, {sentence}")


def test_the_guide_s_example_and_its_cases_hold_as_they_are_written() -> None:
    guide = (SITE.parents[1] / "docs" / "rules.md").read_text()
    blocks = re.findall(r"^```yaml\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
    example, tests = (next(block for block in blocks if block.startswith(word)) for word in ("varbinds:", "tests:"))
    files = [RuleFile("rules/ups.yaml", example + tests)]

    assert [[], [], []] == [failures(case, load(files)) for case in read_cases(files)]


WORDS = st.sampled_from(
    ["name", "like", "trap", "expect", "trap_oid", "enterprise", "generic", "specific", "varbinds", "upsName", "1.3.6.1",
     "kind", "target", "links", "regex", "hex", "unmatched", "attributes[a]", "upsName.7", "source_addr"]
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8) | WORDS | st.sampled_from(["(", "ups", ""])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5), max_leaves=20
)
TRAP = {"trap_oid": "1.3.6.1.4.1.99999.0.1", "varbinds": {"upsName": "ups-1", "upsState": "on battery"}}


@settings(max_examples=300)
@given(st.lists(st.dictionaries(WORDS, VALUES, max_size=4), max_size=3), WORDS, VALUES, VALUES)
def test_whatever_a_section_of_cases_holds_it_is_run_or_told_to_be_wrong(
    cases: list[dict[str, object]], word: str, value: object, expect: object
) -> None:
    complete: dict[str, object] = {"name": "a", "trap": TRAP | {word: value}, "expect": {"kind": expect}}
    cases = [*cases, complete | {"name": "c", word: value}]
    rules = UPS[: UPS.index("tests:")]
    files = [RuleFile("any.yaml", rules + yaml.safe_dump({"tests": [complete, *cases, complete | {"name": "b"}]}))]
    try:
        told = [line for case in read_cases(files) for line in failures(case, load(files))]
    except SettingError as error:
        told = str(error).splitlines()

    assert [] == [line for line in told if not line.startswith("any.yaml, line ")]
