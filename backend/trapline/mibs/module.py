"""A compiled MIB module, as it stands in TRAPLINE_HOME/mibs: names, OIDs, labels and display hints. Pure.

Everything is resolved when a module is compiled (RFC 2578, RFC 2579): an object knows its base type, its labels and its
hint, so that nothing has to be looked up in other modules when a trap is shown.
"""

from enum import StrEnum
from typing import Final

import msgspec

from trapline.protocol.record import Record

INTEGERS: Final = frozenset(
    {"INTEGER", "Integer32", "Unsigned32", "Counter32", "Counter64", "Gauge32", "TimeTicks", "Counter", "Gauge"}
)
OCTETS: Final = frozenset({"OCTET STRING", "IpAddress", "NetworkAddress", "Opaque"})
BASE_TYPES: Final = INTEGERS | OCTETS | {"BITS", "OBJECT IDENTIFIER"}
"""SMI's own types, SMIv1's with them: what they are called tells how they are shown."""


class Kind(StrEnum):
    """What a name stands for. Only a scalar and a column have instances, and so come in varbinds."""

    NODE = "node"
    SCALAR = "scalar"
    TABLE = "table"
    ROW = "row"
    COLUMN = "column"
    NOTIFICATION = "notification"

    @property
    def has_instances(self) -> bool:
        return self in {Kind.SCALAR, Kind.COLUMN}


class Syntax(Record, frozen=True, kw_only=True):
    """A type. `name`: as the module says it; `base`: SMI's own type (`INTEGER`, `OCTET STRING`, `BITS`, …).

    `hint`: DISPLAY-HINT (RFC 2579 section 3.1). `labels`: of an enumeration, or of BITS by their number.
    """

    name: str
    base: str
    hint: str = ""
    labels: dict[int, str] = msgspec.field(default_factory=dict)


class Definition(Record, frozen=True, kw_only=True):
    """A name with an OID. `objects`: of a notification, in order. `text`: the beginning of its DESCRIPTION."""

    oid: str
    kind: Kind = Kind.NODE
    syntax: Syntax | None = None
    objects: tuple[str, ...] = ()
    text: str = ""


class Module(Record, frozen=True, kw_only=True):
    """One MIB module. `repairs`: sentences on what was wrong in its text and how it was read all the same."""

    name: str
    file: str = ""
    repairs: tuple[str, ...] = ()
    types: dict[str, Syntax] = msgspec.field(default_factory=dict)
    definitions: dict[str, Definition] = msgspec.field(default_factory=dict)
