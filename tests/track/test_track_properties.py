"""What a sender says of a target besides stays known when a trap leaves it out."""

from msgspec.structs import replace

from tests.track.events import DATABASE, raised, status_after
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.severity import Severity

FULL = {"lifecycle_status": "Production", "Cost Center": "4211"}


def says(event: AlertEvent, properties: dict[str, str], host: str | None = DATABASE.host) -> AlertEvent:
    return replace(event, target=replace(DATABASE, host=host, properties=properties))


def test_a_trap_that_is_cut_short_does_not_take_a_targets_properties_away() -> None:
    status = status_after(says(raised(1), FULL), says(raised(2, severity=Severity.CRITICAL), {}))
    assert status.severity is Severity.CRITICAL
    assert status.target.properties == FULL


def test_the_newest_word_on_a_property_and_on_the_host_holds() -> None:
    status = status_after(says(raised(1), FULL), says(raised(2), {"lifecycle_status": "Staging"}, "other-01"))
    assert status.target.properties == {"lifecycle_status": "Staging", "Cost Center": "4211"}
    assert status.target.host == "other-01"
