"""Which server a target belongs to."""

import pytest

from trapline import site
from trapline.protocol.alerts import Target

INVENTORY = site.parse("""\
site: Test
tiers: [{id: t}]
server_types: [{id: x}]
servers:
  - {name: web-01, tier: t, type: x}
  - {name: web-02.example.com, tier: t, type: x}
  - {name: twin.a.example.com, tier: t, type: x}
  - {name: twin.b.example.com, tier: t, type: x}
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
        pytest.param(Target(name="stranger", type="host", host="stranger"), None, id="nobody's"),
    ],
)
def test_a_target_finds_its_server(target: Target, server: str | None) -> None:
    found = site.Placement(INVENTORY).server_of(target)
    assert (found.name if found else None) == server


def test_an_empty_inventory_claims_nothing() -> None:
    assert site.Placement(site.Inventory(site="Empty")).server_of(Target(name="a", type="host")) is None
