"""The benchmarks' own arithmetic: a benchmark that miscounts is worse than none."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import pixel, receivers, table, traffic
from bench.sinks import FileSink
from trapline.settings import load
from trapline.site import inventory
from trapline.snmp import LocalEngine, Notification, Security, decode
from trapline.snmp import load as load_credentials

NOW = 1_800_000_000.0
RUN = 0xB0000007


@pytest.fixture(scope="module")
def site() -> traffic.Site:
    return traffic.Site.of(inventory.load(load({}).site))


@pytest.fixture
def security(tmp_path: Path) -> Security:
    return Security(load_credentials(traffic.write_credentials(tmp_path)), LocalEngine(b"bench", 1, NOW))


def texts(notification: Notification) -> list[str]:
    record = notification.to_record("0" * 32, datetime.fromtimestamp(NOW, UTC), "127.0.0.1", 1)
    return [str(varbind.value) for varbind in record.varbinds]


@pytest.mark.parametrize(("shape", "varbinds"), [("small-v2c", 5), ("oem-v1", 76), ("oem-v3", 76)])
def test_every_trap_is_accepted_whole_and_carries_its_number(
    shape: str, varbinds: int, site: traffic.Site, security: Security
) -> None:
    for number, datagram in enumerate(traffic.packets(shape, site, RUN, 40, 60), start=40):
        values = texts(decode(datagram, security, NOW))
        assert len(values) == varbinds
        assert f"{RUN:08X}{number:024X}" in values


def test_oem_traps_differ_in_what_is_fresh_and_repeat_the_rest(site: traffic.Site, security: Security) -> None:
    servers = len(site.targets)
    made = traffic.packets("oem-v1", site, RUN, 0, servers + 1)
    one, next_of_same = (texts(decode(made[at], security, NOW)) for at in (0, servers))
    differing = sum(a != b for a, b in zip(one, next_of_same, strict=True))
    assert 7 <= differing <= 12
    assert texts(decode(made[1], security, NOW))[19] != one[19]  # the target's name


def test_a_file_sink_counts_each_number_once_and_only_this_runs(tmp_path: Path) -> None:
    path = tmp_path / "out"
    sink = FileSink(path)
    sink.begin(RUN)
    lines = [b"x%08X%024X y" % (RUN, number) for number in (0, 1, 1, 2)]
    path.write_bytes(b"\n".join([*lines, b"%08X%024X" % (RUN + 1, 9)]))
    assert sink.distinct(10) == 3


def test_a_file_sink_finds_a_number_that_lies_across_two_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.sinks._CHUNK", 50)
    path = tmp_path / "out"
    sink = FileSink(path)
    sink.begin(RUN)
    path.write_bytes(b"".join(b"%08X%024X;" % (RUN, number) for number in range(20)))
    assert sink.distinct(100) == 20


@pytest.mark.parametrize(
    ("good", "bad", "expected"),
    [
        pytest.param(100.0, 0.0, 130.0, id="only good: up"),
        pytest.param(0.0, 130.0, 100.0, id="only bad: down"),
        pytest.param(100.0, 121.0, 110.0, id="both: between"),
    ],
)
def test_the_search_goes_where_the_answer_must_be(good: float, bad: float, expected: float) -> None:
    assert receivers.next_rate(good, bad, promised=90.0) == pytest.approx(expected)


def test_the_search_takes_a_leap_when_cpu_time_promises_more() -> None:
    assert receivers.next_rate(100.0, 0.0, promised=900.0) == 900.0


def test_an_overtaken_trap_counts_until_the_later_one_is_drawn() -> None:
    sent = {0: 0.0, 1: 5.0, 2: 10.0, 3: 15.0}
    drawn = {1: 45.0, 2: 60.0, 3: 55.0}  # two servers: 0 and 2, 1 and 3
    assert sorted(pixel.latencies_ms(sent, drawn, servers=2)) == [40.0, 40.0, 50.0, 60.0]


def test_a_table_goes_between_its_markers_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "README.md"
    page.write_text("a\n<!-- node:begin -->\nold\n<!-- node:end -->\nb\n")
    monkeypatch.setattr(table, "README", page)
    table.write("node", "new")
    table.write("node", "newer")
    assert page.read_text() == "a\n<!-- node:begin -->\nnewer\n<!-- node:end -->\nb\n"


@pytest.mark.parametrize("name", ["receivers", "decoder", "pixel", "node"])
def test_the_readme_has_a_place_for_every_table(name: str) -> None:
    page = table.README.read_text(encoding="utf-8")
    assert page.index(f"<!-- {name}:begin -->\n") < page.index(f"<!-- {name}:end -->")
