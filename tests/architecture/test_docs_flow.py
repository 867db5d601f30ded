"""docs/flow.md tells the life of a trap with real payloads: the code must make the same of that trap."""

import json
import re
from pathlib import Path

import msgspec

from trapline.normalize.match import match
from trapline.normalize.rulebook import RuleFile, load
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.codec import encode
from trapline.protocol.traps import Trap
from trapline.snmp import Community, Credentials, LocalEngine, Security, decode
from trapline.snmp.encode import v1_trap
from trapline.track.reduce import reduce

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "backend" / "trapline" / "normalize" / "rules"


def test_the_payloads_in_the_life_of_a_trap_are_what_the_code_makes_of_it() -> None:
    told_trap, told_event, told_status = re.findall(
        r"```json\n(.*?)```", (ROOT / "docs" / "flow.md").read_text(), re.DOTALL
    )
    trap = msgspec.json.decode(told_trap, type=Trap)
    datagram = v1_trap(
        b"a secret",
        enterprise_oid=trap.enterprise_oid or "",
        generic_trap=trap.generic_trap or 0,
        specific_trap=trap.specific_trap or 0,
        agent_addr=trap.agent_addr or "",
        uptime_ticks=trap.uptime_ticks or 0,
        varbinds=trap.varbinds,
    )
    credentials = Credentials(communities=(Community(name="public", community=b"a secret"),), users=())
    received = decode(datagram, Security(credentials, LocalEngine(b"\x80\x00\x1f\x88\x80", 1, 0.0)), 0.0)
    rulebook = load([RuleFile(path.name, path.read_text()) for path in sorted(RULES.glob("*.yaml"))])

    made = received.to_json(trap.trap_id, trap.received_at, trap.source_addr, trap.source_port)
    event = match(trap, rulebook)
    assert isinstance(event, AlertEvent)
    status = reduce(None, event).status
    assert status is not None

    assert json.loads(told_trap) == json.loads(made)
    assert json.loads(told_event) == json.loads(encode(event))
    assert json.loads(told_status) == json.loads(encode(status))
