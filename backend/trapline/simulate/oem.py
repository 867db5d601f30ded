"""One event to the notification that OEM sends about it. Pure.

oraEMNGEvent (12c and later): 76 varbinds in trap order, columns 2..51, 61..85, then 52; empty ones are sent too.
oraEM4Alert (notification methods older than 12c): 20 varbinds, columns 2..21.
All are OCTET STRINGs, also numbers and times; times are localized text. Names: ORACLE-ENTERPRISE-MANAGER-4-MIB.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from trapline.protocol.alerts import Incident, Target
from trapline.simulate.catalogue import Metric, kind

ENTERPRISE: Final = "1.3.6.1.4.1.111.15.2"  # oraEM4Traps
ALERT: Final = 1  # specific-trap oraEM4Alert
EVENT: Final = 3  # specific-trap oraEMNGEvent
_EVENT_COLUMNS: Final = (*range(2, 52), *range(61, 86), 52)
_EVENT_OIDS: Final = {column: f"1.3.6.1.4.1.111.15.3.1.1.{column}.1" for column in _EVENT_COLUMNS}
_ALERT_OIDS: Final = {column: f"1.3.6.1.4.1.111.15.1.1.1.{column}.1" for column in range(2, 22)}
_TEXT_OF_CODE: Final = {"INFORMATIONAL": "Information"}  # the others differ from their code by case only
_RULE_SET: Final = "Incident management rule set for all targets"
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
PACKET_LIMIT: Final = 5_120  # octets, OEM's default of snmp_packet_length
# Documented as "Empty if trap size exceeds configured snmp packet size".
_EMPTIED: Final = (4, 11, 12, 22, 25, 28, 30, 32, 33, 39, 44, 45, 46)
_VARBIND_OCTETS: Final = 24  # what a varbind has besides its text
_AVAILABILITY: Final = "Target Availability"
_METRIC_ALERT: Final = "Metric Alert"


class Availability(NamedTuple):
    """What OEM says of a target's status: a word, avail_severity's number, and oraEM4AlertSeverity's words, if any."""

    status: str
    number: int
    legacy: str = ""


STATES: Final = {
    "UP": Availability("UP", 15),
    "DOWN": Availability("DOWN", 25),
    "AGENT UP": Availability("UP", 115, "Unreachable Clear"),
    "AGENT DOWN": Availability("AGENT DOWN", 125, "Unreachable Start"),
    "BLACKOUT END": Availability("UP", 215, "Blackout End"),
    "BLACKOUT": Availability("BLACKOUT", 225, "Blackout Start"),
}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What OEM has to say at one moment about one issue of one target.

    `at_s`, `occurred_at_s`: seconds from the start of the scenario. `severity`: OEM's code. `state`: one of STATES for
    availability. `sequence_id`: 32 hex digits, the same from the raise of an issue to its clear.
    """

    at_s: float
    occurred_at_s: float
    target: Target
    tier: str
    severity: str
    message: str
    sequence_id: str
    state: str = ""
    metric: Metric | None = None
    value: str = ""
    notification_type: str = "NOTIF_NORMAL"
    repeat_count: int = 0
    incident: Incident | None = None
    root_cause: str = ""
    root_cause_status: str = ""

    @property
    def is_clear(self) -> bool:
        return self.severity == "CLEAR"


class Notification(NamedTuple):
    """What goes into a packet: oraEM4Traps' specific-trap number, and (OID, text) in trap order."""

    specific: int
    varbinds: list[tuple[str, str]]


@lru_cache(maxsize=1024)
def localized(moment: datetime) -> str:
    """A time as OEM writes it in English: `Nov 22, 2025 10:15:42 PM CET`. `moment` has whole seconds."""
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    return (
        f"{_MONTHS[moment.month - 1]} {moment.day}, {moment.year} "
        f"{hour}:{moment:%M:%S} {half} {moment.tzname() or 'UTC'}"
    )


def oem_event(
    event: Event, oms: str, reported_at: datetime, occurred_at: datetime, packet_limit: int = PACKET_LIMIT
) -> Notification:
    """The oraEMNGEvent trap: 2 to 3 kB of text. `oms` is the management server's host, for console links.

    What would be larger than `packet_limit` octets loses the columns that OEM empties then.
    """
    texts = _event_texts(event, oms, localized(reported_at), localized(occurred_at))
    if sum(len(text.encode()) + _VARBIND_OCTETS for text in texts.values()) > packet_limit:
        texts = {column: text for column, text in texts.items() if column not in _EMPTIED}
    return Notification(EVENT, [(oid, texts.get(column, "")) for column, oid in _EVENT_OIDS.items()])


