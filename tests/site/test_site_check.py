"""What `trapline inventory check` finds in a file: everything at once, each with its line."""

import re
from pathlib import Path

import pytest

from trapline import document, site
from trapline.cli.inventory import inventory as inventory_command
from trapline.protocol.alerts import Target
from trapline.protocol.errors import SettingError
from trapline.site.heard import unheard
from trapline.site.inventory import examine

HEAD = """\
site: Claims platform
tiers: [{id: web}, {id: db}]
server_types: [{id: host}, {id: oracle}]
"""


def findings(text: str) -> list[tuple[int, str, bool]]:
    return [tuple(each) for each in examine(document.parse(text, "inventory.yaml"))[1]]  # type: ignore[misc]  # three fields


def test_all_errors_are_told_at_once_by_line() -> None:
    found = findings(
        HEAD
        + """\
servers:
  - {name: a, tier: wep, type: hots}
  - {name: a, tier: web, type: host, targets: [x, "host:y"]}
  - {name: b, tier: web, type: host, targets: ["host:y"], period: soon}
retired: ["host:y"]
retire_after: never
senders:
  - {name: OMS, addresses: []}
  - {name: OMS2, addresses: [10.0.0.1, 10.0.0.1/32, nowhere]}
  - {name: OMS3, addresses: [10.0.0.1]}
"""
    )
    assert [line for line, _, _ in found] == [5, 5, 6, 6, 7, 7, 8, 9, 11, 12, 13]
    assert all(is_error for _, _, is_error in found)
    assert [sentence.partition(";")[0] for _, sentence, _ in found][-5:] == [
        "'host:y' is listed under b",
        "'never' is no length of time",
        "OMS has no address",
        "'nowhere' is no address",
        "10.0.0.1 belongs to OMS2 already",
    ]


def test_all_words_that_mean_nothing_are_told_with_their_lines() -> None:
    found = findings("sight: A\nsite: A\ntiers:\n- {id: a, lable: A}\n- {id: b, labell: B, colour: red}\nserver: []\n")
    assert [(line, sentence.partition(" ")[0]) for line, sentence, _ in found] == [
        (1, "'sight'"),
        (4, "'lable'"),
        (5, "'labell'"),
        (5, "'colour'"),
        (6, "'server'"),
    ]


def test_what_has_the_wrong_shape_is_told_for_each_entry() -> None:
    found = findings(HEAD + "servers:\n- {name: a, tier: web}\n- 5\n- {name: b, tier: db, type: oracle, targets: x}\n")
    assert [line for line, _, _ in found] == [5, 6, 7]


def test_a_file_that_is_no_mapping_has_one_error() -> None:
    ((line, sentence, is_error),) = findings("- a\n- b")
    assert (line, is_error) == (1, True)
    assert sentence.startswith("the file must be a mapping, but it is a list; allowed are site, time_zone, tiers,")


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        pytest.param(
            "servers:\n- {name: a, tier: web, type: host, targets: ['host:*']}\n"
            "- {name: b, tier: db, type: oracle, targets: ['host:b*']}",
            6,
            "'host:b*' never finds anything: a stands before it with 'host:*'; put b first",
            id="a pattern in the shadow of another",
        ),
        pytest.param(
            "servers:\n- {name: a, tier: web, type: host, where: {type: host}}\n"
            "- {name: b, tier: db, type: oracle, where: {type: host, site: Bern}}",
            6,
            "never holds: what fits it fits a before it; put b first",
            id="conditions in the shadow of others",
        ),
        pytest.param(
            "placements:\n- {where: {type: '*'}, tier: web, type: host}\n"
            "- {where: {type: oracle_database}, tier: db, type: oracle}",
            6,
            "never holds: what fits it fits number 1 of placements before it",
            id="a placement in the shadow of another",
        ),
        pytest.param(
            "servers:\n- {name: a.x.com, tier: web, type: host}\n- {name: a.y.com, tier: db, type: oracle}",
            6,
            "a target called 'a' could be a.x.com or a.y.com, so it is neither; give both targets",
            id="two of one short name",
        ),
        pytest.param(
            "servers:\n- {name: a, tier: web, type: host}\n- {name: b, tier: web, type: oracle}",
            2,
            "the tier 'db' has no server",
            id="an empty row",
        ),
        pytest.param(
            "servers:\n- {name: a, tier: web, type: host}\n- {name: b, tier: db, type: host}",
            3,
            "no server is of type 'oracle'",
            id="an empty column",
        ),
    ],
)
def test_what_can_never_hold_is_a_warning_and_the_file_is_used(text: str, line: int, sentence: str) -> None:
    assert (line, sentence, False) in findings(HEAD + text)
    assert site.parse(HEAD + text).site == "Claims platform"


def test_an_inventory_without_fault_has_no_findings() -> None:
    assert findings(HEAD + "servers:\n- {name: a, tier: web, type: host}\n- {name: b, tier: db, type: oracle}") == []


def test_a_load_that_fails_says_the_first_error_and_how_many_more() -> None:
    with pytest.raises(SettingError, match=r"line 5: b is in tier 'x'.* \(1 more: trapline inventory check\)"):
        site.parse(HEAD + "servers:\n- {name: b, tier: x, type: y}\n")


def test_the_example_of_the_inventorys_page_has_no_finding() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "inventory.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert findings(example) == []
    inventory = site.parse(example)
    assert all(getattr(inventory, field) for field in inventory.__struct_fields__), "the example shows every part"


def test_every_command_of_the_inventorys_page_is_there() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "inventory.md").read_text()
    assert set(re.findall(r"^\| `trapline inventory (\w+)", page, re.MULTILINE)) == set(inventory_command.commands)


def test_what_nobody_heard_of_and_what_nobody_or_several_claim_is_told_of_the_targets_that_are_known() -> None:
    text = (
        HEAD
        + """\
servers:
  - {name: a, tier: web, type: host, targets: ["host:*-a", "host:one-b"]}
  - {name: b, tier: db, type: oracle, targets: ["host:one-*"]}
  - {name: c, tier: db, type: oracle, where: {type: db}}
  - {name: d, tier: db, type: oracle, where: {Site: Bern}}
  - {name: e, tier: db, type: oracle}
retired: ["host:old"]
"""
    )
    read = document.parse(text, "inventory.yaml")
    known = [
        Target(name="one-a", type="host"),
        Target(name="one-b", type="host"),
        Target(name="one-c", type="host"),
        Target(name="D", type="db", properties={"site": "Bern"}),
        Target(name="old", type="host"),
        Target(name="new", type="host"),
    ]
    assert [(finding.line, finding.sentence) for finding in unheard(read, site.parse(text), known)] == [
        (8, "nobody has ever heard of d"),
        (9, "nobody has ever heard of e"),
        (10, "host:old is on the wall nevertheless; trapline retire it"),
        (0, "db:D belongs to c, but d claims it too"),
        (0, "host:one-a belongs to a, but b claims it too"),
        (0, "host:new belongs to no server; trapline inventory suggest"),
    ]
