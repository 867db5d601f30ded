"""The JSON Schema for editors: as committed, it takes what the compiler takes, and refuses what it refuses."""

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types, and is for tests only

from tests.normalize.test_normalize_case import FILES
from trapline import document
from trapline.normalize.component import SHIPPED
from trapline.normalize.rulebook import RuleFile, load
from trapline.normalize.schema import rule_file_schema, schema_text
from trapline.protocol.errors import SettingError

VALIDATOR = Draft202012Validator(rule_file_schema())
RULE = "rules:\n  - {id: a, match: {trap_oid: 1.3.6.1}, target: {name: b}, kind: raise, severity: major, alert_key: c, message: d, reason: e"


def test_the_file_beside_the_shipped_rules_is_the_schema_of_now() -> None:
    Draft202012Validator.check_schema(rule_file_schema())
    assert schema_text() == (SHIPPED / "rules.schema.json").read_text(), "trapline rules schema > …/rules.schema.json"


@pytest.mark.parametrize("file", FILES, ids=[each.name for each in FILES])
def test_every_shipped_file_fits_it_and_names_it_for_editors(file: RuleFile) -> None:
    assert [] == [error.message for error in VALIDATOR.iter_errors(document.parse(file.text, file.name).values)]
    assert file.text.startswith("# yaml-language-server: $schema=")


def test_a_rule_that_the_compiler_takes_fits_it() -> None:
    load([RuleFile("a.yaml", f"{RULE}}}")])
    assert VALIDATOR.is_valid(document.parse(f"{RULE}}}", "a.yaml").values)


@pytest.mark.parametrize(
    "more",
    [
        ", colour: red",
        ", links: [{label: x}]",
        ", incident: {owner: x}",
        ", caveats: [{say: x}]",
        ", test_when: {1.3.6: {like: x}}",
        ", test_when: {1.3.6: {present: true, sent: true}}",
        ", expires_after: 7",
        ", root_cause: {a: b}",
    ],
)
def test_what_the_compiler_refuses_for_its_words_does_not_fit_it(more: str) -> None:
    with pytest.raises(SettingError):
        load([RuleFile("a.yaml", f"{RULE}{more}}}")])
    assert not VALIDATOR.is_valid(document.parse(f"{RULE}{more}}}", "a.yaml").values)
