"""A first inventory from a table."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline import site
from trapline.protocol.alerts import Target
from trapline.protocol.errors import SettingError
from trapline.site.pattern import is_pattern
from trapline.site.table import inventory_text

EMCLI = """\
Status ID,Status,Target Type,Target Name
1,Up,host,claims-db-01.example.com
1,Up,oracle_emd,claims-db-01.example.com:3872
1,Up,oracle_listener,LISTENER_claims-db-01
0,Down,oracle_database,CLAIMSP1
1,Up,host,web-01.example.com
1,Up,oracle_apache,/web-01/instance1/ohs1
1,Up,host,idle-01.example.com
1,Up,weblogic_j2eeserver,"/Prod/Claims, main/server_1"
"""


def servers(text: str) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    made = site.parse(inventory_text(text, "t.csv"))
    return {each.name: (each.tier, each.type, each.targets) for each in made.servers}


def test_enterprise_managers_targets_become_servers_by_host() -> None:
    assert servers(EMCLI) == {
        "claims-db-01.example.com": (
            "database",
            "database",
            (
                "host:claims-db-01.example.com",
                "oracle_emd:claims-db-01.example.com:3872",
                "oracle_listener:LISTENER_claims-db-01",
            ),
        ),
        "CLAIMSP1": ("database", "database", ("oracle_database:CLAIMSP1",)),
        "web-01.example.com": ("web", "http", ("host:web-01.example.com", "oracle_apache:/web-01/instance1/ohs1")),
        "idle-01.example.com": ("hosts", "host", ("host:idle-01.example.com",)),
        "/Prod/Claims, main/server_1": (
            "application",
            "weblogic",
            ("weblogic_j2eeserver:/Prod/Claims, main/server_1",),
        ),
    }


def test_what_was_guessed_is_said_beside_it() -> None:
    lines = inventory_text(EMCLI, "t.csv").splitlines()
    (listener,) = (line for line in lines if "LISTENER" in line)
    assert listener.endswith("  # a guess: that LISTENER_claims-db-01 runs on it, its tier, its type")
    (database,) = (line for line in lines if "CLAIMSP1" in line)
    assert database.endswith("  # a guess: that CLAIMSP1 is a server of its own, its tier, its type")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "\ufeffName;Tier;Server Type\nb-01;Web;http\na-01;Data;db\n",
            {"b-01": ("Web", "http", ()), "a-01": ("Data", "db", ())},
            id="a list of servers from a spreadsheet",
        ),
        pytest.param(
            "server\ttier\ttype\ttarget_type\ttarget_name\na\tweb\thttp\thost\ta.x\na\t\t\toracle_apache\tohs\n",
            {"a": ("web", "http", ("host:a.x", "oracle_apache:ohs"))},
            id="a row for each target",
        ),
        pytest.param(
            "TARGET_TYPE,TARGET_NAME,HOST_NAME\noracle_database,P1,db-01\napc_ups,U,ups-1\n",
            {
                "db-01": ("database", "database", ("oracle_database:P1",)),
                "ups-1": ("apc_ups", "apc_ups", ("apc_ups:U",)),
            },
            id="a column for the host",
        ),
        pytest.param("name\n\na\n", {"a": ("hosts", "host", ())}, id="nothing but names"),
    ],
)
def test_columns_are_known_by_name(text: str, expected: dict[str, tuple[str, str, tuple[str, ...]]]) -> None:
    assert servers(text) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "its columns are: none", id="empty"),
        pytest.param(
            "a,b\n1,2\n", "needs a column server, or target_type and target_name; its columns are: a, b", id="others"
        ),
        pytest.param('name\n"a\n', "is no table of comma-separated values", id="a quote that is not closed"),
        pytest.param("name,tier\n,web\n", "a row has no name: , web", id="no name"),
    ],
)
def test_what_is_no_such_table_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        inventory_text(text, "t.csv")


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=8).filter(str.strip)


@given(
    st.lists(st.tuples(st.one_of(st.sampled_from(["host", "oracle_database"]), CELLS), CELLS), min_size=1, max_size=6)
)
def test_whatever_stands_in_a_table_of_targets_is_an_inventory_that_places_them(rows: list[tuple[str, str]]) -> None:
    rows = [(kind.strip().replace(":", "-"), name.strip()) for kind, name in rows]
    table = io.StringIO()
    csv.writer(table).writerows([("Target Type", "Target Name"), *rows])
    made = site.parse(inventory_text(table.getvalue(), "t.csv"))
    listed = [target for server in made.servers for target in server.targets]
    assert {f"{kind}:{name}" for kind, name in rows} == set(listed)
    placement = site.Placement(made)
    for kind, name in rows:
        claim = placement.claim(Target(type=kind, name=name))
        assert claim is not None
        assert is_pattern(f"{kind}:{name}") or f"{kind}:{name}" in claim.server.targets or any(map(is_pattern, listed))
