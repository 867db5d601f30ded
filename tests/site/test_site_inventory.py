"""inventory.yaml: what it may say, and what is said when it is wrong."""

from pathlib import Path

import pytest

from trapline import site
from trapline.protocol.errors import SettingError

HEAD = """\
site: Claims platform
time_zone: Europe/Zurich
tiers: [{id: web, label: Web}, {id: db, label: Database}]
server_types:
  - {id: host, label: Host}
  - {id: oracle, label: Oracle}
"""


def test_the_order_of_the_file_is_the_order_of_the_wall() -> None:
    inventory = site.parse(
        HEAD
        + "servers:\n- {name: b, tier: db, type: oracle}\n- {name: a, tier: web, type: host, targets: ['host:x']}\n"
    )
    assert [tier.id for tier in inventory.tiers] == ["web", "db"]
    assert [(server.name, server.targets) for server in inventory.servers] == [("b", ()), ("a", ("host:x",))]


def test_a_site_needs_nothing_but_its_name() -> None:
    assert site.parse("site: Lab") == site.Inventory(site="Lab", time_zone="UTC")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "line 1: the file must be a mapping, but it is empty", id="empty"),
        pytest.param("- a", "line 1: the file must be a mapping, but it is a list", id="a list"),
        pytest.param("site: a\n  b: c", "line 2: this is no YAML: mapping values are not allowed", id="no YAML"),
        pytest.param("site: a\nsite: b", "line 2: 'site' is here a second time", id="a key twice"),
        pytest.param("time_zone: UTC", "line 1: there is no 'site' here, and it is needed; add it", id="no site"),
        pytest.param("site: 5", "line 1: site must be a text (put it in quotes), but it is a number", id="a number"),
        pytest.param(
            "site: a\ntime_zone: Zurich", "line 2: there is no time zone 'Zurich'; say one such as", id="zone"
        ),
        pytest.param("site: a\ntime_zone: Europe", "line 2: there is no time zone 'Europe'", id="a folder of zones"),
        pytest.param("site: a\nserver: []", "line 2: 'server' means nothing here; allowed are site", id="typo"),
        pytest.param(HEAD + "servers: {}", "line 7: servers must be a list, but it is a mapping", id="no list"),
        pytest.param(
            HEAD + "servers:\n- {name: a, tier: web, type: host}\n- {name: b, tier: web}",
            "line 9: there is no 'type' here, and it is needed; add it",
            id="no type",
        ),
        pytest.param(
            HEAD + "servers:\n- name: a\n  tier: web\n  type: host\n  target: []",
            "line 11: 'target' means nothing here; allowed are name, tier, type, targets",
            id="unknown word",
        ),
        pytest.param(
            HEAD + "servers:\n- name: a\n  tier: web\n  type: host\n  targets: ['trapline_canary:*']",
            "line 11: 'trapline_canary:*': the target type 'trapline_canary' is ours, for canaries",
            id="canary",
        ),
        pytest.param(
            HEAD + "servers:\n- name: a\n  tier: wep\n  type: host",
            "line 9: a is in tier 'wep', but the tiers are: web, db",
            id="unknown tier",
        ),
        pytest.param(
            HEAD + "servers:\n- name: a\n  tier: web\n  type: hots",
            "line 10: a is of type 'hots', but the types are: host, oracle",
            id="unknown type",
        ),
        pytest.param(
            HEAD + "servers:\n- {name: a, tier: web, type: host}\n- {name: a, tier: db, type: host}",
            "line 9: 'a' is there already, in line 8; names must differ",
            id="a name twice",
        ),
        pytest.param(
            HEAD + "servers:\n- {name: '', tier: web, type: host}", "line 8: this name is empty", id="no name"
        ),
        pytest.param(
            HEAD + "servers:\n- {name: a, tier: web, type: host, targets: [x]}",
            "line 8: 'x' is no target; write type:name, for example host:a.example.com",
            id="no target",
        ),
        pytest.param(
            HEAD
            + "servers:\n- {name: a, tier: web, type: host, targets: ['host:x']}\n"
            + "- {name: b, tier: web, type: host, targets: ['host:x']}",
            "line 9: 'host:x' belongs to a already; a target belongs to one server",
            id="a target of two",
        ),
        pytest.param(
            HEAD + "placements:\n- where: {type: db}\n  tier: web\n  type: host\n  server: name",
            "line 11: server is 'name'; say one of host, target",
            id="no choice",
        ),
        pytest.param(
            HEAD + "placements:\n- where: {type: 5}\n  tier: web\n  type: host",
            "line 8: an entry of where must be a text (put it in quotes) or a list, but it is a number",
            id="a number in where",
        ),
        pytest.param(
            HEAD + "placements:\n- where: {type: [db, 5]}\n  tier: web\n  type: host",
            "line 8: an entry of where must be a text (put it in quotes), but it is a number",
            id="a number in a list in where",
        ),
        pytest.param(
            HEAD + "placements:\n- where: {}\n  tier: web\n  type: host",
            "line 8: where asks for nothing, which every target has; say at least a type",
            id="no conditions",
        ),
        pytest.param(
            HEAD + "servers:\n- name: a\n  tier: web\n  type: host\n  where: {site: []}",
            "line 11: 'site' asks for nothing; give it a value, or * for any",
            id="a condition without a value",
        ),
        pytest.param(
            HEAD + "servers:\n- name: a\n  tier: web\n  type: host\n  targets: ['trapline_scope:tier/web']",
            "line 11: 'trapline_scope:tier/web': the target type 'trapline_scope' is ours, for commands",
            id="scope",
        ),
        pytest.param(HEAD + "retire_after: 3 weeks", "line 7: '3 weeks' is no length of time; write for", id="length"),
        pytest.param("site: a\ntiers:\n- {id: unplaced}", "line 3: the tier id 'unplaced' is ours", id="reserved tier"),
        pytest.param(
            "site: a\ntiers:\n- {id: a}\n- {id: a}", "line 4: 'a' is there already, in line 3", id="tier twice"
        ),
    ],
)
def test_an_error_is_one_sentence_with_file_and_line(text: str, sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        site.parse(text, "inventory.yaml")
    assert str(caught.value).startswith(f"inventory.yaml, {sentence}")
    assert "\n" not in str(caught.value)


def test_a_missing_file_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"inventory\.yaml cannot be read: No such file.*TRAPLINE_SITE"):
        site.load(tmp_path)


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_bytes(b"site: Z\xfcrich")
    with pytest.raises(SettingError, match="it is not UTF-8"):
        site.load(tmp_path)
