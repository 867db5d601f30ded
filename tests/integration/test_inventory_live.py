"""`trapline inventory` against what a real Kafka holds."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.running_broker import RunningBroker
from trapline import site
from trapline.kafka.admin import ensure_topics
from trapline.kafka.producer import Producer
from trapline.protocol import topics
from trapline.protocol.alerts import Target
from trapline.protocol.codec import encode
from trapline.protocol.severity import Severity
from trapline.protocol.status import TargetStatus
from trapline.site.models import model_of

pytestmark = [pytest.mark.kafka]

TRAPLINE = str(Path(sys.executable).with_name("trapline"))
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OLD = """\
site: Live
tiers: [{id: web}]
server_types: [{id: host}]
servers:
  - {name: web-01, tier: web, type: host}
  - {name: web-02, tier: web, type: host}
"""


def status(name: str, type_: str = "host", host: str | None = None) -> TargetStatus:
    return TargetStatus(
        target=Target(name=name, type=type_, host=host),
        severity=Severity.CLEARED,
        since=NOON,
        last_heard_at=NOON,
        reason="test",
        rule_id="r",
    )


def test_what_was_heard_of_is_checked_compared_and_suggested(own_kafka: RunningBroker, tmp_path: Path) -> None:
    settings = own_kafka.settings
    ensure_topics(settings, [topics.STATUS, topics.SITE_MODEL])
    (tmp_path / "inventory.yaml").write_text(OLD)
    new = tmp_path / "new.yaml"
    new.write_text(OLD + "  - {name: web-04, tier: web, type: host, where: {type: oracle_apache}}\n")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | own_kafka.environment | {"TRAPLINE_SITE": str(tmp_path)}
        return subprocess.run(
            [TRAPLINE, "inventory", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert "no inventory is in force yet" in run("diff", str(new), "--live").stderr

    producer = Producer(settings)
    known = [
        status("web-01"),
        status("web-03.example.com"),
        status("ohs", "oracle_apache", "web-03.example.com"),
        status("n", "trapline_canary"),
        status("tier/web", "trapline_scope"),
    ]
    for one in known:
        producer.send(topics.STATUS, one.target.id, encode(one), _accepted)
    producer.send(topics.STATUS, "host:gone", encode(status("gone")), _accepted)
    producer.send(topics.STATUS, "host:gone", None, _accepted)
    model = model_of(site.parse(OLD), "n", NOON)
    producer.send(topics.SITE_MODEL, model.version, encode(model), _accepted)
    assert producer.flush(20) == 0

    checked = run("check", "--live")
    assert checked.returncode == 0, checked.stderr
    assert [line.split("warning: ")[1] for line in checked.stdout.splitlines()] == [
        "nobody has ever heard of web-02",
        "host:web-03.example.com belongs to no server; trapline inventory suggest",
        "oracle_apache:ohs belongs to no server; trapline inventory suggest",
    ]

    suggested = run("suggest")
    assert suggested.stdout == (
        "servers:\n"
        "  # as web-01, whose name differs in numbers only\n"
        '  - {name: web-03, tier: web, type: host, targets: ["host:web-03.example.com", "oracle_apache:ohs"]}\n'
    )
    (tmp_path / "inventory.yaml").write_text(OLD + suggested.stdout.removeprefix("servers:\n"))
    assert run("suggest").stderr == "every target has a server\n"

    assert run("diff", str(new), "--live").stdout.splitlines() == [
        "+ server web-04 (web, host)",
        "+ oracle_apache:ohs comes to web-04: it has what web-04 asks for",
    ]


def _accepted(error: Exception | None) -> None:
    assert error is None, error
