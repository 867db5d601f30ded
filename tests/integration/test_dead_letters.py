"""`trapline dead` on a real broker and a real normalize: put back once, and dying again is told."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from tests.ingest.running_ingest import wait_for
from tests.running_broker import RunningBroker, environment
from trapline.cli import trapline
from trapline.kafka.admin import ensure_topics
from trapline.kafka.dead_letter import VALUE_OCTETS, dead_letter
from trapline.kafka.exclusive import Exclusive
from trapline.kafka.reader import read_to_end
from trapline.kafka.records import Input, Output
from trapline.protocol.topics import ALERTS, ALERTS_DEAD, SNMP_TRAPS
from trapline.settings import Settings

pytestmark = pytest.mark.kafka

POISON = b'{"trap_id": 7}'


class Shop:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        ensure_topics(settings)

    def dead(self, *arguments: str, code: int = 0) -> str:
        result = CliRunner(env=environment(self.settings)).invoke(trapline, ["dead", *arguments])
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    def letters(self) -> list[str]:
        """The lines of the list, without its sum."""
        return self.dead("list").splitlines()[:-1]


@pytest.fixture
def shop(own_kafka: RunningBroker) -> Shop:
    return Shop(own_kafka.settings)


@pytest.fixture
def normalize(shop: Shop) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "trapline.normalize"], env=environment(shop.settings))
    yield
    process.kill()
    process.wait()


@pytest.mark.usefixtures("normalize")
def test_a_poison_record_that_is_put_back_dies_again_and_says_how_often(shop: Shop) -> None:
    Exclusive(shop.settings, "test-poison").write([Output(SNMP_TRAPS, "192.0.2.7", POISON)])
    wait_for(lambda: len(shop.letters()) == 1, "the letter")
    (line,) = shop.letters()
    name = line.split()[0]
    assert "normalize, of snmp-traps/" in line
    assert "Expected `str`, got `int`" in line
    assert '"trap_id": 7' in shop.dead("show", name)
    assert f"{name} is put back to snmp-traps/" in shop.dead("retry", name)
    wait_for(lambda: len(shop.letters()) == 1 and shop.letters()[0] != line, "the letter of its second death")
    assert "died 2 times" in shop.letters()[0]
    assert "1 dead letter, 1 more put back (--all)" in shop.dead("list")
    assert f"{name} was put back at " in shop.dead("retry", name, code=1)
    assert len([record for record in read_to_end(shop.settings, SNMP_TRAPS) if record.value == POISON]) == 2


def test_what_is_put_back_is_the_record_as_it_was_and_all_are_put_back_once(shop: Shop) -> None:
    sources = [
        Input(ALERTS.name, number % 4, number, f"host:web-{number}".encode(), b"%d" % number) for number in range(9)
    ]
    cut = Input(ALERTS.name, 0, 99, b"host:long", bytes(VALUE_OCTETS + 1))
    Exclusive(shop.settings, "test-dead").write(
        dead_letter(each, ALERTS_DEAD, stage="track", reason="too many targets", recorded_at=datetime.now(UTC))
        for each in [*sources, cut]
    )
    told = shop.dead("retry", "--all", code=1)
    assert told.count("is put back to alerts/") == 9
    assert "does not hold all of its record; alerts/0 offset 99 has it" in told
    back = sorted((each for each in read_to_end(shop.settings, ALERTS)), key=lambda each: int(each.value or b""))
    assert [(each.partition, each.key, each.value) for each in back] == [
        (each.partition, each.key, each.value) for each in sources
    ]
    shop.dead("retry", "--all", code=1)
    assert len(list(read_to_end(shop.settings, ALERTS))) == 9


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["retry"], "name the letters to put back", id="nothing named"),
        pytest.param(["retry", "x", "--all"], "name the letters to put back", id="both"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_read(arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(trapline, ["dead", *arguments])
    assert sentence in str(result.exception)


def test_a_letter_that_nobody_has_is_said(shop: Shop) -> None:
    result = CliRunner(env=environment(shop.settings)).invoke(trapline, ["dead", "show", "alerts-dead/0/99"])
    assert "there is no dead letter 'alerts-dead/0/99'" in str(result.exception)
