"""A scenario's events, and the varbinds OEM sends about them."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.simulate.catalogue import targets_of
from trapline.simulate.oem import ALERT, EVENT, Event, localized, oem_alert, oem_event
from trapline.simulate.scenario import load, parse
from trapline.simulate.timeline import timeline
from trapline.site import Server
from trapline.site import load as load_site

_SITE = Path(__file__).resolve().parents[2] / "examples" / "site"
_INVENTORY = load_site(_SITE)
_SCENARIOS = sorted((_SITE / "scenarios").glob("*.yaml"))
_NOW = datetime(2025, 11, 22, 22, 15, 42, tzinfo=ZoneInfo("Europe/Zurich"))


def _events(steps: str, seed: int = 1) -> list[Event]:
    return list(timeline(parse(f"title: t\nsteps:\n{steps}", "t.yaml", _INVENTORY), _INVENTORY, seed))


@pytest.mark.parametrize("path", _SCENARIOS, ids=lambda path: path.stem)
def test_two_runs_of_a_seed_are_equal_and_another_seed_is_not(path: Path) -> None:
    scenario = load(path, _INVENTORY)
    first = list(timeline(scenario, _INVENTORY, 1))
    assert first == list(timeline(scenario, _INVENTORY, 1))
    assert first != list(timeline(scenario, _INVENTORY, 2))


@given(
    st.lists(
        st.sampled_from(
            [
                "- {at: 1s, do: everything_up}",
                "- {at: 2s, do: outage, tier: web, acknowledge_after: 3s, repeat_every: 1s, clear_after: 9s}",
                "- {at: 3s, do: outage, server: web-01, acknowledge_after: 9s, clear_after: 2s}",
                "- {at: 0s, every: 2s, until: 9s, do: metric_alert, tier: batch, clear_after: 3s}",
                "- {at: 4s, do: cascade, server: mq-01, spreads_to: [web, portal], clear_after: 6s}",
                "- {at: 5s, do: flapping, server: mq-02, period: 700ms, lasts: 6s}",
                "- {at: 1s, do: storm, rate: 60, lasts: 4s}",
                "- {at: 0s, do: quiet_night, lasts: 30s, mean_pause: 2s}",
                "- {at: 1s, do: test_trap}",
                "- {at: 2s, do: agent_down, tier: messaging, escalate_after: 1s, clear_after: 4s}",
                "- {at: 3s, do: blackout, tier: web, lasts: 5s}",
            ]
        ),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 1000),
)
def test_events_come_in_order_and_every_issue_ends_with_its_clear(steps: list[str], seed: int) -> None:
    events = _events("\n".join(steps), seed)
    assert [event.at_s for event in events] == sorted(event.at_s for event in events)
    last = {event.sequence_id: event for event in events}
    assert all(event.is_clear for event in last.values())
    clears = Counter(event.sequence_id for event in events if event.is_clear)
    assert set(clears.values()) == {1}
    targets = {event.sequence_id: event.target for event in events}
    assert all(targets[event.sequence_id] == event.target for event in events)


def test_a_step_more_changes_nothing_about_the_others() -> None:
    quiet = "- {do: quiet_night, lasts: 1m, mean_pause: 3s}"
    more = _events(f"{quiet}\n- {{at: 5s, do: storm, rate: 9, lasts: 3s}}")
    alone = _events(quiet)
    ids = {event.sequence_id for event in alone}
    assert [event for event in more if event.sequence_id in ids] == alone


def test_everything_up_reaches_every_server() -> None:
    events = _events("- {do: everything_up, over: 4s}")
    known = {target.id for server in _INVENTORY.servers for target in targets_of(server)}
    assert {event.target.id for event in events} == known
    assert {(event.severity, event.state) for event in events} == {("CLEAR", "UP")}
    assert events[-1].at_s < 4


def test_an_outage_is_raised_taken_repeated_and_cleared_under_one_sequence_id() -> None:
    events = _events(
        "- {at: 10s, do: outage, server: policy-db-01, acknowledge_after: 5s, acknowledged_by: DBA,"
        " repeat_every: 8s, clear_after: 20s}"
    )
    told = [
        (e.at_s, e.severity, e.notification_type, e.incident and (e.incident.owner, e.incident.is_acknowledged))
        for e in events
    ]
    assert told == [
        (10, "FATAL", "NOTIF_NORMAL", (None, False)),
        (15, "FATAL", "NOTIF_NORMAL", ("DBA", True)),
        (18, "FATAL", "NOTIF_REPEAT", ("DBA", True)),
        (26, "FATAL", "NOTIF_REPEAT", ("DBA", True)),
        (30, "CLEAR", "NOTIF_NORMAL", ("DBA", True)),
    ]
    assert len({event.sequence_id for event in events}) == 1
    assert {event.target.id for event in events} == {"oracle_database:POLPRD"}


def test_an_incident_is_taken_and_escalated_in_the_order_of_their_times() -> None:
    events = _events(
        "- {do: outage, server: policy-db-01, escalate_after: 5s, acknowledge_after: 9s, repeat_every: 7s, clear_after: 10s}"
    )
    told = [(e.at_s, e.incident.escalation, e.incident.is_acknowledged) for e in events if e.incident]
    assert told == [(0, "0", False), (5, "1", False), (7, "1", False), (9, "1", True), (10, "1", True)]
    last = events[-1].incident
    assert last is not None
    assert ("1", True, "High", "Closed") == (last.escalation, last.is_acknowledged, last.priority, last.status)


@pytest.mark.parametrize(
    ("step", "states", "legacy"),
    [
        (
            "agent_down, clear_after: 5s",
            [("AGENT DOWN", "avail_severity=125"), ("UP", "avail_severity=115")],
            ["Unreachable Start", "Unreachable Clear"],
        ),
        (
            "blackout, lasts: 5s",
            [("BLACKOUT", "avail_severity=225"), ("UP", "avail_severity=215")],
            ["Blackout Start", "Blackout End"],
        ),
    ],
    ids=["agent down", "blackout"],
)
def test_all_targets_of_a_server_say_so_and_when_it_is_over(
    step: str, states: list[tuple[str, str]], legacy: list[str]
) -> None:
    events = _events(f"- {{do: {step}, server: policy-db-01}}")
    server = next(each for each in _INVENTORY.servers if each.name == "policy-db-01")
    for target in targets_of(server):
        about = [event for event in events if event.target.id == target.id]
        texts = [dict(oem_event(event, "oms01.example.com", _NOW, _NOW).varbinds) for event in about]
        attributes = [f"1.3.6.1.4.1.111.15.3.1.1.{column}.1" for column in range(61, 86)]
        assert [text["1.3.6.1.4.1.111.15.3.1.1.52.1"] for text in texts] == [status for status, _ in states]
        for text, (status, number) in zip(texts, states, strict=True):
            assert {f"target_status={status}", number} <= {text[oid] for oid in attributes}
        assert [oem_alert(event, _NOW).varbinds[7][1] for event in about] == legacy
    assert len(events) == 2 * len(targets_of(server))


def test_a_trap_above_the_packet_limit_loses_what_oem_empties_and_nothing_else() -> None:
    event = _events("- {do: outage, server: web-01, clear_after: 1s}")[0]
    whole = dict(oem_event(event, "oms01.example.com", _NOW, _NOW).varbinds)
    cut = dict(oem_event(event, "oms01.example.com", _NOW, _NOW, packet_limit=500).varbinds)
    columns = {f"1.3.6.1.4.1.111.15.3.1.1.{column}.1" for column in (4, 11, 12, 22, 25, 28, 39, 46)}
    assert whole.keys() == cut.keys()
    assert {oid for oid, text in whole.items() if cut[oid] != text} == columns
    assert {cut[oid] for oid in columns} == {""}


def test_a_cascade_spreads_tier_by_tier_and_recovers_in_that_order() -> None:
    events = _events(
        "- {at: 5s, do: cascade, server: claims-db-01, spreads_to: [application, web], step: 4s, clear_after: 30s}"
    )
    raised = [event.tier for event in events if not event.is_clear]
    cleared = [event.tier for event in events if event.is_clear]
    assert list(dict.fromkeys(raised)) == list(dict.fromkeys(cleared)) == ["database", "application", "web"]
    assert {(event.root_cause_status, event.tier == "database") for event in events} == {
        ("Root Cause", True),
        ("Symptom", False),
    }


def test_a_storm_has_its_rate_and_its_length() -> None:
    events = _events("- {at: 2s, do: storm, rate: 200, lasts: 5s, tier: web}")
    within = [event for event in events if event.at_s < 7]
    assert len(within) == 1000
    assert {event.tier for event in events} == {"web"}
    pauses = {round(later.at_s - sooner.at_s, 6) for sooner, later in pairwise(events)}
    assert pauses == {0.005}


def test_an_event_has_all_76_columns_in_trap_order() -> None:
    event = _events("- {do: metric_alert, server: policy-db-01, metric: tablespace, clear_after: 1s}")[0]
    notification = oem_event(event, "oms01.example.com", _NOW, _NOW)
    assert notification.specific == EVENT
    columns = [
        int(oid.removeprefix("1.3.6.1.4.1.111.15.3.1.1.").removesuffix(".1")) for oid, _ in notification.varbinds
    ]
    assert columns == [*range(2, 52), *range(61, 86), 52]
    texts = dict(zip(columns, (text for _, text in notification.varbinds), strict=True))
    assert (texts[5], texts[6]) == ("Critical", "CRITICAL")
    assert texts[10] == "Nov 22, 2025 10:15:42 PM CET"
    assert (texts[21], texts[23], texts[24]) == ("POLPRD", "oracle_database", "policy-db-01.example.com")
    assert texts[42] == event.sequence_id
    assert len(texts[42]) == 32
    assert texts[68] == f"value={event.value}"
    assert "" in texts.values()


def test_an_availability_event_reports_its_state_last() -> None:
    down, up = _events("- {do: outage, server: web-01, clear_after: 1s}")
    for event, state in ((down, "DOWN"), (up, "UP")):
        varbinds = oem_event(event, "oms01.example.com", _NOW, _NOW).varbinds
        assert varbinds[-1] == ("1.3.6.1.4.1.111.15.3.1.1.52.1", state)
        assert ("1.3.6.1.4.1.111.15.3.1.1.61.1", f"target_status={state}") in varbinds


@pytest.mark.parametrize(
    ("severity", "text"),
    [("FATAL", "Critical"), ("CRITICAL", "Critical"), ("WARNING", "Warning"), ("ADVISORY", "Warning"),
     ("INFORMATIONAL", "Informational")],
)  # fmt: skip
def test_a_legacy_alert_has_its_20_columns_and_its_own_severities(severity: str, text: str) -> None:
    raised, cleared = _events(f"- {{do: outage, server: mq-01, severity: {severity}, clear_after: 1s}}")
    notification = oem_alert(raised, _NOW)
    assert notification.specific == ALERT
    assert [oid for oid, _ in notification.varbinds] == [f"1.3.6.1.4.1.111.15.1.1.1.{c}.1" for c in range(2, 22)]
    assert notification.varbinds[7][1] == text
    assert oem_alert(cleared, _NOW).varbinds[7][1] == "Clear"
    assert oem_alert(cleared, _NOW).varbinds[13][1] == notification.varbinds[13][1] == raised.sequence_id


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2012, 8, 7, 0, 5, 9, tzinfo=UTC), "Aug 7, 2012 12:05:09 AM UTC"),
        (datetime(2025, 7, 1, 12, 0, 0, tzinfo=ZoneInfo("Europe/Zurich")), "Jul 1, 2025 12:00:00 PM CEST"),
    ],
)
def test_times_are_text_as_oem_writes_them(moment: datetime, text: str) -> None:
    assert localized(moment) == text


def test_a_server_without_named_targets_is_a_host_of_its_name() -> None:
    server = Server(name="x-01", tier="web", type="host", targets=("oracle_listener:*x-01*",))
    assert [(t.id, t.host) for t in targets_of(server)] == [("host:x-01", "x-01")]
