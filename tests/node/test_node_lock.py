"""The committed lock of the broker's jars."""

from trapline.node.kafka_jars import read_lock


def test_the_lock_pins_kafka_and_its_logging_by_sha256() -> None:
    jars = {f"{jar.group}:{jar.artifact}": jar for jar in read_lock()}
    assert jars["org.apache.kafka:kafka_2.13"].version == "4.3.1"
    assert "org.apache.logging.log4j:log4j-slf4j-impl" in jars
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in jars.values())
    assert len({jar.file_name for jar in jars.values()}) == len(jars) == 46
