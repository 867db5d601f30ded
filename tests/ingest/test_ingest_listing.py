"""The list of unknown senders, which anybody may ask for while ingest decodes."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.intake_room import NOW, Room
from tests.ingest.running_ingest import wait_for
from trapline.ingest.held import HeldSenders
from trapline.ingest.holding import Holding
from trapline.protocol.grid import Senders
from trapline.protocol.traps import Held, Sender
from trapline.settings import load


def held(sender: int, number: int) -> Held:
    return Held(
        held_id=f"{sender}-{number}",
        received_at=NOW,
        source_addr="192.0.2.7",
        source_port=1,
        engine_id=f"{sender:010x}",
        security_name="x",
        reason="unknown_user",
        datagram=bytes(100),
    )


class Asked:
    """What answers `trapline.api.senders.get`, without Kafka behind it."""

    def __init__(self, home: Path) -> None:
        room = Room()
        self.held = room.held
        self._holding = Holding(load({"TRAPLINE_HOME": str(home)}), room.security, room.held, room.canary, room.counts)

    def decide(self, sender: int) -> None:
        decision = Sender(
            engine_id=f"{sender:010x}", security_name="x", is_approved=True, operator="anna", at=datetime.now(UTC)
        )
        self._holding._take([(f"{sender:010x}/x", decision)], [])

    def senders(self) -> Senders:
        return asyncio.run(self._holding.senders())


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


def test_who_asks_again_within_a_second_is_given_the_same_list_and_later_a_new_one(asked: Asked) -> None:
    asked.held.take(held(1, 1))
    first = asked.senders()
    asked.held.take(held(1, 2))
    assert asked.senders() is first
    wait_for(lambda: asked.senders().senders[0].held == 2, "a new list")


def test_a_decision_is_seen_at_once(asked: Asked) -> None:
    asked.held.take(held(1, 1))
    assert asked.senders().senders[0].is_approved is None
    asked.decide(1)
    assert asked.senders().senders[0].is_approved is True


@given(st.lists(st.integers(0, 400), max_size=400))
def test_the_most_held_come_first_then_by_key_and_the_rest_is_counted(senders: list[int]) -> None:
    account = HeldSenders(per_sender=1_000, most_octets=10_000_000)
    for number, sender in enumerate(senders):
        account.take(held(sender, number))
    counts = {sender: senders.count(sender) for sender in senders}
    expected = sorted(counts, key=lambda sender: (-counts[sender], sender))
    listing = account.listing({}, {})
    assert [(each.engine_id, each.held) for each in listing.senders] == [
        (f"{sender:010x}", counts[sender]) for sender in expected[:150]
    ]
    assert listing.left_out == max(0, len(expected) - 150)
