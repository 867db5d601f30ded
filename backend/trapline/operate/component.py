"""Takes operators' calls from the router and writes their commands to Kafka."""

import asyncio
import logging
import uuid
from datetime import UTC, datetime

from trapline.kafka.admin import ensure_topics
from trapline.kafka.exclusive import Exclusive
from trapline.kafka.producer import OnDelivery, Producer
from trapline.kafka.records import Output
from trapline.operate import acknowledgement, maintenance, retirement, senders
from trapline.operate.inbox import InboxReader
from trapline.operate.keeper import Keeper
from trapline.operate.orders import Order
from trapline.protocol import topics, uris
from trapline.protocol.codec import encode
from trapline.protocol.commands import Command
from trapline.protocol.errors import KafkaUnavailable, Refused
from trapline.protocol.grid import Accepted
from trapline.settings import Settings
from trapline.wamp.call import Caller
from trapline.wamp.session import Door

_log = logging.getLogger("trapline.operate")
_PATIENCE_S = 5.0
_RETRY_S = 1.0
Targets = str | list[str]


async def main(settings: Settings) -> None:
    """Until cancelled."""
    door = Door(settings)
    operate = Operate(settings)
    for uri, handler in (
        (uris.TARGET_ACKNOWLEDGE, operate.acknowledge),
        (uris.TARGET_UNACKNOWLEDGE, operate.unacknowledge),
        (uris.MAINTENANCE_START, operate.start_maintenance),
        (uris.MAINTENANCE_END, operate.end_maintenance),
        (uris.TARGET_RETIRE, operate.retire),
        (uris.TARGET_RESTORE, operate.restore),
        (uris.SENDER_APPROVE, operate.approve_sender),
        (uris.SENDER_REFUSE, operate.refuse_sender),
        (uris.INBOX_GET, InboxReader(settings).get),
    ):
        door.offer(uri, handler)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_ensure_topics(settings))
        tasks.create_task(operate.listen())
        tasks.create_task(Keeper(settings, Producer(settings, message_timeout_s=_PATIENCE_S, linger_ms=0)).run())
        # Also while Kafka is away: an operator is told so, and not that there is no such procedure.
        tasks.create_task(door.run())


async def _ensure_topics(settings: Settings) -> None:
    while True:
        try:
            needed = [topics.COMMANDS, topics.SENDERS]
            return await asyncio.to_thread(ensure_topics, settings, needed, patience_s=_RETRY_S)
        except KafkaUnavailable as error:
            _log.warning("%s; trying again", error)
            await asyncio.sleep(_RETRY_S)


class Operate:
    """The handlers: `targets` is a target id or a list of them, times are RFC 3339 with a zone."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer = Producer(settings, message_timeout_s=_PATIENCE_S, linger_ms=0)

    async def listen(self) -> None:
        """What the client says of an outage is told when it happens, not with the next order."""
        while True:
            self._producer.poll()
            await asyncio.sleep(_RETRY_S)

    async def acknowledge(
        self, caller: Caller, targets: Targets, note: str = "", until: datetime | None = None
    ) -> Accepted:
        return await self._write(acknowledgement.acknowledge(_order(caller), targets, note, until))

    async def unacknowledge(self, caller: Caller, targets: Targets, note: str = "") -> Accepted:
        return await self._write(acknowledgement.unacknowledge(_order(caller), targets, note))

    async def start_maintenance(
        self,
        caller: Caller,
        targets: Targets,
        *,
        from_at: datetime | None = None,
        to_at: datetime | None = None,
        duration_s: float | None = None,
        recurrence: str | None = None,
        time_zone: str = "UTC",
        note: str = "",
    ) -> Accepted:
        """`targets` may be scopes too. The first of the answer's command ids is the window's id."""
        commands = await asyncio.to_thread(
            maintenance.start,
            _order(caller),
            targets,
            from_at=from_at,
            to_at=to_at,
            duration_s=duration_s,
            recurrence=recurrence,
            time_zone=time_zone,
            note=note,
        )
        return await self._write(commands)

    async def end_maintenance(self, caller: Caller, window_id: str, targets: Targets, note: str = "") -> Accepted:
        return await self._write(maintenance.end(_order(caller), window_id, targets, note))

    async def retire(self, caller: Caller, targets: Targets, reason: str) -> Accepted:
        return await self._write(retirement.retire(_order(caller), targets, reason))

    async def restore(self, caller: Caller, targets: Targets, note: str = "") -> Accepted:
        return await self._write(retirement.restore(_order(caller), targets, note))

    async def approve_sender(self, caller: Caller, engine_id: str, security_name: str, note: str = "") -> Accepted:
        return await self._decide(senders.decide(_order(caller), engine_id, security_name, note, is_approved=True))

    async def refuse_sender(self, caller: Caller, engine_id: str, security_name: str, note: str = "") -> Accepted:
        return await self._decide(senders.decide(_order(caller), engine_id, security_name, note, is_approved=False))

    async def _write(self, commands: list[Command]) -> Accepted:
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

    async def _decide(self, decision: senders.Decision) -> Accepted:
        # One transaction: nothing is in force that the audit log does not have, and nothing is only in the log.
        outputs = (
            Output(topics.COMMANDS, decision.command.target_id, encode(decision.command)),
            Output(topics.SENDERS, decision.key, encode(decision.sender)),
        )
        try:
            await asyncio.to_thread(lambda: Exclusive(self._settings, "sender").write(outputs))
        except KafkaUnavailable as error:
            raise Refused(uris.ERROR_NOT_ACCEPTED, f"{error}; try again") from None
        return Accepted(command_ids=(decision.command.command_id,))


def _order(caller: Caller) -> Order:
    return Order(caller.authid, datetime.now(UTC), lambda: uuid.uuid4().hex)
