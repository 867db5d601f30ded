"""A value that makes no sense is one sentence that names the variable."""

import pytest

from trapline.protocol.errors import SettingError
from trapline.settings import load


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"TRAPLINE_CANARY_INTERVAL_S": "nan"}, "TRAPLINE_CANARY_INTERVAL_S is nan"),
        ({"TRAPLINE_CANARY_INTERVAL_S": "inf"}, "TRAPLINE_CANARY_INTERVAL_S is inf"),
        ({"TRAPLINE_WEB_PORT": "0"}, "TRAPLINE_WEB_PORT is 0"),
        ({"TRAPLINE_WEB_PORT": "70000"}, "TRAPLINE_WEB_PORT is 70000"),
        ({"TRAPLINE_WEB_PORT": "19092"}, "TRAPLINE_KAFKA_PORT"),
        ({"TRAPLINE_WEB_PORT": "19093"}, "takes 19092 and 19093"),
        ({"TRAPLINE_NODE_NAME": "a node"}, "TRAPLINE_NODE_NAME is 'a node'"),
        ({"TRAPLINE_NODE_NAME": "n" * 101}, "TRAPLINE_NODE_NAME"),
        ({"TRAPLINE_WEB_HOST": "localhost"}, "TRAPLINE_WEB_HOST names 'localhost', which is no IP address"),
        ({"TRAPLINE_TRAP_HOSTS": "0.0.0.0,300.1.1.1"}, "TRAPLINE_TRAP_HOSTS names '300.1.1.1'"),
    ],
    ids=[
        "nan",
        "infinity",
        "too-low",
        "too-high",
        "the-brokers-port",
        "the-controllers-port",
        "space-in-the-name",
        "long-name",
        "host-name",
        "no-address",
    ],
)
def test_a_wrong_value_is_named(variables: dict[str, str], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        load(variables)


@pytest.mark.parametrize(
    "variables",
    [
        {"TRAPLINE_WEB_PORT": "19093", "TRAPLINE_KAFKA_BOOTSTRAP": "192.0.2.1:9092"},
        {"TRAPLINE_TRAP_PORT": "19092"},
        {"TRAPLINE_NODE_NAME": "wall-1.example_com"},
        {"TRAPLINE_WEB_HOST": "::1", "TRAPLINE_TRAP_HOSTS": "192.0.2.1, fe80::1%eth0"},
    ],
    ids=["another-cluster", "udp-is-not-tcp", "node-name", "addresses"],
)
def test_what_makes_sense_is_taken(variables: dict[str, str]) -> None:
    load(variables)
