"""Traps as ingest writes them. OEM's columns by number, in trap order: 2..51, 61..85, then 52."""

from datetime import UTC, datetime
from typing import Any

from trapline.protocol.traps import PduType, Trap, Varbind, Version

RECEIVED_AT = datetime(2026, 3, 2, 13, 51, 0, 250_000, tzinfo=UTC)
OEM_EVENT = "1.3.6.1.4.1.111.15.2.0.3"
OEM_COLUMNS = (*range(2, 52), *range(61, 86), 52)

DATABASE_DOWN = {
    2: "NOTIF_NORMAL",
    3: "The database instance is down.",
    4: "https://oem.example.com:7803/em/redirect?pageType=sdk-core-event-console-detailEvent&issueID=4C1F",
    5: "Fatal",
    6: "FATAL",
    9: "Mar 2, 2026 2:51:00 PM CET",
    10: "Mar 2, 2026 2:51:00 PM CET",
    13: "Target Availability",
    14: "Status",
    15: "20311",
    16: "DBA_ONCALL",
    17: "0",
    18: "New",
    19: "Urgent",
    20: "0",
    21: "claimsdb1",
    22: "https://oem.example.com:7803/em/redirect?pageType=TARGET_HOMEPAGE&targetName=claimsdb1",
    23: "Database Instance",
    24: "claims-db-01.example.com",
    42: "4C1F00000000000000000000000000AA",
    61: "target_status=Down",
    52: "DOWN",
}


def trap(trap_oid: str = "1.3.6.1.4.1.99999.0.1", varbinds: tuple[Varbind, ...] = (), **fields: Any) -> Trap:
    """A v2c trap from 192.0.2.10, or as `fields` say."""
    known: dict[str, Any] = {
        "trap_id": "064c0a5fb1d0ca000001c0ffee000001",
        "received_at": RECEIVED_AT,
        "version": Version.V2C,
        "pdu_type": PduType.TRAP_V2,
        "source_addr": "192.0.2.10",
        "source_port": 40162,
        "security_name": "public",
    }
    return Trap(**(known | fields), trap_oid=trap_oid, varbinds=varbinds)


def text(oid: str, value: str | int, syntax: str = "OctetString", *, is_hex: bool = False) -> Varbind:
    return Varbind(oid=oid, syntax=syntax, value=value, is_hex=is_hex)


def oem_event(changed: dict[int, str] | None = None, *, instance: str = ".1", **fields: Any) -> Trap:
    """oraEMNGEvent as OEM sends it in v1: all 76 columns, empty where nothing applies."""
    columns = DATABASE_DOWN | (changed or {})
    varbinds = tuple(
        text(f"1.3.6.1.4.1.111.15.3.1.1.{column}{instance}", columns.get(column, "")) for column in OEM_COLUMNS
    )
    v1: dict[str, Any] = {
        "version": Version.V1,
        "pdu_type": PduType.TRAP_V1,
        "enterprise_oid": "1.3.6.1.4.1.111.15.2",
        "generic_trap": 6,
        "specific_trap": 3,
        "agent_addr": "192.0.2.10",
        "uptime_ticks": 12345,
    }
    return trap(OEM_EVENT, varbinds, **(v1 | fields))


def oem_alert(columns: dict[int, str]) -> Trap:
    """oraEM4Alert, from a notification method older than OEM 12c."""
    filled = {
        2: "claimsdb1",
        3: "oracle_database",
        4: "claims-db-01.example.com",
        5: "Tablespaces Full",
        7: "USERS",
    } | columns
    varbinds = tuple(text(f"1.3.6.1.4.1.111.15.1.1.1.{column}.1", filled.get(column, "")) for column in range(2, 22))
    return trap("1.3.6.1.4.1.111.15.2.0.1", varbinds)
