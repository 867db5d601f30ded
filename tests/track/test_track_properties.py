"""What a sender says of a target besides stays known when a trap leaves it out."""

from msgspec.structs import replace

from tests.track.events import DATABASE, raised, status_after
from trapline.protocol.alerts import PROPERTIES_KEPT, AlertEvent
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


def test_a_target_keeps_the_newest_names_however_many_were_said_of_it() -> None:
    log = [says(raised(second), {f"{second}/{n}": "said" for n in range(5)}) for second in range(400)]
    kept = status_after(*log).target.properties

    assert PROPERTIES_KEPT == len(kept)
    assert {f"{second}/{n}" for second in range(392, 400) for n in range(5)} == kept.keys()


def test_of_one_event_that_says_too_much_as_much_is_kept() -> None:
    log = (says(raised(1), FULL), says(raised(2), {f"{n}": "said" for n in range(1_000)}))

    assert [f"{n}" for n in range(PROPERTIES_KEPT)] == list(status_after(*log).target.properties)
