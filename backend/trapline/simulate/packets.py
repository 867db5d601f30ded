"""Events to datagrams, as one OMS sends them. Pure: the only time is the one at which the play started.

SNMPv1: enterprise oraEM4Traps, enterprise-specific. SNMPv3: snmpTrapOID.0 by RFC 3584 section 3.1.
The OMS is the authoritative engine of its v3 traps (RFC 3414 section 1.5.1): its engine ID is Oracle's enterprise
number and the host's name (RFC 3411 section 5, format 4), its boots are 1, and its time counts from 2025, so that it
goes on from one play to the next and plays at the same time agree.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from trapline.protocol.traps import Varbind
from trapline.simulate import oem
from trapline.simulate.scenario import Scenario
from trapline.snmp import Community, User, encode
from trapline.snmp.usm import Keys

_BOOTED_AT: Final = datetime(2025, 1, 1, tzinfo=UTC)
_ORACLE: Final = (111).to_bytes(4, "big")
_TEXT_FORMAT: Final = b"\x04"

Datagrams = Callable[[oem.Event], bytes]


def engine_id(oms: str) -> bytes:
    """The engine ID of an OMS: `80 00 00 6f 04` and the first 27 octets of its short name."""
    return bytes((_ORACLE[0] | 0x80,)) + _ORACLE[1:] + _TEXT_FORMAT + oms.partition(".")[0].encode()[:27]


def datagrams(
    scenario: Scenario, time_zone: str, secret: Community | User, started_at: datetime, speed: float
) -> Datagrams:
    """What makes the datagram of an event: SNMPv1 for a community, SNMPv3 at the user's level for a user."""
    zone = ZoneInfo(time_zone)

    def moment(at_s: float) -> datetime:
        return (started_at + timedelta(seconds=at_s / speed)).astimezone(zone).replace(microsecond=0)

    def notification(event: oem.Event, reported_at: datetime) -> oem.Notification:
        if event.target.type in scenario.legacy_types:
            return oem.oem_alert(event, reported_at)
        return oem.oem_event(event, scenario.oms, reported_at, moment(event.occurred_at_s), scenario.packet_limit)

    def v1(event: oem.Event) -> bytes:
        assert isinstance(secret, Community)
        reported_at = moment(event.at_s)
        specific, varbinds = notification(event, reported_at)
        return encode.v1_trap(
            secret.community,
            enterprise_oid=oem.ENTERPRISE,
            generic_trap=6,
            specific_trap=specific,
            agent_addr=scenario.agent_addr,
            uptime_ticks=_seconds_up(reported_at) * 100 % 2**32,
            varbinds=[_text(oid, text) for oid, text in varbinds],
        )

    if isinstance(secret, Community):
        return v1
    keys = Keys(secret, engine_id(scenario.oms))
    message_id = int(started_at.timestamp() * 1000)

    def v3(event: oem.Event) -> bytes:
        nonlocal message_id
        message_id += 1
        reported_at = moment(event.at_s)
        specific, varbinds = notification(event, reported_at)
        up_s = _seconds_up(reported_at)
        return encode.v3_notification(
            keys,
            encode.Engine(engine_id(scenario.oms), 1, up_s),
            trap_oid=f"{oem.ENTERPRISE}.0.{specific}",
            uptime_ticks=up_s * 100 % 2**32,
            message_id=message_id & 0x7FFFFFFF,
            varbinds=[_text(oid, text) for oid, text in varbinds],
        )

    return v3


@lru_cache(maxsize=8192)
def _text(oid: str, text: str) -> Varbind:
    return Varbind(oid=oid, syntax="OCTET STRING", value=text)


def _seconds_up(moment: datetime) -> int:
    return int((moment - _BOOTED_AT).total_seconds())
