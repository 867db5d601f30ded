"""The contract for TypeScript: `python -m trapline.protocol.export` prints one JSON document.

`$defs`       JSON Schema (2020-12) of every record that reaches a browser, and of their enumerations
`severities`  from harmless to worst: JSON Schema sorts an enumeration's values by name, rank is this order
`uris`        name to URI or realm, as in `uris`
"""

import json
import sys

import msgspec

from trapline.protocol import grid, upkeep, uris
from trapline.protocol.severity import Severity

RECORDS = (
    grid.Accepted,
    grid.Cell,
    grid.Funnel,
    grid.Senders,
    grid.Inbox,
    grid.GridFrame,
    grid.GridPage,
    grid.Heartbeat,
    grid.ServerDetail,
    upkeep.MaintenanceList,
    upkeep.RetirementList,
)


def document() -> dict[str, object]:
    """The whole contract; the same octets for the same sources."""
    _, components = msgspec.json.schema_components((*RECORDS, Severity), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": dict(sorted(components.items())),
        "severities": [severity.value for severity in Severity],
        "uris": {name: value for name, value in sorted(vars(uris).items()) if name.isupper()},
    }


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
