"""The canary: a v2c trap that ingest sends itself through the real UDP socket, to prove that the pipeline sees.

It lives under NET-SNMP's playpen (netSnmpPlaypen, 1.3.6.1.4.1.8072.9999.9999), which nobody else may use on a wire.
Its varbinds, each an OctetString, in this order. The last four describe a time in which traps could not be received
and are empty when there is none to tell; LOST is a decimal number, empty when nobody counted.
"""

from typing import Final

TRAP_OID: Final = "1.3.6.1.4.1.8072.9999.9999.1162.0.1"

_OBJECTS: Final = "1.3.6.1.4.1.8072.9999.9999.1162.1"
NODE: Final = f"{_OBJECTS}.1.0"
NONCE: Final = f"{_OBJECTS}.2.0"
SENT_AT: Final = f"{_OBJECTS}.3.0"
BLIND_FROM_AT: Final = f"{_OBJECTS}.4.0"
BLIND_TO_AT: Final = f"{_OBJECTS}.5.0"
BLIND_REASON: Final = f"{_OBJECTS}.6.0"
LOST: Final = f"{_OBJECTS}.7.0"

SECURITY_NAME: Final = "trapline-canary"
"""The name of the canary's community: a secret that ingest makes at each start and keeps in memory."""

TARGET_TYPE: Final = "trapline_canary"
"""The type of the target that a canary is about: the node, which is no cell on the wall. Nobody else may use it."""


def is_canary(target_id: str) -> bool:
    """Whether a target's id is that of a node's canary. A type that goes on after a colon would read the same."""
    return target_id.startswith(f"{TARGET_TYPE}:")
