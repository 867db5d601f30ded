"""What the site passes through to librdkafka is wrong in one sentence, which shows no value. No broker is needed."""

import pytest

from trapline.kafka.admin import ensure_topics
from trapline.kafka.check import check_client
from trapline.kafka.producer import Producer
from trapline.protocol.errors import SettingError
from trapline.settings import KAFKA_CLIENT_PREFIX, Settings, load

VALUE = "hunter2"
GOOD = {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "PLAIN", "SASL_USERNAME": "u", "SASL_PASSWORD": VALUE}


def _settings(**passed: str) -> Settings:
    return load({KAFKA_CLIENT_PREFIX + name: value for name, value in passed.items()})


@pytest.mark.parametrize("passed", [{}, GOOD, {"LINGER_MS": "7"}], ids=["nothing", "sasl", "a-number"])
def test_what_librdkafka_takes_passes_in_silence(passed: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    check_client(_settings(**passed))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("passed", "named"),
    [
        ({"SECURITY_PROTCOL": VALUE}, ["SECURITY_PROTCOL"]),
        ({"SECURITY_PROTOCOL": VALUE}, ["SECURITY_PROTOCOL"]),
        (GOOD | {"SASL_MECHANISM": VALUE}, ["SECURITY_PROTOCOL"]),
        (GOOD | {"SSL_KEY_PEM": VALUE}, ["SECURITY_PROTOCOL", "SSL_KEY_PEM"]),
        ({"ACKS": "0"}, ["ACKS"]),
        ({"LINGER_MS": VALUE, "DEBUG": VALUE}, ["LINGER_MS", "DEBUG"]),
        ({"DEFAULT_TOPIC_CONFIG": VALUE}, ["DEFAULT_TOPIC_CONFIG"]),
    ],
    ids=["no-property", "no-value", "not-together", "no-key", "not-with-ours", "two", "no-object"],
)
def test_what_it_does_not_take_is_named_and_not_shown(passed: dict[str, str], named: list[str]) -> None:
    with pytest.raises(SettingError) as refusal:
        check_client(_settings(**passed))
    sentence = str(refusal.value)
    assert ", ".join(KAFKA_CLIENT_PREFIX + name for name in named) + ":" in sentence
    assert VALUE not in sentence
    assert [name for name in passed if name in sentence and name not in named] == []


def test_a_stage_that_was_started_without_the_check_says_the_same() -> None:
    settings = _settings(SECURITY_PROTOCOL=VALUE)
    for start in (Producer, ensure_topics):
        with pytest.raises(SettingError, match="TRAPLINE_KAFKA_CLIENT_SECURITY_PROTOCOL"):
            start(settings)
