"""Which server a target belongs to."""

from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline import site
from trapline.protocol.alerts import Target
from trapline.site.model import AutomaticServer

INVENTORY = site.parse("""\
site: Test
tiers: [{id: t}]
server_types: [{id: x}]
servers:
  - {name: web-01, tier: t, type: x}
  - {name: web-02.example.com, tier: t, type: x}
  - {name: twin.a.example.com, tier: t, type: x}
  - {name: twin.b.example.com, tier: t, type: x}
  - {name: "10.0.0.1", tier: t, type: x}
  - {name: "10.0.0.2", tier: t, type: x}
  - {name: db-01, tier: t, type: x, targets: ["oracle_database:CLAIMSP1", "oracle_listener:*db-01*"]}
  - {name: db-02, tier: t, type: x, targets: ["oracle_listener:*db-0?*", "*:anything"]}
  - {name: "(odd) [name]", tier: t, type: x, targets: ["host:a+b(*"]}
""")


@pytest.mark.parametrize(
    ("target", "server"),
    [
        pytest.param(Target(name="web-01", type="host"), "web-01", id="its name"),
        pytest.param(Target(name="web-01.example.com", type="host"), "web-01", id="its name with a domain"),
        pytest.param(Target(name="WEB-01.Example.com", type="host"), "web-01", id="in capitals"),
        pytest.param(Target(name="/ohs1", type="oracle_apache", host="web-01.example.com"), "web-01", id="its host"),
        pytest.param(Target(name="web-02", type="host"), "web-02.example.com", id="its name without the domain"),
        pytest.param(Target(name="web-02.example.org", type="host"), None, id="another domain"),
        pytest.param(Target(name="twin.b.example.com", type="host"), "twin.b.example.com", id="one of two"),
        pytest.param(Target(name="twin", type="host"), None, id="either of two is neither"),
        pytest.param(Target(name="web-011", type="host"), None, id="a longer name"),
        pytest.param(Target(name="CLAIMSP1", type="oracle_database", host="web-01"), "db-01", id="a listed id first"),
        pytest.param(Target(name="L_db-01_1", type="oracle_listener"), "db-01", id="the first pattern in the file"),
        pytest.param(Target(name="L_db-02_1", type="oracle_listener"), "db-02", id="the second pattern"),
        pytest.param(Target(name="anything", type="who:knows"), "db-02", id="any type"),
        pytest.param(Target(name="db-01", type="host"), None, id="a server with a list has only its list"),
        pytest.param(Target(name="a+b(c", type="host"), "(odd) [name]", id="signs mean themselves"),
        pytest.param(Target(name="ups", type="apc_ups", host="10.0.0.2"), "10.0.0.2", id="an address has no domain"),
        pytest.param(Target(name="ups", type="apc_ups", host="10.0.0.3"), None, id="another address"),
        pytest.param(Target(name="stranger", type="host", host="stranger"), None, id="nobody's"),
    ],
)
def test_a_target_finds_its_server(target: Target, server: str | None) -> None:
    found = site.Placement(INVENTORY).server_of(target)
    assert (found.name if found else None) == server


def test_an_empty_inventory_claims_nothing() -> None:
    assert site.Placement(site.Inventory(site="Empty")).server_of(Target(name="a", type="host")) is None


PROPERTIES = site.parse("""\
site: Test
tiers: [{id: web}, {id: database}, {id: other}]
server_types: [{id: host}, {id: db}]
servers:
  - {name: by-list, tier: web, type: host, targets: ["host:listed", "oracle_database:P*"]}
  - {name: by-place, tier: web, type: host, where: {type: [host, oracle_listener], Site: Bern}}
  - {name: by-name.example.com, tier: web, type: host}
placements:
  - {where: {type: oracle_database, lifecycle_status: Production}, tier: database, type: db, period: 26h}
  - {where: {lifecycle_status: "*"}, tier: other, type: host}
  - {where: {type: oracle_pdb}, tier: database, type: db, server: target}
""")


