"""What a changed inventory would do to the wall."""

import pytest

from trapline import site
from trapline.protocol.alerts import Target
from trapline.site.diff import differences

HEAD = "site: Test\ntiers: [{id: web}, {id: db}]\nserver_types: [{id: host}]\n"
BEFORE = site.parse(
    HEAD
    + """\
servers:
  - {name: a, tier: web, type: host, targets: ["host:a", "oracle_database:P*"]}
  - {name: b, tier: web, type: host}
"""
)
KNOWN = [Target(name=name, type="host") for name in ("a", "b", "old-1")] + [Target(name="P1", type="oracle_database")]


@pytest.mark.parametrize(
    ("after", "told"),
    [
        pytest.param(HEAD + 'servers:\n- {name: b, tier: web, type: host}\n- {name: a, tier: web, type: host, '
                     'targets: ["oracle_database:P*", "host:a"]}', [], id="another order of servers"),
        pytest.param(
            HEAD + "servers:\n- {name: b, tier: web, type: host}",
            [
                "- server a (web, host)",
                "- host:a leaves a for those not in the inventory, to be retired",
                "- oracle_database:P1 leaves a for those not in the inventory, to be retired",
            ],
            id="a server goes",
        ),
        pytest.param(
            HEAD + 'servers:\n- {name: a, tier: db, type: host, targets: ["host:*"]}\n- {name: b, tier: web, type: host}\n'
            "- {name: c, tier: db, type: host, targets: ['oracle_database:P1']}",
            [
                "+ server c (db, host)",
                "~ server a moves from web, host to db, host",
                "~ host:b moves from b to a: a lists host:*",
                "+ host:old-1 comes to a: a lists host:*",
                "~ oracle_database:P1 moves from a to c: c lists it",
            ],
            id="targets move",
        ),
        pytest.param(
            "site: Other\ntiers: [{id: db, label: Data}, {id: web}]\nserver_types: [{id: x}, {id: host}]\n"
            "retired: ['host:old-*']\nretire_after: 90d\nsenders: [{name: OMS, addresses: [10.0.0.1]}]\n"
            'servers:\n- {name: a, tier: web, type: host, targets: ["host:a", "oracle_database:P*"]}\n'
            "- {name: b, tier: web, type: host}",
            [
                "~ site: Test becomes Other",
                "~ retire_after: none becomes 90d",
                "~ senders: what is silent is judged otherwise",
                "~ tier db: db becomes Data",
                "~ the tiers stand in another order: db, web",
                "+ server type x (x)",
                "- host:old-1 is retired",
            ],
            id="everything around the servers",
        ),
    ],
)  # fmt: skip
def test_what_comes_goes_and_moves(after: str, told: list[str]) -> None:
    assert differences(BEFORE, site.parse(after), KNOWN) == told


def test_without_known_targets_those_that_a_file_names_are_compared() -> None:
    after = site.parse(HEAD + "servers:\n- {name: b, tier: web, type: host, targets: ['host:a', 'host:c']}")
    assert differences(BEFORE, after)[-2:] == [
        "~ host:a moves from a to b: b lists it",
        "+ host:c comes to b: b lists it",
    ]


def test_nothing_is_told_of_an_inventory_that_is_the_same() -> None:
    assert differences(BEFORE, BEFORE, KNOWN) == []
