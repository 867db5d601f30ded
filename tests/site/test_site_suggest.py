"""Suggested lines: what they guess, and that they place the target when they are pasted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline import site
from trapline.protocol.alerts import Target
from trapline.site.pattern import is_pattern
from trapline.site.suggest import Suggester, Suggestion

HEAD = """\
site: Test
tiers: [{id: web}, {id: database}]
server_types: [{id: http}, {id: db}, {id: host}]
servers:
"""
TEXT = (
    HEAD
    + """\
  - name: claims-web-01
    tier: web
    type: http
    targets:
      - oracle_apache:claims-web-01_ohs1
      - host:claims-web-01.example.com
  - name: claims-db-01
    tier: database
    type: db
    targets:
      - oracle_database:CLAIMSP1
      - host:claims-db-01.example.com
  - name: policy-db-01
    tier: database
    type: db
    targets:
      - oracle_database:POLICYP1
"""
)


def pasted(text: str, suggestion: Suggestion) -> str:
    """The file with the lines where they say that they belong."""
    if suggestion.is_new:
        return text + suggestion.text
    at = text.index("    targets:\n", text.index(f"- name: {suggestion.server}\n")) + len("    targets:\n")
    return text[:at] + suggestion.text + text[at:]


@pytest.mark.parametrize(
    ("target", "server", "tier", "type_", "reason"),
    [
        pytest.param(
            Target(name="LISTENER", type="oracle_listener", host="claims-db-01.example.com"),
            "claims-db-01",
            "database",
            "db",
            "it runs on claims-db-01.example.com",
            id="a target of a listed host",
        ),
        pytest.param(
            Target(name="CLAIMSP2", type="oracle_database", host="claims-db-02.example.com"),
            "claims-db-02",
            "database",
            "db",
            "as claims-db-01, whose name differs in numbers only",
            id="the next of a row",
        ),
        pytest.param(
            Target(name="/ohs1", type="oracle_apache", host="partner-01"),
            "partner-01",
            "web",
            "http",
            "as claims-web-01: so are 1 of the 1 servers that have a target of type oracle_apache",
            id="a target of the same type",
        ),
        pytest.param(
            Target(name="claims-batch-01", type="weblogic_j2eeserver"),
            "claims-batch-01",
            "web",
            "http",
            "as claims-web-01: so are 1 of the 2 servers that begin with claims",
            id="a name that begins alike",
        ),
        pytest.param(
            Target(name="X", type="apc_ups", host="rack-7"),
            "rack-7",
            "web",
            "http",
            "a guess: nothing in the inventory is like it, so say tier and type yourself",
            id="nothing like it",
        ),
        pytest.param(
            Target(name="X", type="apc_ups", host="10.1.2.3"),
            "10.1.2.3",
            "web",
            "http",
            "a guess: nothing in the inventory is like it, so say tier and type yourself",
            id="an address stays whole",
        ),
    ],
)
def test_a_guess_says_why(target: Target, server: str, tier: str, type_: str, reason: str) -> None:
    (found,) = Suggester(site.parse(TEXT)).suggestions([target])
    assert (found.server, found.tier, found.type, found.reason) == (server, tier, type_, reason)
    placed = site.Placement(site.parse(pasted(TEXT, found))).server_of(target)
    assert placed is not None
    assert placed.name == server


def test_targets_of_one_host_are_one_server_and_what_is_placed_is_left_alone() -> None:
    found = Suggester(site.parse(TEXT)).suggestions(
        [
            Target(name="CLAIMSP1", type="oracle_database"),
            Target(name="NEW", type="oracle_database", host="new-01.example.com"),
            Target(name="new-01.example.com", type="host"),
        ]
    )
    assert [one.targets for one in found] == [("host:new-01.example.com", "oracle_database:NEW")]
    assert found[0].text == (
        "  # as claims-db-01: so are 2 of the 2 servers that have a target of type oracle_database\n"
        '  - {name: "new-01", tier: database, type: db, '
        'targets: ["host:new-01.example.com", "oracle_database:NEW"]}\n'
    ).replace('"new-01"', "new-01")


def test_what_is_to_be_retired_is_not_suggested() -> None:
    inventory = site.parse(TEXT + "retired: ['host:old-*']\n")
    assert Suggester(inventory).suggestions([Target(name="old-1", type="host")]) == []


def test_an_empty_inventory_is_told_what_it_needs_first() -> None:
    (found,) = Suggester(site.Inventory(site="Empty")).suggestions([Target(name="a", type="host")])
    assert "no tiers and server_types yet" in found.reason


ODD = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(str.strip)
PLAIN = st.sampled_from(
    ["claims-db-01.example.com", "claims-db-07", "Claims-DB-01", "new-1", "new-2.example.com", "yes", "1"]
)
TYPES = st.one_of(st.sampled_from(["host", "oracle_database", "null"]), ODD.filter(lambda text: ":" not in text))


@given(
    targets=st.lists(
        st.builds(Target, name=st.one_of(PLAIN, ODD), type=TYPES, host=st.one_of(st.none(), PLAIN, ODD)),
        min_size=1,
        max_size=4,
        unique_by=lambda target: target.id,
    )
)
def test_lines_that_are_pasted_place_every_target_where_they_said(targets: list[Target]) -> None:
    text = TEXT
    found = Suggester(site.parse(TEXT)).suggestions(targets)
    for suggestion in found:
        text = pasted(text, suggestion)
    placement = site.Placement(site.parse(text))
    said = {target_id: one.server for one in found for target_id in one.targets}
    for target in targets:
        server = placement.server_of(target)
        assert server is not None
        # A target that is called a*b is listed as a pattern, which may find others too.
        assert server.name == said.get(target.id, server.name) or any(map(is_pattern, said))
