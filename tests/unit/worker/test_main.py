"""Options of ``python -m worker`` and what is checked before any child is there."""

from collections.abc import Callable

import pytest

from shared import catalogue
from shared.database import Database
from shared.errors import ConfigurationError
from shared.settings import Settings
from worker.__main__ import main, parse_lanes, prepare


@pytest.mark.parametrize(
    ("text", "lanes"),
    [
        ("training, interactive", ("interactive", "training")),
        ("training,ingest,interactive", ("interactive", "ingest", "training")),
        ("ingest,ingest,", ("ingest",)),
    ],
)
def test_lanes_come_in_the_order_of_urgency(text: str, lanes: tuple[str, ...]) -> None:
    assert parse_lanes(text) == lanes


@pytest.mark.parametrize("text", ["", " , ", "fast", "interactive,fast"])
def test_lanes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="there is interactive, training, ingest") as caught:
        parse_lanes(text)
    assert caught.value.field == "ATELIER_LANES"


def test_the_families_are_announced(db: Database, settings_for: Callable[..., Settings]) -> None:
    plan = prepare(settings_for(families="tests.families.toy", device="cpu"), "desk")
    assert {"toy", "collection"} <= {family.name for family in catalogue.list_families(db)}
    assert (plan.name, plan.lanes) == ("desk", ("interactive", "ingest", "training"))
    assert [device.name for device in plan.devices] == ["cpu"]


def test_a_worker_gets_a_name_of_its_own(settings_for: Callable[..., Settings]) -> None:
    names = {prepare(settings_for(lanes="ingest"), None).name for _ in range(2)}
    assert len(names) == 2


@pytest.mark.parametrize(
    ("lanes", "starter", "adds"),
    [("ingest", True, True), ("ingest", False, False), ("training", True, False)],
)
def test_one_lane_adds_the_starter_pack(
    settings_for: Callable[..., Settings], lanes: str, starter: bool, adds: bool
) -> None:
    settings = settings_for(lanes=lanes, device="cpu")
    assert prepare(settings, "w", starter=starter).starter is adds


def test_what_is_wrong_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    assert main(["--lanes", "fast"]) == 1
    assert capsys.readouterr().err == (
        "atelier worker: there is no lane 'fast'; there is interactive, training, ingest\n"
    )


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert all(option in text for option in ("--lanes", "--device", "--name", "--families", "--no-starter"))
