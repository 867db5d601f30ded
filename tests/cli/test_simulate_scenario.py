"""What a scenario file may say, and how its mistakes are named."""

from pathlib import Path
from typing import get_args

import pytest

from trapline.cli.simulate import simulate
from trapline.protocol.errors import SettingError
from trapline.simulate.catalogue import metrics, targets_of
from trapline.simulate.scenario import AnyStep, Cascade, Scenario, Seconds, load, parse, seconds
from trapline.site import load as load_site

_SITE = Path(__file__).resolve().parents[2] / "examples" / "site"
_INVENTORY = load_site(_SITE)
_SCENARIOS = sorted((_SITE / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [(90, 90), ("45", 45), ("1m 30s", 90), ("1m30s", 90), ("500ms", 0.5), ("2h", 7200), (1.5, 1.5), ("0s", 0)],
)
def test_a_duration_is_written_as_people_write_it(text: object, expected_s: float) -> None:
    assert seconds(text) == expected_s


@pytest.mark.parametrize("text", ["", "soon", "-3s", "3 days", None, True, [], "1e3", "nan"], ids=repr)
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        seconds(text)


def test_a_step_is_read_with_its_defaults() -> None:
    text = "title: t\nsteps:\n- {at: 1m, do: cascade, server: claims-db-01, spreads_to: [web], clear_after: 9}"
    (step,) = parse(text, "t.yaml", _INVENTORY).steps
    assert step == Cascade(at=Seconds(60), server="claims-db-01", spreads_to=("web",), clear_after=Seconds(9))
    assert step.length_s == 9 + 5


def test_every_means_also_at_the_end() -> None:
    text = "title: t\nsteps:\n- {at: 1s, every: 2s, until: 5s, do: test_trap}"
    assert parse(text, "t.yaml", _INVENTORY).steps[0].starts == (1, 3, 5)


@pytest.mark.parametrize("path", _SCENARIOS, ids=lambda path: path.stem)
def test_a_shipped_scenario_is_valid_and_says_what_it_shows(path: Path) -> None:
    scenario = load(path, _INVENTORY)
    assert scenario.title
    assert scenario.about
    assert scenario.length_s > 0


def test_the_promised_scenarios_ship() -> None:
    assert {path.stem for path in _SCENARIOS} == {
        "first-look",
        "storm",
        "flapping",
        "quiet-night",
        "a-bad-monday",
        "planned-work",
    }


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("{do: outag}", "do is 'outag'; say one of everything_up, "),
        ("{at: 3s}", "there is no 'do' here"),
        ("{do: outage}", "say either server: or tier:"),
        ("{do: outage, server: web-01, tier: web}", "say either server: or tier:"),
        ("{do: outage, server: web-1}", "there is no server 'web-1'; did you mean 'web-01'?"),
        ("{do: outage, tier: zzz}", "there is no tier 'zzz'; there are: load-balancing, "),
        ("{do: outage, tier: web, severity: BAD}", "severity is 'BAD'; say one of ADVISORY, CRITICAL, FATAL"),
        ("{do: outage, tier: web, at: soon}", "'soon' is no duration"),
        (
            "{do: outage, tier: web, colour: red}",
            "'colour' means nothing here; allowed are do, at, every, until, server, tier, severity",
        ),
        ("{do: outage, tier: web, repeat_every: 1s}", "repeats end with the clear"),
        ("{do: outage, tier: web, repeat_every: 0s, clear_after: 1s}", "repeat_every is 0s; it must be longer"),
        ("{do: outage, tier: web, every: 1s}", "'every' and 'until' come together"),
        ("{do: outage, tier: web, every: 0s, until: 3s}", "is never; mend the times"),
        ("{do: outage, tier: web, at: 9s, every: 1s, until: 3s}", "is never; mend the times"),
        ("{do: test_trap, every: 1ms, until: 1h}", "every 0.001s is more than 10000 times; a storm"),
        ("{do: metric_alert, server: web-01, metric: heap}", "there is no metric of web-01 'heap'"),
        ("{do: cascade, tier: web, spreads_to: []}", "a cascade starts at one server"),
        ("{do: cascade, server: web-01, spreads_to: [webb]}", "there is no tier 'webb'; did you mean 'web'?"),
        ("{do: cascade, server: web-01, spreads_to: [web], share: 0}", "share is 0; it must be above 0"),
        ("{do: flapping, server: web-01}", "there is no 'lasts' here"),
        ("{do: flapping, server: web-01, lasts: 5s, period: 0s}", "period is 0s; it must be longer"),
        ("{do: blackout, lasts: 5s}", "say either server: or tier:"),
        ("{do: blackout, tier: web, lasts: 0s}", "lasts is 0s; it must be longer than nothing"),
        ("{do: storm, rate: 0, lasts: 1s}", "rate is 0 events a second"),
        ("{do: storm, rate: fast, lasts: 1s}", "rate must be a number, but it is a text"),
    ],
)
def test_a_mistake_is_said_with_file_line_and_way_out(step: str, sentence: str) -> None:
    text = f"title: t\nsteps:\n  - {{do: everything_up}}\n  - {step}\n"
    with pytest.raises(SettingError) as caught:
        parse(text, "mine.yaml", _INVENTORY)
    assert str(caught.value).startswith("mine.yaml, line 4: ")
    assert sentence in str(caught.value)


def test_a_scenario_without_steps_is_refused() -> None:
    with pytest.raises(SettingError, match=r"t\.yaml, line 2: there are no steps"):
        parse("title: t\nsteps: []\n", "t.yaml", _INVENTORY)


def test_the_guide_names_every_step_every_field_metric_and_option() -> None:
    guide = (_SITE.parents[1] / "docs" / "simulate.md").read_text(encoding="utf-8")
    words = {str(kind.__struct_config__.tag) for kind in get_args(AnyStep)}
    words |= {field for kind in (*get_args(AnyStep), Scenario) for field in kind.__struct_fields__}
    words |= {metric.id for server in _INVENTORY.servers for t in targets_of(server) for metric in metrics(t.type)}
    words |= {option for parameter in simulate.params for option in parameter.opts if option.startswith("--")}
    assert {word for word in words if f"`{word}" not in guide and f"{word}:" not in guide} == set()