def oem_alert(event: Event, reported_at: datetime) -> Notification:
    """The oraEM4Alert trap of before 12c; its severities are Clear, Informational, Warning, Critical."""
    severity = {"FATAL": "Critical", "ADVISORY": "Warning"}.get(event.severity, event.severity.capitalize())
    if event.state and STATES[event.state].legacy:
        severity = STATES[event.state].legacy
    incident = event.incident
    acknowledged = incident is not None and bool(incident.is_acknowledged)
    metric = event.metric
    texts = {
        2: event.target.name,
        3: event.target.type,
        4: event.target.host or "",
        5: metric.label if metric else "Status",
        8: localized(reported_at),
        9: severity,
        10: event.message,
        11: _RULE_SET,
        12: "SYSMAN",
        13: event.value or event.state,
        14: f"{metric.column}={event.value}" if metric else f"Status={event.state}",
        15: event.sequence_id,
        16: str(event.repeat_count),
        17: _properties(event.tier),
        18: "1" if acknowledged else "0",
        19: (incident.owner or "") if incident and acknowledged else "",
        20: "4" if event.notification_type == "NOTIF_REPEAT" else "1",
        21: event.sequence_id,
    }
    return Notification(ALERT, [(oid, texts.get(column, "")) for column, oid in _ALERT_OIDS.items()])


def _event_texts(event: Event, oms: str, reported: str, occurred: str) -> Mapping[int, str]:
    target, metric, incident = event.target, event.metric, event.incident
    about = kind(target.type)
    category = "Capacity" if metric else "Availability"
    rule = "Incident creation rule for metric alerts" if metric else "Incident creation rule for target availability"
    texts = {
        2: event.notification_type,
        3: event.message,
        4: f"https://{oms}:7803/em/redirect?pageType=sdk-core-event-console-detailEvent&issueID={event.sequence_id}",
        5: _TEXT_OF_CODE.get(event.severity, event.severity.capitalize()),
        6: event.severity,
        7: str(event.repeat_count),
        9: occurred,
        10: reported,
        11: category,
        12: category,
        13: _METRIC_ALERT if metric else _AVAILABILITY,
        14: f"{metric.group}:{metric.column}" if metric else "Status",
        21: target.name,
        22: f"https://{oms}:7803/em/redirect?pageType=TARGET_HOMEPAGE&targetName={target.name}&targetType={target.type}",
        23: target.type,
        24: target.host or "",
        25: "SYSMAN",
        26: "Production",
        27: about.version,
        28: _properties(event.tier),
        39: _RULE_SET,
        40: f"{rule},Create incident",
        41: "SYSMAN",
        42: event.sequence_id,
        43: event.root_cause,
        46: f"Incident created by rule (Name = {_RULE_SET}, {rule} [System generated rule])" if incident else "",
        51: event.root_cause_status,
        52: STATES[event.state].status if event.state else "",
    }
    if incident:
        texts |= {
            15: incident.id,
            16: incident.owner or "",
            17: "Yes" if incident.is_acknowledged else "No",
            18: incident.status or "",
            19: incident.priority or "",
            20: incident.escalation or "",
        }
    attributes = _metric_attributes(metric, event) if metric else _availability_attributes(event)
    return texts | dict(enumerate(attributes, start=61))


def _availability_attributes(event: Event) -> list[str]:
    status = STATES[event.state]
    return [
        f"target_status={status.status}",
        f"severity_guid={event.sequence_id[::-1]}",
        f"avail_severity={status.number}",
        f"avail_sub_state={'DOWN' if event.state == 'DOWN' else 'NORMAL'}",
        f"cycle_guid={event.sequence_id}",
        "ca_id=",
    ]


def _metric_attributes(metric: Metric, event: Event) -> list[str]:
    return [
        "adaptive_thresholds_used=0",
        "ca_id=",
        f"coll_name={metric.group}",
        f"cycle_guid={event.sequence_id}",
        f"metric_column={metric.column}",
        "is_metric_extension=0",
        "is_remote=0",
        f"value={event.value}",
        "keyvalue=",
        "key_col_names=",
        f"metric_description={metric.label}",
        "metric_guid=6E65075DA52ACA744B4B8C3FCB018289",
        f"metric_group={metric.group}",
        "metric_type=0",
        "num_keys=0",
        f"severity_guid={event.sequence_id[::-1]}",
        f"unit={metric.unit}",
        "is_long_metric=0",
    ]


def _properties(tier: str) -> str:
    return f"Operating System:Linux,Platform:x86_64,Contact:{tier}-team,Location:DC1,Department:{tier}"
