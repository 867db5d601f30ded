"""The only door to SNMP's octets: what comes in is decoded and checked, what goes out is encoded. No sockets, no clock.

Receive: `Security(credentials, local_engine)` once, `decode(datagram, security, now)` per datagram gives a
`Notification` or raises `DatagramError` with a reason of `REASONS`; `notification.to_json(...)` is the record's JSON.
INFORM: `respond(notification, security, now)` when its record is safe; `report(error, security, now)` answers engine
discovery and time synchronisation. Send: `encode`. Everywhere `now` is seconds since 1970 (wall clock).
"""

from trapline.snmp.clocks import ArrivalClocks, EngineClock, EngineClocks, LocalEngine
from trapline.snmp.credentials import ANY_ENGINE, Community, Credentials, User, load
from trapline.snmp.decode import decode
from trapline.snmp.inform import report, respond
from trapline.snmp.notification import Notification
from trapline.snmp.reasons import REASONS
from trapline.snmp.repeats import ArrivalRepeats, Repeats
from trapline.snmp.usm import Security, UnknownSender

__all__ = [
    "ANY_ENGINE",
    "REASONS",
    "ArrivalClocks",
    "ArrivalRepeats",
    "Community",
    "Credentials",
    "EngineClock",
    "EngineClocks",
    "LocalEngine",
    "Notification",
    "Repeats",
    "Security",
    "UnknownSender",
    "User",
    "decode",
    "load",
    "report",
    "respond",
]
