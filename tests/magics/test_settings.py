from __future__ import annotations

from collections.abc import Callable

import pytest
from IPython.core.error import UsageError
from traitlets import TraitError
from traitlets.config import Config

from codeexec_magics.magics.settings import TransformSettings, assignments, change, describe, reset


@pytest.fixture
def settings() -> TransformSettings:
    return TransformSettings()


def test_the_magic_has_no_time_limit_unless_told(settings: TransformSettings) -> None:
    assert settings.timeout is None
    assert describe(settings).splitlines()[0] == "timeout = none"


def test_settings_are_changed_together(settings: TransformSettings) -> None:
    change(settings, ["timeout=2.5", "grace=0", "kept_output=1_000", "shown_output=2,000"])
    change(settings, ["js.executable=/opt/a b=c/node", "py.executable=/p"])

    assert (settings.timeout, settings.grace) == (2.5, 0)
    assert (settings.kept_output, settings.shown_output) == (1_000, 2_000)
    assert settings.interpreters == {"javascript": "/opt/a b=c/node", "python": "/p"}
    assert describe(settings, ["javascript.executable", "timeout"]).splitlines() == [
        "javascript.executable = /opt/a b=c/node",
        "timeout = 2.5",
    ]


def test_none_takes_a_setting_back(settings: TransformSettings) -> None:
    change(settings, ["timeout=5", "javascript.executable=/n"])
    change(settings, ["timeout=none", "node.executable=none"])

    assert settings.timeout is None
    assert settings.interpreters == {}
    assert describe(settings, ["javascript.executable"]) == "javascript.executable = none"


def test_what_is_described_can_be_given_back(settings: TransformSettings) -> None:
    change(settings, ["timeout=5", "kept_output=1234567", "javascript.executable=/n"])
    change(settings, ["memory=1500000", "sandbox=yes", "cpu_time=0.25"])
    other = TransformSettings()
    change(other, describe(settings).replace(" = ", "=").split("\n"))

    assert other.trait_values(config=True) == settings.trait_values(config=True)


def test_limits_and_isolations_are_settings(settings: TransformSettings) -> None:
    change(settings, ["memory=1.5G", "cpu_time=2.5", "processes=9", "cpus=2", "live_after=0"])
    change(settings, ["network=no", "sandbox=True", "seal=on"])

    assert (settings.memory, settings.cpu_time) == (1_610_612_736, 2.5)
    assert (settings.processes, settings.cpus, settings.live_after) == (9, 2, 0)
    assert (settings.network, settings.sandbox, settings.seal) == (False, True, True)
    assert describe(settings, ["network", "memory"]) == "network = False\nmemory = 1,610,612,736"

    change(settings, ["memory=none", "cpu_time=none", "processes=0", "cpus=none", "network=yes"])
    assert (settings.memory, settings.cpu_time, settings.processes, settings.cpus) == (0, 0, 0, 0)
    assert settings.network


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("network=maybe", "True or False, not 'maybe'"),
        ("cpus=two", "'two' is no number"),
        ("cpu_time=-1", "cpu_time"),
        ("tmeout=5", "did you mean 'timeout'?"),
        ("timeout", "name=value"),
        ("timeout=-1", "positive number"),
        ("timeout=soon", "not 'soon'"),
        ("timeout=nan", "positive number"),
        ("grace=61", "grace"),
        ("grace=x", "'x' is no number"),
        ("kept_output=-1", "kept_output"),
        ("standbys=17", "standbys"),
        ("kept_output=1.5", "'1.5' is no number"),
        ("javascript=5", "did you mean 'javascript.executable'?"),
        ("javscript.executable=/n", "did you mean 'javascript'?"),
        ("javascript.exe=/n", "did you mean 'javascript.executable'?"),
        ("=5", "there is no setting ''"),
    ],
)
def test_a_wrong_setting_is_told_and_changes_nothing(
    settings: TransformSettings, word: str, told: str
) -> None:
    before = settings.trait_values(config=True)
    with pytest.raises(UsageError) as caught:
        change(settings, ["shown_output=7", word])

    assert told in str(caught.value)
    assert settings.trait_values(config=True) == before


def test_an_unknown_setting_cannot_be_shown(settings: TransformSettings) -> None:
    with pytest.raises(UsageError, match="did you mean 'grace'"):
        describe(settings, ["grase"])


def test_a_profile_sets_them_and_is_checked() -> None:
    config = Config()
    config.TransformSettings.timeout = 7
    assert TransformSettings(config=config).timeout == 7

    with pytest.raises(TraitError):
        TransformSettings(timeout=0)


def test_what_looks_secret_is_hidden_unless_the_setting_says_otherwise(
    run: Callable[[str], BaseException | None], capsys: pytest.CaptureFixture[str]
) -> None:
    cell = "%%transform\ntoken = 'hunter2'\n[][len(token)]"

    assert run(cell) is not None
    assert "token = ‹hidden›" in capsys.readouterr().out

    run("%transform_config hide_secrets=False")
    assert run(cell) is not None
    assert "token = 'hunter2'" in capsys.readouterr().out


@pytest.mark.parametrize(
    "line",
    ["timeout=7 grace=1", "timeout = 7 grace= 1", "timeout 7 grace 1", "--timeout 7 --grace=1"],
)
def test_an_assignment_is_read_however_it_is_written(
    settings: TransformSettings, line: str
) -> None:
    change(settings, assignments(line.split()))
    assert (settings.timeout, settings.grace) == (7, 1)

    assert assignments(["timeout", "grace"]) == ["timeout", "grace"]
    reset(settings)
    assert (settings.timeout, settings.grace) == (None, 0.5)
