"""Proposals are found out now and then, however many ask."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from trapline.protocol.upkeep import RetirementProposal
from trapline.publish.proposing import Proposing


class Finding:
    """Counts how often it is asked; each answer says so."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> Sequence[RetirementProposal]:
        self.asked += 1
        if self.asked == 3:
            raise OSError("the third fails")
        return [self.answer(self.asked)]

    @staticmethod
    def answer(number: int) -> RetirementProposal:
        return RetirementProposal(
            target_id=f"host:{number}", server="", reason="", since=datetime(2026, 3, 2, tzinfo=UTC)
        )


def test_who_asks_at_once_or_soon_gets_the_same_answer() -> None:
    async def ask() -> None:
        proposing, find = Proposing(), Finding()
        answers = await asyncio.gather(*(proposing.ask(find) for _ in range(100)))
        answers.append(await proposing.ask(find))
        assert find.asked == 1
        assert all(answer == [Finding.answer(1)] for answer in answers)

    asyncio.run(ask())


def test_after_a_change_it_is_found_out_again_also_when_the_change_came_meanwhile() -> None:
    async def ask() -> None:
        proposing, find, begun, go_on = Proposing(), Finding(), threading.Event(), threading.Event()

        def slow() -> Sequence[RetirementProposal]:
            begun.set()
            assert go_on.wait(20)
            return find()

        first = asyncio.create_task(proposing.ask(slow))
        await asyncio.to_thread(begun.wait, 20)
        proposing.forget()
        go_on.set()
        assert await first == [Finding.answer(1)]
        assert await proposing.ask(find) == [Finding.answer(2)]
        assert find.asked == 2

    asyncio.run(ask())


def test_what_fails_is_told_to_who_asked_and_tried_again_for_the_next() -> None:
    async def ask() -> None:
        proposing, find = Proposing(), Finding()
        find.asked = 2
        with pytest.raises(OSError, match="the third fails"):
            await proposing.ask(find)
        assert await proposing.ask(find) == [Finding.answer(4)]

    asyncio.run(ask())
