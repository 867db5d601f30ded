"""Whether librdkafka takes what the site passes through to it. Connects to nobody.

What librdkafka says of a wrong value quotes it, and a value may be a password: none of its words about values are
passed on, only the variable's name.
"""

from collections.abc import Mapping
from dataclasses import replace

from confluent_kafka import Consumer, KafkaException, Producer

from trapline.kafka import config
from trapline.protocol.errors import SettingError
from trapline.settings import KAFKA_CLIENT_PREFIX, Settings


def check_client(settings: Settings) -> None:
    """Makes a client of each kind once. Raises SettingError naming the variables that librdkafka does not take."""
    passed = settings.kafka_client
    problem = _problem(settings, passed) if passed else None
    if problem is None:
        return
    # Guilty is each whose absence helps; where two are wrong, each that is wrong by itself.
    guilty = [
        name
        for name in passed
        if _problem(settings, {other: passed[other] for other in passed if other != name}) is None
    ] or [name for name in passed if _problem(settings, {name: passed[name]}) is not None]
    names = ", ".join(KAFKA_CLIENT_PREFIX + name.upper().replace(".", "_") for name in guilty or passed)
    is_unknown = problem.startswith("No such configuration property")
    raise SettingError(
        f"Kafka's client does not take {names}: "
        + (
            "it has no such property"
            if is_unknown
            else "the value is not allowed, or does not fit the other properties"
        )
        + "; see librdkafka's CONFIGURATION.md (the value is not shown, it may be a secret)"
    )


def _problem(settings: Settings, passed: Mapping[str, str]) -> str | None:
    changed = replace(settings, kafka_client=passed)
    nowhere = {"bootstrap.servers": ""}
    try:
        Consumer(config.consumer(changed, group="trapline-check") | nowhere).close()
        Producer(config.producer(changed) | nowhere)
        Producer(config.transactional_producer(changed, "trapline-check") | nowhere)
    except KafkaException as error:
        return str(error.args[0].str())
    except (AttributeError, TypeError, ValueError) as error:  # confluent_kafka's own properties want objects
        return type(error).__name__
    return None
