"""Times and states in words."""

import io

import pytest
from rich.console import Console

from cli.follow import note
from cli.show import age_text, duration_text, limit_text, print_rows, state_text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (7200, "2 h"), (200000, "2 d")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (940.0, "1 min"),
        ("1970-01-01T00:15:00Z", "1 min"),
        ("1970-01-01T00:16:30+00:00", "10 s"),
        ("1970-01-01T00:16:30", "10 s"),
        (2000.0, "0 s"),
        (None, "-"),
    ],
)
def test_ages(moment: str | float | None, text: str) -> None:
    assert age_text(moment, now=1000.0) == text


def test_an_unknown_state_is_shown_plainly() -> None:
    assert state_text("succeeded") == "[green]succeeded[/green]"
    assert state_text("[odd]") == r"\[odd]"


def test_a_table_or_a_sentence() -> None:
    console = Console(file=io.StringIO(), width=80)
    print_rows(("name",), [("prints",)], empty="nothing [yet]", console=console)
    print_rows(("name",), [], empty="nothing [yet]", console=console)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().split("\n")[:3] == ["name  ", "prints", "nothing [yet]"]


def test_what_is_copied_is_never_cut() -> None:
    console = Console(file=io.StringIO(), width=40)
    print_rows(
        ("job", "note"), [("a" * 26, "some words that need more room " * 3)], empty="", console=console
    )
    assert isinstance(console.file, io.StringIO)
    assert "a" * 26 in console.file.getvalue()


def test_notes_tell_the_wait_and_the_work() -> None:
    progress = {"fraction": 0.1, "detail": {}}
    assert note({"status": "starting", "position": None, "progress": progress}) == "waiting"
    assert note({"status": "processing", "progress": progress}) == "processing"
    detail = {"kimg": 3, "eta_seconds": 61}
    assert (
        note({"status": "processing", "progress": {"fraction": 0, "detail": detail}})
        == "3.0 kimg, 1 min left"
    )


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"position": 3}, "waiting, place 3"),
        (
            {"position": 3, "eta_p50": 40.2, "eta_p90": 70},
            "waiting, place 3, done in about 40 s (90 %: under 70 s)",
        ),
        ({"position": 1, "eta_p50": 40.0, "eta_p90": 40.0}, "waiting, place 1, done in about 40 s"),
        ({"position": 1, "blocked_reason": "no_worker"}, "waiting, place 1, no worker is there for it"),
        ({"position": 2, "blocked_reason": "delayed"}, "waiting, place 2, tried again in a moment"),
        ({"paused": True, "position": None}, "paused"),
        ({"blocked_reason": "paused"}, "paused"),
        ({"follows": "j0", "blocked_reason": "follows"}, "shares the result of j0"),
    ],
)
def test_a_wait_says_why(told: dict[str, object], said: str) -> None:
    assert note({"status": "starting", **told}) == said


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (89.5, "90 s"), (91, "2 min"), (121, "3 min"), (7201, "3 h"), (1e6, "12 d")],
)
def test_limits_are_rounded_up(seconds: float, text: str) -> None:
    assert limit_text(seconds) == text
