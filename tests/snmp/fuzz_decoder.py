"""Coverage-guided fuzzing (`make fuzz`): whatever comes is accepted or refused with a reason, by both readers the same.

Coverage is of the decoder in Python, which atheris instruments; the compiled twin is held against it on every input, and
to 1 ms of CPU. libFuzzer's options pass through; a find is written to a file named crash-….
"""

import gc
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]  # only `make fuzz` installs it

with atheris.instrument_imports(include=["trapline.snmp"]):
    from trapline.snmp import twin

from tests.snmp.packets import COMMUNITY, LINK_DOWN, NOW, OEM, SIGNER, security, v3
from tests.snmp.readers import PYTHON
from trapline.protocol.errors import DatagramError
from trapline.protocol.traps import Varbind
from trapline.snmp import REASONS, Security, decode, encode

_BUILT = {name: getattr(twin, name) for name in PYTHON}
_LONGEST_S = 0.001
_AGAIN = 5


def outcome(datagram: bytes, receiver: Security) -> tuple[str, object]:
    """Reason and detail, or what was accepted."""
    try:
        notification = decode(datagram, receiver, NOW)
    except DatagramError as error:
        return error.reason, error.detail
    return "accepted", (notification.trap_oid, notification.members, notification.reply)


def once(functions: Mapping[str, object], datagram: bytes) -> tuple[tuple[str, object], float]:
    """By a receiver of its own, that knows no repeats: what it said, and how long it took in seconds of CPU."""
    vars(twin).update(functions)
    receiver = security()
    began = time.thread_time()
    return outcome(datagram, receiver), time.thread_time() - began


def one(datagram: bytes) -> None:
    """One input of the fuzzer."""
    expected, _ = once(PYTHON, datagram)
    found, took_s = once(_BUILT, datagram)
    assert found == expected, (found, expected)
    assert found[0] in {"accepted", *REASONS}, found
    if twin.IS_COMPILED and took_s > _LONGEST_S:  # once may be the machine's; the best of some is the decoder's
        assert min(once(_BUILT, datagram)[1] for _ in range(_AGAIN)) <= _LONGEST_S, f"{took_s} s"


def seeds(directory: Path) -> None:
    """The corpus of others' packets, and one of each kind of ours."""
    text = [Varbind(oid="1.3.6.1.2.1.1.5.0", syntax="OCTET STRING", value="router")]
    ours = [
        encode.v1_trap(
            COMMUNITY,
            enterprise_oid="1.3.6.1.4.1.111.15.2",
            generic_trap=6,
            specific_trap=3,
            agent_addr="192.0.2.1",
            uptime_ticks=1,
            varbinds=text,
        ),
        encode.v2c_notification(COMMUNITY, trap_oid=LINK_DOWN, uptime_ticks=1, request_id=1, varbinds=text),
        v3(SIGNER, varbinds=text),
        v3(OEM, varbinds=text),
    ]
    others = (Path(__file__).parents[1] / "golden" / "packets").rglob("*.bin")
    for number, octets in enumerate([*ours, *(path.read_bytes() for path in others)]):
        (directory / f"{number}").write_bytes(octets)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="trapline-fuzz-") as corpus:
        seeds(Path(corpus))
        gc.freeze()
        atheris.Setup([*sys.argv, "-max_len=4096", "-artifact_prefix=test-results/", corpus], one)
        atheris.Fuzz()
