"""What the benchmarks send: traps as a switch and as OEM send them, fresh in what is fresh in reality.

A trap is encoded once per server of the sample site by `trapline.snmp`; then what differs from trap to trap (sequence
ID, times, value, incident, request ID, uptime) is put in at its fixed width, so that a generator in Python is fast
enough. The other varbinds repeat, as they do at a real OEM.

Every trap carries 32 hex digits: 8 name the run, 24 count from 0. A sink that holds all of them has lost nothing.
"""

import hashlib
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from trapline.protocol.alerts import Incident, Target
from trapline.protocol.traps import Varbind
from trapline.simulate import oem
from trapline.simulate.catalogue import metrics, targets_of
from trapline.site import Inventory
from trapline.snmp import User, encode
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol
from trapline.snmp.usm import Keys

COMMUNITY: Final = "bench"
USER: Final = "bench"
PASSWORD: Final = "bench-password"
ENGINE_ID: Final = bytes.fromhex("80001f8880b0b0b0b0000d61ff")
SHAPES: Final = ("small-v2c", "oem-v1", "oem-v3")

_LINK_DOWN: Final = "1.3.6.1.6.3.1.1.5.3"
_SEQUENCE: Final = "5EEDFACE" + "D00D" * 6
_VALUE: Final = "77.77"
_INCIDENT: Final = "31415"
_MOMENT: Final = datetime(2026, 11, 22, 10, 15, 42, tzinfo=UTC)
_REQUEST_ID: Final = 0x5A5B5C5D
_UPTIME: Final = 0x5E5F6061

Packets = list[bytes]


@dataclass(frozen=True)
class Site:
    """The servers that the traps are about, each with the target that OEM names."""

    targets: tuple[tuple[str, str, Target], ...]

    @classmethod
    def of(cls, inventory: Inventory) -> "Site":
        return cls(tuple((each.name, each.tier, targets_of(each)[0]) for each in inventory.servers))


