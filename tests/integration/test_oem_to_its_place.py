"""What Enterprise Manager says of a target, through the shipped rules, puts it in its place on the wall."""

from pathlib import Path

import pytest

from tests.normalize.traps import oem_event
from trapline import site
from trapline.normalize.component import load_rules
from trapline.normalize.match import match
from trapline.protocol.alerts import AlertEvent

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "site"
INVENTORY = site.parse("""\
site: Test
tiers: [{id: database}, {id: claims}]
server_types: [{id: db}]
servers:
  - {name: claims, tier: claims, type: db, where: {Line of Business: claims}}
placements:
  - {where: {type: oracle_database, lifecycle_status: [Production, MissionCritical]}, tier: database, type: db}
""")


@pytest.mark.parametrize(
    ("columns", "server"),
    [
        pytest.param({26: "Production"}, "claims-db-01.example.com", id="by its lifecycle status"),
        pytest.param({26: "MissionCritical"}, "claims-db-01.example.com", id="by another of the list"),
        pytest.param({26: "Development"}, None, id="by none"),
        pytest.param({}, None, id="it says nothing"),
        pytest.param(
            {26: "Production", 28: "Cost Center=4211, Line of Business=Claims"},
            "claims",
            id="by a property of the site's",
        ),
    ],
)
def test_an_oem_trap_places_its_target_by_what_it_says_of_it(columns: dict[int, str], server: str | None) -> None:
    event = match(oem_event(columns), load_rules(EXAMPLE))
    assert isinstance(event, AlertEvent)
    found = site.Placement(INVENTORY).server_of(event.target)
    assert (found.name if found else None) == server
