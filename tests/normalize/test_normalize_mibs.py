"""Rules that say the names of a MIB."""

import re
from pathlib import Path

import pytest

from tests.mibs.texts import TC, V2
from trapline.mibs import store
from trapline.mibs.compiler import Source, compile_files
from trapline.mibs.module import Definition, Kind, Module
from trapline.mibs.names import Mibs
from trapline.normalize.case import failures, read_cases
from trapline.normalize.rulebook import RuleFile, load
from trapline.protocol.errors import SettingError

BUILT_IN = store.built_in()
COMPILED = compile_files([Source("acme.mib", V2.encode()), Source("types.mib", TC.encode())], BUILT_IN)
MIBS = Mibs(BUILT_IN | {each.name: each for each in COMPILED})
TWICE = Mibs({"A": Module(name="A", definitions={"acmeTooWarm": Definition(oid="1.3.6.1.4.1.1", kind=Kind.NOTIFICATION)}),
              "B": Module(name="B", definitions={"acmeTooWarm": Definition(oid="1.3.6.1.4.1.2", kind=Kind.NOTIFICATION)})})  # fmt: skip

RULES = """rules:
  - id: too-warm
    match: {trap_oid: acmeTooWarm}
    target: {name: "${trap.source_addr}"}
    kind: {by: "${acmeLevel}", table: {"1": clear}, else: raise}
    severity: major
    alert_key: "temperature/${ACME-V2-MIB::acmeTemperature}"
    message: "Link ${ifAlias} is too warm"
    reason: level ${acmeLevel}
tests:
  - name: it is too warm
    trap: {trap_oid: acmeTooWarm, varbinds: {acmeLevel.3: 2, ACME-V2-MIB::acmeTemperature.3: 417, ifAlias.3: uplink}}
    expect: {rule: too-warm, kind: raise, alert_key: temperature/417, message: Link uplink is too warm, reason: {regex: "^level 2"}}
"""


def test_a_rule_and_its_test_case_need_no_oid_once_the_mib_is_added() -> None:
    files = [RuleFile("acme.yaml", RULES)]
    rulebook = load(files, MIBS)
    assert rulebook.rules[0].trap_oids == {"1.3.6.1.4.1.99998.1.0.1"}
    assert [failures(case, rulebook) for case in read_cases(files, MIBS)] == [[]]


def test_what_a_file_names_itself_comes_before_the_mib() -> None:
    own = RuleFile("acme.yaml", "varbinds: {acmeLevel: 1.3.6.1.4.1.5}\n" + RULES)
    rulebook = load([own], MIBS)
    assert rulebook.columns["1.3.6.1.4.1.5.1"] == "1.3.6.1.4.1.5"
    assert rulebook.columns["1.3.6.1.4.1.99998.1.1.1.1.3"] is None


@pytest.mark.parametrize(
    ("mibs", "sentence"),
    [
        (
            Mibs({}),
            "trap_oid 'acmeTooWarm' is neither an OID, nor the beginning of one with `.*` after it, nor in a MIB",
        ),
        (Mibs({}), "no file names a varbind 'acmeLevel'; add it to the section varbinds of acme.yaml, or add the MIB"),
        (TWICE, "is 1.3.6.1.4.1.1 and 1.3.6.1.4.1.2 in different MIBs; write MODULE::acmeTooWarm"),
    ],
    ids=["a trap", "a varbind", "a name of two MIBs"],
)
def test_a_name_that_no_mib_or_more_than_one_has_is_told_with_the_way_out(mibs: Mibs, sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        load([RuleFile("acme.yaml", RULES)], mibs)
    assert sentence in str(caught.value)


def test_the_rule_in_the_guide_does_what_its_case_says() -> None:
    table = "1.3.6.1.4.1.9.9.41.1.2.3.1"
    columns = ("clogHistFacility", "clogHistSeverity", "clogHistMsgName", "clogHistMsgText")
    syslog = Module(
        name="CISCO-SYSLOG-MIB",
        definitions={
            "clogMessageGenerated": Definition(oid="1.3.6.1.4.1.9.9.41.2.0.1", kind=Kind.NOTIFICATION),
            **{name: Definition(oid=f"{table}.{column}", kind=Kind.COLUMN) for column, name in enumerate(columns, 2)},
        },
    )
    guide = Path(__file__).parents[2] / "docs" / "mibs.md"
    (rules,) = re.findall(r"```yaml\n(.*?)```", guide.read_text(), re.DOTALL)
    files, mibs = [RuleFile("cisco-syslog.yaml", rules)], Mibs({"CISCO-SYSLOG-MIB": syslog})

    assert [[]] == [failures(case, load(files, mibs)) for case in read_cases(files, mibs)]
