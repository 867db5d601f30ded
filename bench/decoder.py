"""Microseconds of CPU per trap without any socket, Trapline's decoder and pysnmp in one run: `python -m bench.decoder`.

Trapline: datagram → authenticated → the record's JSON. pysnmp: its engine as an application gets it, datagram →
authenticated → the callback of a NotificationReceiver with all varbinds as text.
"""

import argparse
import gc
import itertools
import os
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config, engine
from pysnmp.entity.rfc3413 import ntfrcv
from pysnmp.proto.api import v2c

from bench import machine, table, traffic
from trapline.settings import load
from trapline.site import inventory
from trapline.snmp import Community, Credentials, LocalEngine, Security, User, decode
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol

_TRAPS = {"Trapline": 20_000, "pysnmp": 200}
_WARM_UP = 50
_SOURCE = ("127.0.0.1", 40_000)


def trapline() -> Callable[[bytes], object]:
    """One datagram to the octets of a record."""
    password = traffic.PASSWORD.encode()
    user = User(traffic.USER, AuthProtocol.SHA, password, PrivacyProtocol.AES, password)
    credentials = Credentials((Community("bench", traffic.COMMUNITY.encode()),), (user,))
    security = Security(credentials, LocalEngine(b"bench", 1, time.time()))
    received_at = datetime.now(UTC)
    return lambda datagram: decode(datagram, security, time.time()).to_json("0" * 32, received_at, *_SOURCE)


def pysnmp() -> Callable[[bytes], object]:
    """One datagram to a callback with its varbinds."""
    snmp = engine.SnmpEngine()
    config.add_v1_system(snmp, "bench", traffic.COMMUNITY)
    config.add_v3_user(
        snmp,
        traffic.USER,
        config.USM_AUTH_HMAC96_SHA,
        traffic.PASSWORD,
        config.USM_PRIV_CFB128_AES,
        traffic.PASSWORD,
        securityEngineId=v2c.OctetString(hexValue=traffic.ENGINE_ID.hex()),
    )
    heard: list[list[tuple[str, str]]] = []

    def callback(
        _engine: Any, _state: Any, _context_id: Any, _context: Any, varbinds: Iterable[Any], _data: Any
    ) -> None:
        heard.append([(oid.prettyPrint(), value.prettyPrint()) for oid, value in varbinds])

    ntfrcv.NotificationReceiver(snmp, callback)
    address = udp.UdpTransportAddress(_SOURCE)

    def take(datagram: bytes) -> object:
        snmp.message_dispatcher.receive_message(snmp, udp.DOMAIN_NAME, address, datagram)
        return heard.pop()  # IndexError: it was refused, and the benchmark would be of nothing

    return take


def us_per_trap(take: Callable[[bytes], object], made: traffic.Packets) -> float:
    """Every datagram once, the first few before the clock starts."""
    for datagram in itertools.islice(made, _WARM_UP):
        take(datagram)
    gc.collect()
    began = time.process_time()
    for datagram in made[_WARM_UP:]:
        take(datagram)
    return (time.process_time() - began) * 1e6 / (len(made) - _WARM_UP)


def main() -> None:
    """Prints the table, and with --write puts it into bench/README.md."""
    parser = argparse.ArgumentParser(prog="python -m bench.decoder", description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the table into bench/README.md")
    asked = parser.parse_args()
    site = traffic.Site.of(inventory.load(load().site))
    os.sched_setaffinity(0, {machine.cores()[1]})
    rows = []
    for run, shape in enumerate(traffic.SHAPES, start=0xB0000001):
        made = traffic.packets(shape, site, run, 0, _TRAPS["Trapline"])
        ours = us_per_trap(trapline(), made)
        theirs = us_per_trap(pysnmp(), made[: _TRAPS["pysnmp"]])
        rows.append([shape, f"{len(made[0]):,}", f"{ours:.1f}", f"{theirs:,.0f}", f"{theirs / ours:.0f}"])
    text = table.stamped(table.markdown(("trap", "octets", "Trapline µs", "pysnmp µs", "times faster"), rows))
    print(text)
    if asked.write:
        table.write("decoder", text)


if __name__ == "__main__":
    main()
