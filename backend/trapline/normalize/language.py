"""The words of rule files, in one place: the compiler, the test cases and the JSON Schema for editors go by them. Pure.

The language itself: docs/rules.md.
"""

from typing import Final

from trapline.protocol.alerts import EventKind
from trapline.protocol.severity import Severity

SECTIONS: Final = ("varbinds", "tables", "rules", "tests")

RULE: Final = (
    "id", "like", "match", "target", "kind", "severity", "alert_key", "message", "reason", "expires_after",
    "occurred_text", "event_type", "root_cause", "incident", "links", "caveats", "test_when",
)  # fmt: skip
REQUIRED: Final = ("match", "target", "kind", "alert_key", "message", "reason")
MATCH: Final = ("trap_oid", "sender", "security_name", "where")
TARGET: Final = ("name", "type", "host", "properties", "property_list")
INCIDENT: Final = ("id", "owner", "is_acknowledged", "status", "priority", "escalation")
LINK: Final = ("label", "url")
CAVEAT: Final = ("when", "say")
CHOICE: Final = ("by", "table", "else")
CONDITION: Final = ("equals", "in", "regex", "present", "sent")
TRAP_FIELDS: Final = ("source_addr", "agent_addr", "security_name", "engine_id", "trap_oid", "context_name")

KINDS: Final = {str(each): each for each in EventKind if each is not EventKind.WITHDRAW}  # a replay's own word
# A condition that is over is `kind: clear`; nothing can be raised as cleared.
SEVERITIES: Final = {str(each): each for each in Severity if each is not Severity.CLEARED}
BOOLEANS: Final = {"true": True, "false": False}
# Kinds that open no alert and so need no severity.
WITHOUT_SEVERITY: Final = (EventKind.CLEAR, EventKind.MAINTENANCE_START, EventKind.MAINTENANCE_END)

OID: Final = r"\d+(\.\d+)+"
OID_OR_PREFIX: Final = r"\d+(\.\d+)*(\.\*)?"
# Varbinds that hold `name=value` each: the OIDs that differ in their last number only.
OID_RANGE: Final = r"\d+(\.\d+)+-\d+"

CASE: Final = ("name", "like", "trap", "expect")
CASE_TRAP: Final = (
    "trap_oid", "enterprise", "generic", "specific", "source_addr", "agent_addr", "security_name", "engine_id",
    "context_name", "varbinds",
)  # fmt: skip
CASE_EXPECT: Final = (
    "rule", "kind", "severity", "target", "alert_key", "message", "reason", "occurred_text", "event_type", "incident",
    "root_cause", "links", "caveats", "expires_at", "is_test", "unmatched",
)  # fmt: skip
