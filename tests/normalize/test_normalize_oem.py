"""What OEM's traps become, column by column."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.normalize.traps import OEM_COLUMNS, oem_alert, oem_event, text, trap
from trapline.normalize.component import load_rules
from trapline.normalize.match import match
from trapline.protocol import codec
from trapline.protocol.alerts import AlertEvent, EventKind, Link, Target
from trapline.protocol.severity import Severity
from trapline.protocol.traps import Trap

RULES = load_rules(Path("/nonexistent"))
# Of a type that no rule is for, so that the severity code alone decides.
OTHER_TYPE = {13: "Anwendungsereignis"}
OTHER = {13: "Anwendungsereignis", 52: "", 61: ""}


def event(of: Trap) -> AlertEvent:
    decided = match(of, RULES)
    assert isinstance(decided, AlertEvent), decided
    return decided


@pytest.mark.parametrize(
    ("code", "kind", "severity"),
    [
        ("FATAL", EventKind.RAISE, Severity.CRITICAL),
        ("CRITICAL", EventKind.RAISE, Severity.MAJOR),
        ("WARNING", EventKind.RAISE, Severity.MINOR),
        ("ADVISORY", EventKind.RAISE, Severity.WARNING),
        ("INFORMATIONAL", EventKind.UPDATE, Severity.INDETERMINATE),
        ("CLEAR", EventKind.CLEAR, Severity.CLEARED),
    ],
)
def test_the_severity_code_decides(code: str, kind: EventKind, severity: Severity) -> None:
    decided = event(oem_event(OTHER | {6: code, 5: "Schwerwiegend"}))

    assert (kind, severity) == (decided.kind, decided.severity)
    assert f"OEM says {code} in a NOTIF_NORMAL" == decided.reason


def test_without_a_code_the_displayed_severity_decides() -> None:
    decided = event(oem_event(OTHER | {6: "", 5: "Critical"}))

    assert (EventKind.RAISE, Severity.MAJOR) == (decided.kind, decided.severity)


def test_an_unknown_severity_is_a_warning_and_says_so() -> None:
    decided = event(oem_event(OTHER | {6: "", 5: "Schwerwiegend"}))

    assert (EventKind.RAISE, Severity.WARNING) == (decided.kind, decided.severity)
    assert "no row of its severity is for 'Schwerwiegend', so warning" in decided.reason


def test_the_target_is_what_the_trap_names_not_who_sent_it() -> None:
    decided = event(oem_event())

    assert Target(name="claimsdb1", type="oracle_database", host="claims-db-01.example.com") == decided.target
    assert "192.0.2.10" == decided.provenance.source_addr


def test_an_event_about_no_target_is_about_its_source_object() -> None:
    decided = event(oem_event({21: "", 23: "", 24: "", 29: "NIGHTLY_BACKUP", 31: "Job"}))

    assert Target(name="NIGHTLY_BACKUP", type="oem_job", host=None) == decided.target


def test_an_event_that_names_nothing_is_unmatched_with_a_reason() -> None:
    decided = match(oem_event({21: "", 23: "", 24: ""}), RULES)

    assert isinstance(decided, str)
    assert decided.startswith("rule oem-target-down matches, but the trap names no target")


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({}, "4C1F00000000000000000000000000AA"),
        ({42: ""}, "Target Availability/Status"),
        ({42: "", 13: ""}, "Status"),
        ({42: "", 13: "", 14: ""}, "event"),
    ],
    ids=["sequence id", "type and name", "name", "nothing"],
)
def test_the_alert_key_falls_back_in_steps(changed: dict[int, str], key: str) -> None:
    assert key == event(oem_event(changed)).alert_key


@pytest.mark.parametrize(
    ("said", "meant"), [("1", True), ("0", False), ("Yes", True), ("No", False), ("Ja", None), ("", None)]
)
def test_both_ways_of_saying_acknowledged_are_understood(said: str, meant: bool | None) -> None:
    incident = event(oem_event({17: said})).incident

    assert incident is not None
    assert meant is incident.is_acknowledged


def test_without_an_incident_id_there_is_no_incident() -> None:
    assert event(oem_event({15: ""})).incident is None


def test_an_emptied_url_is_no_link() -> None:
    target_page = "https://oem.example.com:7803/em/redirect?pageType=TARGET_HOMEPAGE&targetName=claimsdb1"

    assert (Link(label="Target in OEM", url=target_page),) == event(oem_event({4: ""})).links


def test_a_link_that_is_no_page_is_left_out() -> None:
    assert () == event(oem_event({4: "javascript:alert(1)", 22: "file:///etc/passwd"})).links


@pytest.mark.parametrize("instance", ["", ".1", ".0"])
def test_columns_are_read_with_and_without_instance(instance: str) -> None:
    assert event(oem_event()) == event(oem_event(instance=instance))


@pytest.mark.parametrize("notification", ["NOTIF_NORMAL", "NOTIF_RETRY", "NOTIF_DURATION", "NOTIF_REPEAT"])
def test_repeats_raise_the_same_alert(notification: str) -> None:
    decided = event(oem_event({2: notification}))

    assert (EventKind.RAISE, "4C1F00000000000000000000000000AA") == (decided.kind, decided.alert_key)


@pytest.mark.parametrize("notification", ["NOTIF_CA", "NOTIF_RCA"])
def test_a_corrective_action_and_a_root_cause_open_nothing(notification: str) -> None:
    changed = {2: notification, 34: "RESTART_LISTENER", 35: "Succeeded", 43: "Caused by host claims-db-01"}
    decided = event(oem_event(changed))

    assert ("oem-event-follow-up", EventKind.UPDATE, Severity.CRITICAL) == (
        decided.rule_id,
        decided.kind,
        decided.severity,
    )
    assert decided.message.endswith("RESTART_LISTENER Succeeded")
    assert "Caused by host claims-db-01" == decided.root_cause


def test_the_test_button_of_oem_is_a_test() -> None:
    assert event(oem_event({24: "SampleEMTargetHost"})).is_test
    assert not event(oem_event()).is_test


@pytest.mark.parametrize(
    ("octets", "read"),
    [
        ("Datenbank nicht verfügbar".encode(), "Datenbank nicht verfügbar"),
        ("Datenbank nicht verfügbar".encode("cp1252"), "Datenbank nicht verfügbar"),
        ("Datenbank nicht verfü".encode()[:-1], "Datenbank nicht verf…"),
        (b"The database is down\0", "The database is down"),
        (bytes.fromhex("0001ff80"), "0001ff80"),
    ],
    ids=["UTF-8", "Windows-1252", "cut within a character", "NUL at the end", "no text at all"],
)
def test_octets_that_are_not_plain_text_are_read_as_far_as_they_can_be(octets: bytes, read: str) -> None:
    message = text("1.3.6.1.4.1.111.15.3.1.1.3.1", octets.hex(), is_hex=True)
    target = text("1.3.6.1.4.1.111.15.3.1.1.21.1", "claimsdb1")

    assert read == event(trap("1.3.6.1.4.1.111.15.2.0.3", (message, target))).message


def test_a_long_message_is_cut_and_shows_it() -> None:
    message = event(oem_event({3: "x" * 4000})).message

    assert (1000, "…") == (len(message), message[-1])


def test_a_trap_cut_short_by_the_packet_limit_still_names_its_target() -> None:
    emptied = dict.fromkeys((4, 11, 12, 22, 25, 28, 30, 32, 33, 39, 44, 45, 46), "")
    decided = event(oem_event(emptied))

    assert ("claimsdb1", Severity.CRITICAL, ()) == (decided.target.name, decided.severity, decided.links)


@pytest.mark.parametrize(
    ("said", "rule", "kind", "severity", "key"),
    [
        ("Critical", "oem-alert", EventKind.RAISE, Severity.MAJOR, "Tablespaces Full/USERS"),
        ("Warning", "oem-alert", EventKind.RAISE, Severity.MINOR, "Tablespaces Full/USERS"),
        ("Clear", "oem-alert", EventKind.CLEAR, Severity.CLEARED, "Tablespaces Full/USERS"),
        ("Informational", "oem-alert", EventKind.UPDATE, Severity.INDETERMINATE, "Tablespaces Full/USERS"),
        ("Unreachable Start", "oem-alert-unreachable", EventKind.RAISE, Severity.MAJOR, "unreachable"),
        ("Unreachable Clear", "oem-alert-unreachable", EventKind.CLEAR, Severity.CLEARED, "unreachable"),
        (
            "Metric Error Start",
            "oem-alert-metric-error",
            EventKind.RAISE,
            Severity.WARNING,
            "metric error/Tablespaces Full",
        ),
        (
            "Metric Error Clear",
            "oem-alert-metric-error",
            EventKind.CLEAR,
            Severity.CLEARED,
            "metric error/Tablespaces Full",
        ),
        ("Blackout Start", "oem-alert-blackout", EventKind.MAINTENANCE_START, Severity.INDETERMINATE, "blackout"),
        ("Status Pending", "oem-alert", EventKind.UPDATE, Severity.INDETERMINATE, "Tablespaces Full/USERS"),
    ],
)
def test_an_alert_of_old_methods_is_understood(
    said: str, rule: str, kind: EventKind, severity: Severity, key: str
) -> None:
    decided = event(oem_alert({9: said, 10: "Tablespace USERS is 97 percent full"}))

    assert (rule, kind, severity, key) == (decided.rule_id, decided.kind, decided.severity, decided.alert_key)
    assert Target(name="claimsdb1", type="oracle_database", host="claims-db-01.example.com") == decided.target


@pytest.mark.parametrize(
    ("status", "kind"), [("Failed", EventKind.RAISE), ("Succeeded", EventKind.CLEAR), ("Running", EventKind.UPDATE)]
)
def test_a_job_of_old_methods_is_a_target_of_its_own(status: str, kind: EventKind) -> None:
    name, state = text("1.3.6.1.4.1.111.15.1.2.1.2.1", "NIGHTLY"), text("1.3.6.1.4.1.111.15.1.2.1.5.1", status)
    decided = event(trap("1.3.6.1.4.1.111.15.2.0.2", (name, state)))

    assert (kind, "oem_job:NIGHTLY") == (decided.kind, decided.target.id)


# What an OMS writes in its own language: severity, categories, type and name of the event, times, states.
LOCALIZED = (5, 9, 10, 11, 13)
WORDS_OF_SOME_LANGUAGE = st.text(st.characters(categories=["L", "Nd", "Zs"]), max_size=30)
STORIES: dict[str, dict[int, str]] = {
    "down": {61: "avail_severity=25", 62: "target_status=Fuera de servicio"},
    "up": {6: "CLEAR", 61: "avail_severity=15"},
    "agent down": {6: "CRITICAL", 63: "avail_severity=125"},
    "blackout": {6: "INFORMATIONAL", 61: "avail_severity=225"},
    "metric alert": {6: "WARNING", 61: "metric_group=Load", 62: "metric_column=cpuUtil", 63: "value=97", 52: ""},
    "job": {6: "CRITICAL", 29: "NIGHTLY", 61: "execution_id=1", 62: "execution_status_code=4", 52: ""},
    "unknown type": {6: "FATAL", 61: "", 52: ""},
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
@given(data=st.data())
def test_the_language_of_the_oms_changes_nothing_that_counts(story: dict[int, str], data: st.DataObject) -> None:
    said = {column: data.draw(WORDS_OF_SOME_LANGUAGE) for column in LOCALIZED}
    english, other = event(oem_event(story | OTHER_TYPE)), event(oem_event(story | said))

    for field in ("rule_id", "kind", "severity", "target", "alert_key", "message", "incident", "links"):
        assert getattr(english, field) == getattr(other, field)


@pytest.mark.parametrize("column", [4, 22, 30])
def test_a_link_of_255_characters_may_lead_nowhere(column: int) -> None:
    cut = event(oem_event({22: "", column: "https://oem.example.com/".ljust(255, "x")}))

    assert ["a link to OEM has exactly 255 characters, so it may have been cut short and lead nowhere"] == list(
        cut.caveats
    )


COLUMN_TEXTS = st.dictionaries(st.sampled_from(OEM_COLUMNS), st.text(max_size=1200), max_size=20)


@given(COLUMN_TEXTS, st.booleans())
def test_whatever_the_columns_hold_an_event_or_a_reason_comes_out(columns: dict[int, str], is_hex: bool) -> None:
    varbinds = tuple(
        text(f"1.3.6.1.4.1.111.15.3.1.1.{column}.1", value, is_hex=is_hex) for column, value in columns.items()
    )
    decided = match(trap("1.3.6.1.4.1.111.15.2.0.3", varbinds), RULES)

    if isinstance(decided, str):
        assert decided.startswith("rule oem-")
    else:
        assert decided == codec.decode(codec.encode(decided), AlertEvent)
        assert (decided.severity is Severity.CLEARED) == (decided.kind is EventKind.CLEAR)
        assert len(codec.encode(decided)) < 40_000