def packets(shape: str, site: Site, run: int, first: int, count: int) -> Packets:
    """`count` datagrams of a shape, numbered from `first` on, the servers in turn."""
    templates, seal = _templates(shape, site)
    made = []
    for number in range(first, first + count):
        sequence = b"%08X%024X" % (run, number)
        template = templates[number % len(templates)]
        fields = {
            b"sequence": sequence,
            b"reversed": sequence[::-1],
            b"value": b"%02d.%02d" % (80 + number % 20, number % 97),
            b"incident": b"%05d" % (number % 100_000),
            b"moment": b"10:%02d:%02d" % (number // 6000 % 60, number // 100 % 60),
            b"request_id": (0x10000000 + number).to_bytes(4, "big"),
            b"uptime": (0x10000000 + number).to_bytes(4, "big"),
        }
        made.append(seal(template % fields, run << 24 & 0x7F000000 | number + 1))
    return made


def _templates(shape: str, site: Site) -> tuple[Sequence[bytes], Callable[[bytes, int], bytes]]:
    match shape:
        case "small-v2c":
            return [_template(_small())], _as_it_is
        case "oem-v1":
            return [_template(_oem_v1(tier, target)) for _, tier, target in site.targets], _as_it_is
        case "oem-v3":
            return [_template(_oem_scoped(tier, target)) for _, tier, target in site.targets], _v3_seal()
        case _:
            raise ValueError(f"{shape!r} is no shape; say one of {', '.join(SHAPES)}")


def _as_it_is(octets: bytes, _message_id: int) -> bytes:
    return octets


def _v3_seal() -> Callable[[bytes, int], bytes]:
    """Encrypts and signs a scoped PDU, as one sender whose engine's time is the wall clock."""
    user = User(USER, AuthProtocol.SHA, PASSWORD.encode(), PrivacyProtocol.AES, PASSWORD.encode())
    keys = Keys(user, ENGINE_ID)
    began = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    engine = encode.Engine(ENGINE_ID, 1, int(time.time() - began))

    def seal(scoped: bytes, message_id: int) -> bytes:
        salt = message_id.to_bytes(8, "big")
        return encode.v3_message(
            keys, user.level, engine, message_id=message_id, scoped=scoped, salt=salt, reportable=False
        )

    return seal


def _template(octets: bytes) -> bytes:
    """The octets as a format: what stood for a fresh value is replaced by its name."""
    octets = octets.replace(b"%", b"%%")
    names = {
        _SEQUENCE.encode(): b"sequence",
        _SEQUENCE[::-1].encode(): b"reversed",
        _VALUE.encode(): b"value",
        _INCIDENT.encode(): b"incident",
        b"10:15:42": b"moment",
        _REQUEST_ID.to_bytes(4, "big"): b"request_id",
        _UPTIME.to_bytes(4, "big"): b"uptime",
    }
    for marker, name in names.items():
        octets = octets.replace(marker, b"%%(%b)b" % name)
    return octets


def _small() -> bytes:
    """IF-MIB linkDown with the five varbinds that switches send."""
    return encode.v2c_notification(
        COMMUNITY.encode(),
        trap_oid=_LINK_DOWN,
        uptime_ticks=_UPTIME,
        request_id=_REQUEST_ID,
        varbinds=(
            Varbind(oid="1.3.6.1.2.1.2.2.1.1.10101", syntax="Integer32", value=10101),
            Varbind(oid="1.3.6.1.2.1.2.2.1.7.10101", syntax="Integer32", value=1),
            Varbind(oid="1.3.6.1.2.1.2.2.1.8.10101", syntax="Integer32", value=2),
            Varbind(oid="1.3.6.1.2.1.2.2.1.2.10101", syntax="OCTET STRING", value="GigabitEthernet1/0/1"),
            Varbind(oid="1.3.6.1.2.1.31.1.1.1.18.10101", syntax="OCTET STRING", value=_SEQUENCE),
        ),
    )


def _oem_varbinds(
    tier: str, target: Target, severity: str = "CRITICAL", message: str = "", sequence: str = _SEQUENCE
) -> list[Varbind]:
    metric = metrics(target.type)[0]
    event = oem.Event(
        at_s=0,
        occurred_at_s=0,
        target=target,
        tier=tier,
        severity=severity,
        message=message or metric.message.format(value=_VALUE),
        sequence_id=sequence,
        metric=metric,
        value=_VALUE,
        incident=Incident(
            id=_INCIDENT, owner="SYSMAN", is_acknowledged=False, status="New", priority="None", escalation="0"
        ),
    )
    notification = oem.oem_event(event, "oms01.example.com", _MOMENT, _MOMENT)
    return [Varbind(oid=oid, syntax="OCTET STRING", value=text) for oid, text in notification.varbinds]


def metric_alert(tier: str, target: Target, severity: str, message: str) -> bytes:
    """An OEM v1 trap about the one issue that a target has: it gets worse and better, and never clears."""
    sequence = hashlib.md5(target.id.encode(), usedforsecurity=False).hexdigest().upper()
    return _v1(_oem_varbinds(tier, target, severity, message, sequence))


def _oem_v1(tier: str, target: Target) -> bytes:
    return _v1(_oem_varbinds(tier, target))


def _v1(varbinds: list[Varbind]) -> bytes:
    return encode.v1_trap(
        COMMUNITY.encode(),
        enterprise_oid=oem.ENTERPRISE,
        generic_trap=6,
        specific_trap=oem.EVENT,
        agent_addr="192.0.2.17",
        uptime_ticks=_UPTIME,
        varbinds=varbinds,
    )


def _oem_scoped(tier: str, target: Target) -> bytes:
    """The scoped PDU of a v3 trap. It is cut out of a v2c message: the PDU is the same."""
    message = encode.v2c_notification(
        COMMUNITY.encode(),
        trap_oid=f"{oem.ENTERPRISE}.0.{oem.EVENT}",
        uptime_ticks=_UPTIME,
        request_id=_REQUEST_ID,
        varbinds=_oem_varbinds(tier, target),
    )
    body = message[message.index(COMMUNITY.encode()) + len(COMMUNITY) :]
    return encode.scoped_pdu(ENGINE_ID, b"", body)


def write_credentials(directory: Path) -> Path:
    """The credentials file of a receiver that takes all shapes."""
    path = directory / "bench-snmp.yaml"
    path.touch(mode=0o600)
    path.write_text(
        f"communities: [{{name: bench, community: {COMMUNITY}}}]\n"
        f"users:\n  - name: {USER}\n"
        f"    auth: {{protocol: SHA, password: {PASSWORD}}}\n"
        f"    privacy: {{protocol: AES, password: {PASSWORD}}}\n"
        f"    engine_ids: [{ENGINE_ID.hex()}]\n"
    )
    return path


def send(made: Packets, to: tuple[str, int], rate: float) -> float:
    """Sends them paced at `rate` a second from one socket. Returns the seconds it took."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(to)
        began = time.perf_counter()
        sent, total = 0, len(made)
        while sent < total:
            due = min(total, int((time.perf_counter() - began) * rate) + 1)
            if due == sent:
                time.sleep(min(0.001, 1 / rate))  # noqa: TID251  (pacing is the purpose)
            for datagram in made[sent:due]:
                out.send(datagram)
            sent = due
        return time.perf_counter() - began
