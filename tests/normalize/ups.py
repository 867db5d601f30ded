"""A small rule file of a UPS, to be changed by tests, and what it makes of traps."""

from tests.normalize.traps import text, trap
from trapline.normalize.match import match
from trapline.normalize.rulebook import RuleFile, load
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.traps import Trap

HEAD = """\
varbinds:
  upsName: 1.3.6.1.4.1.99999.1
  upsState: 1.3.6.1.4.1.99999.2
rules:
  - id: ups
    match:
      trap_oid: 1.3.6.1.4.1.99999.0.1
"""
BODY = """\
    target: {name: "${upsName|trap.source_addr}", type: ups}
    kind: raise
    severity: major
    alert_key: power
    message: "UPS is ${upsState|'in an unknown state'}"
    reason: a UPS that says something is in trouble
"""
UPS = trap(varbinds=(text("1.3.6.1.4.1.99999.1.0", "ups-1"), text("1.3.6.1.4.1.99999.2.0", "on battery")))


def decide(rules: str, of: Trap = UPS) -> AlertEvent | str:
    return match(of, load([RuleFile("ups.yaml", rules)]))


def event(rules: str, of: Trap = UPS) -> AlertEvent:
    decided = decide(rules, of)
    assert isinstance(decided, AlertEvent), decided
    return decided