@pytest.mark.parametrize(
    ("target", "server", "tier", "reason"),
    [
        pytest.param(
            Target(name="listed", type="host", properties={"site": "Bern"}),
            "by-list",
            "web",
            "by-list lists it",
            id="a list before a property",
        ),
        pytest.param(
            Target(name="P1", type="oracle_database", properties={"lifecycle_status": "Production"}),
            "by-list",
            "web",
            "by-list lists oracle_database:P*",
            id="a pattern before a placement",
        ),
        pytest.param(
            Target(name="by-name", type="host", properties={"SITE": "bern"}),
            "by-place",
            "web",
            "it has what by-place asks for",
            id="a property before a name",
        ),
        pytest.param(
            Target(
                name="D1",
                type="oracle_database",
                host="DB-07.example.com",
                properties={"lifecycle_status": "Production"},
            ),
            "db-07.example.com",
            "database",
            "number 1 of placements holds for it",
            id="a new server appears by its host",
        ),
        pytest.param(
            Target(name="D1", type="oracle_database", host="by-place", properties={"lifecycle_status": "Production"}),
            "by-place",
            "web",
            "number 1 of placements holds for it, and it is of by-place",
            id="a new target of a listed server",
        ),
        pytest.param(
            Target(name="db-07", type="host", properties={"lifecycle_status": "Staging"}),
            "db-07",
            "other",
            "number 2 of placements holds for it",
            id="any value of a property",
        ),
        pytest.param(
            Target(name="CDB_Pdb1", type="oracle_pdb", host="db-07"),
            "CDB_Pdb1",
            "database",
            "number 3 of placements holds for it",
            id="a new server under the target's name",
        ),
        pytest.param(Target(name="D1", type="oracle_database"), None, None, None, id="without the property nobody's"),
    ],
)
def test_properties_place_what_no_list_names(
    target: Target, server: str | None, tier: str | None, reason: str | None
) -> None:
    claim = site.Placement(PROPERTIES).claim(target)
    assert (claim and (claim.server.name, claim.server.tier, claim.reason)) == (server and (server, tier, reason))


NAMES = st.sampled_from(["a", "a.example.com", "b", "b.example.org", "c", "P1"])
TYPES = st.sampled_from(["host", "oracle_database", "oracle_listener"])
TARGETS = st.builds(
    Target,
    name=NAMES,
    type=TYPES,
    host=st.one_of(st.none(), NAMES),
    properties=st.dictionaries(st.sampled_from(["site", "lifecycle_status"]), st.sampled_from(["Bern", "Production"])),
)
SERVERS = st.lists(
    st.fixed_dictionaries(
        {
            "name": NAMES,
            "targets": st.lists(st.sampled_from(["host:a", "host:*", "oracle_*:a*", "*:b?*", "*:P1"]), max_size=2),
            "where": st.dictionaries(st.sampled_from(["type", "site", "name"]), st.sampled_from(["host", "B*", "a*"])),
        }
    ),
    max_size=6,
    unique_by=lambda server: str(server["name"]),
)
AUTOMATIC = st.lists(
    st.tuples(
        st.dictionaries(
            st.sampled_from(["type", "lifecycle_status"]), st.sampled_from(["*", "P*", "host"]), min_size=1
        ),
        st.sampled_from(["host", "target"]),
    ),
    max_size=3,
)


@given(servers=SERVERS, automatic=AUTOMATIC, target=TARGETS)
def test_a_target_has_one_server_or_none_and_it_stays_the_same_when_unrelated_servers_come(
    servers: list[Mapping[str, object]], automatic: list[tuple[dict[str, str], str]], target: Target
) -> None:
    listed = tuple(
        site.Server(
            name=str(each["name"]),
            tier="t",
            type="x",
            targets=tuple(each["targets"]),  # type: ignore[arg-type]  # a table of fields
            where=each["where"],  # type: ignore[arg-type]
        )
        for each in servers
    )
    appearing = tuple(AutomaticServer(where=where, tier="t", type="x", server=by) for where, by in automatic)  # type: ignore[arg-type]
    inventory = site.Inventory(site="T", servers=listed, placements=appearing)
    claim = site.Placement(inventory).claim(target)
    if claim is not None:
        assert claim.reason
        assert (claim.rank == 0) == (claim.server in listed)
    stranger = site.Server(name="stranger.example.net", tier="t", type="x", targets=("host:stranger",))
    later = site.Placement(msgspec.structs.replace(inventory, servers=(*listed, stranger))).claim(target)
    assert later == claim
