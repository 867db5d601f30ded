"""Takes operators' calls from the router and writes their commands to Kafka."""

import asyncio
import logging
import uuid
from datetime import UTC, datetime

from trapline.kafka.admin import ensure_topics
from trapline.kafka.producer import OnDelivery, Producer
from trapline.operate import orders
from trapline.operate.keeper import Keeper
from trapline.protocol import topics, uris
from trapline.protocol.codec import encode
from trapline.protocol.commands import Action, Command
from trapline.protocol.errors import KafkaUnavailable, Refused
from trapline.protocol.grid import Accepted
from trapline.settings import Settings
from trapline.wamp.call import Caller
from trapline.wamp.session import Door

_log = logging.getLogger("trapline.operate")
_PATIENCE_S = 5.0
_RETRY_S = 1.0


async def main(settings: Settings) -> None:
    """Until cancelled."""
    door = Door(settings)
    operate = Operate(Producer(settings, message_timeout_s=_PATIENCE_S, linger_ms=0))
    door.offer(uris.TARGET_ACKNOWLEDGE, operate.acknowledge)
    door.offer(uris.TARGET_UNACKNOWLEDGE, operate.unacknowledge)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_ensure_topic(settings))
        tasks.create_task(Keeper(settings, Producer(settings, message_timeout_s=_PATIENCE_S, linger_ms=0)).run())
        # Also while Kafka is away: an operator is told so, and not that there is no such procedure.
        tasks.create_task(door.run())


async def _ensure_topic(settings: Settings) -> None:
    while True:
        try:
            return await asyncio.to_thread(ensure_topics, settings, [topics.COMMANDS], patience_s=_RETRY_S)
        except KafkaUnavailable as error:
            _log.warning("%s; trying again", error)
            await asyncio.sleep(_RETRY_S)


class Operate:
    """The handlers: `targets` is a target id or a list of them."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    async def acknowledge(self, caller: Caller, targets: str | list[str], note: str = "") -> Accepted:
        return await self._order(Action.ACKNOWLEDGE, caller, targets, note)

    async def unacknowledge(self, caller: Caller, targets: str | list[str], note: str = "") -> Accepted:
        return await self._order(Action.UNACKNOWLEDGE, caller, targets, note)

    async def _order(self, action: Action, caller: Caller, targets: str | list[str], note: str) -> Accepted:
        commands = orders.commands(
            action,
            targets,
            operator=caller.authid,
            note=note,
            now=datetime.now(UTC),
            new_id=lambda: uuid.uuid4().hex,
        )
        missing = await asyncio.to_thread(self._deliver, commands)
        if missing:
            raise Refused(
                uris.ERROR_NOT_ACCEPTED,
                f"Kafka has not accepted {len(missing)} of {len(commands)} within {_PATIENCE_S:g} s; try again",
                targets=missing,
            )
        return Accepted(command_ids=tuple(command.command_id for command in commands))

    def _deliver(self, commands: list[Command]) -> list[str]:
        outstanding = {command.command_id: command.target_id for command in commands}

        def report_on(command: Command) -> OnDelivery:
            def report(error: KafkaUnavailable | None) -> None:
                if error is None:
                    del outstanding[command.command_id]

            return report

        for command in commands:
            try:
                self._producer.send(topics.COMMANDS, command.target_id, encode(command), report_on(command))
            except KafkaUnavailable:
                break
        # librdkafka gives a record up after _PATIENCE_S, so this ends with a report for each.
        self._producer.flush(_PATIENCE_S + 1)
        return list(outstanding.values())
