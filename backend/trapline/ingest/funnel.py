"""The whole funnel: what ingest counted, and what the stages behind it committed beside their offsets. Pure."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from trapline.ingest.counts import SENTENCES, reasons
from trapline.protocol.commands import CLOCK
from trapline.protocol.grid import Funnel, FunnelSender, FunnelStage
from trapline.protocol.tally import EXPIRED, EXPIRED_SENTENCE, NORMALIZED, OPERATORS, OTHERS, TRACKED, Tally

SENDERS_SHOWN: Final = 50
STAGES: Final = {
    "normalize": {**NORMALIZED, EXPIRED: EXPIRED_SENTENCE},
    "track": {**TRACKED, EXPIRED: EXPIRED_SENTENCE},
}
"""By the stage's name, its outcomes' sentences."""

Counts = Mapping[str, Mapping[str, int]]


class Progress(NamedTuple):
    """What is known of one stage: the tallies of all its partitions, and how many records wait for it."""

    tallies: tuple[Tally, ...]
    waiting: int


class Known(NamedTuple):
    """What is known of the stages by name; or why nothing is."""

    stages: Mapping[str, Progress]
    problem: str = ""


def whole(ours: Funnel, senders: Counts, known: Known) -> Funnel:
    """`ours`, with the stages and the senders."""
    counts = {name: _sum(progress.tallies) for name, progress in known.stages.items()}
    return msgspec.structs.replace(
        ours,
        stages=tuple(
            _stage(name, sentences, known.stages[name], counts[name])
            for name, sentences in STAGES.items()
            if name in counts
        ),
        senders=_senders(senders, counts),
        problem=known.problem,
    )


def _sum(tallies: tuple[Tally, ...]) -> dict[str, dict[str, int]]:
    total: dict[str, dict[str, int]] = {}
    for tally in tallies:
        for sender, outcomes in tally.counts.items():
            _add(total.setdefault(sender, {}), outcomes)
    return total


def _add(total: dict[str, int], counts: Mapping[str, int]) -> None:
    for reason, count in counts.items():
        total[reason] = total.get(reason, 0) + count


def _stage(name: str, sentences: Mapping[str, str], progress: Progress, counts: Counts) -> FunnelStage:
    total: dict[str, int] = {}
    for outcomes in counts.values():
        _add(total, outcomes)
    return FunnelStage(
        stage=name,
        since=min((tally.since for tally in progress.tallies), default=None),
        read=sum(total.values()) - total.get(EXPIRED, 0),
        waiting=progress.waiting,
        outcomes=reasons(total, sentences),
    )


def _senders(ours: Counts, stages: Mapping[str, Counts]) -> tuple[FunnelSender, ...]:
    all_of_them = {"ingest": ours, **stages}
    sizes: dict[str, int] = {}
    for counts in all_of_them.values():
        for sender, outcomes in counts.items():
            sizes[sender] = sizes.get(sender, 0) + sum(outcomes.values())
    named = sorted(sizes.keys() - {OTHERS, OPERATORS, CLOCK}, key=lambda sender: (-sizes[sender], sender))
    shown = named[:SENDERS_SHOWN]
    of_others = {*named[SENDERS_SHOWN:], *({OTHERS} & sizes.keys())}
    lines = [_sender(sender, {sender}, all_of_them) for sender in shown]
    return tuple([*lines, _sender(OTHERS, of_others, all_of_them)] if of_others else lines)


def _sender(name: str, senders: set[str], counts: Mapping[str, Counts]) -> FunnelSender:
    total: dict[str, dict[str, int]] = {stage: {} for stage in ("ingest", *STAGES)}
    for stage, by_sender in counts.items():
        for sender in senders:
            _add(total[stage], by_sender.get(sender, {}))
    return FunnelSender(
        sender=name,
        ingest=reasons(total["ingest"], SENTENCES),
        normalize=reasons(total["normalize"], STAGES["normalize"]),
        track=reasons(total["track"], STAGES["track"]),
    )
