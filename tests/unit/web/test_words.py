import time
from dataclasses import replace

import pytest
from flask import Flask

from shared.database import Database
from shared.jobs import Attempt, TimelineEvent
from shared.lifecycle import State
from tests.support.builders import queue
from web import words
from web.captions import caption
from web.charts import HEIGHT, WIDTH, Series, chart, series, thin
from web.pages import story


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "unknown"),
        (0.2, "under a second"),
        (1.4, "1 s"),
        (89, "89 s"),
        (90, "2 min"),
        (1380, "23 min"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (200_000, "2 d 7 h"),
    ],
)
def test_lengths_of_time(app: Flask, seconds: float | None, said: str) -> None:
    with app.test_request_context():
        assert words.duration(seconds) == said


def test_estimates_are_said_as_such(app: Flask) -> None:
    with app.test_request_context():
        assert (words.about(0.3), words.about(40)) == ("under a second", "about 40 s")


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (21, "21st"),
        (112, "112th"),
    ],
)
def test_places(app: Flask, n: int, said: str) -> None:
    with app.test_request_context():
        assert words.place(n) == said
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        assert words.place(n) == f"第 {n} 位"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (12_345_678, "12 MiB"),
        (512 << 20, "512 MiB"),
        (5 << 50, "5120 TiB"),
    ],
)
def test_sizes(count: int, said: str) -> None:
    assert words.size(count) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.04123, "0.0412"),
        (12.34, "12.3"),
        (123.4, "123"),
        (4210, "4,210"),
        (1.5, "1.50"),
        (0.0, "0"),
        (True, "True"),
    ],
)
def test_figures(value: object, said: str) -> None:
    assert words.figure(value) == said


def test_the_last_per_cent_is_kept_for_the_end() -> None:
    assert words.percent(0.999) == "99 %" and words.percent(1.0) == "100 %"


def test_moments(app: Flask) -> None:
    assert words.iso(0.5) == "1970-01-01T00:00:00.500Z" and words.iso(None) is None
    assert words.clock(0) == "1970-01-01 00:00:00"
    with app.test_request_context():
        assert words.ago(None) == "never"
        assert words.ago(time.time()) == "just now"
        assert words.ago(time.time() - 120) == "2 min ago"


def test_every_standing_of_a_job_has_a_word_of_its_own(app: Flask, db: Database) -> None:
    waiting = queue(db)
    every = [replace(waiting, state=state) for state in State]
    held = [replace(waiting, paused=True), replace(waiting, paused=True, state=State.PROCESSING)]
    for language, word in (("en", "waiting"), ("zh", "排队中")):
        with app.test_request_context(headers={"Accept-Language": language}):
            said = [words.state(job) for job in [*every, *held]]
            assert len(set(said)) == len(State) + 2 and said[0] == word
            ended = replace(waiting, paused=True, state=State.CANCELED)
            assert words.state(ended) == words.state(replace(ended, paused=False))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "1 s"),
        (70.2, "71 s"),
        (91, "2 min"),
        (121, "3 min"),
        (3601, "1 h 1 min"),
        (90_001, "1 d 2 h"),
        (86_399, "1 d"),
    ],
)
def test_a_limit_is_rounded_up(app: Flask, seconds: float, said: str) -> None:
    with app.test_request_context():
        assert words.within(seconds) == said


@pytest.mark.parametrize(
    ("operation", "told", "said"),
    [
        ("compose", {"bars": 16, "key": "G minor"}, "compose · 16 bars · G minor · seed 11"),
        ("generate", {"bars": 1}, "compose · 1 bar · seed 11"),
        ("harmonise", {"key": "E♭ major"}, "harmony · E♭ major · seed 11"),
        ("interpolate", {"bars": 8}, "bridge · 8 bars · seed 11"),
        ("retrograde", {"bars": 8}, "retrograde · 8 bars · seed 11"),
        ("compose", {"bars": True, "key": ""}, "seed 11"),
    ],
)
def test_captions_of_music_tell_its_length_and_key(
    app: Flask, operation: str, told: dict[str, object], said: str
) -> None:
    with app.test_request_context():
        assert caption(operation, {"seed": 11}, told) == said


def test_keys_and_counts_in_both_languages(app: Flask) -> None:
    with app.test_request_context():
        assert [words.key(name) for name in ("F♯ minor", "B♭ major", "D dorian")] == [
            "F♯ minor",
            "B♭ major",
            "D dorian",
        ]
        assert [words.counted(2, media) for media in ("painting", "music", "sculpture")] == [
            "2 pictures",
            "2 pieces",
            "2 works",
        ]
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        assert words.key("F♯ minor") == "F♯ 小调" and words.bars(16) == "16 小节"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00"), (9.99, "0:09"), (60, "1:00"), (754.2, "12:34"), (3725, "62:05")]
)
def test_places_in_a_recording(seconds: float, said: str) -> None:
    assert words.running(seconds) == said


def test_a_speed_is_told_in_the_unit_that_the_training_tells(app: Flask) -> None:
    with app.test_request_context():
        assert words.speed({"images_per_second": 12.9}) == "12.9 pictures a second"
        assert words.speed({"notes_per_second": 4100.0, "nll": 0.4}) == "4,100 notes a second"
        assert words.speed({"notes_per_second": None}) is None and words.speed({}) is None


@pytest.mark.parametrize(
    ("operation", "given", "said"),
    [
        ("generate", {"seed": 11, "psi": 0.8}, "seed 11 · ψ 0.8"),
        ("generate", {"seed": 11, "class_name": "figure"}, "seed 11 · figure"),
        ("mix", {"seed_a": 1, "seed_b": 2}, "mix of two"),
        ("interpolate", {"frames": 8}, "a walk between two"),
        ("neighbours", {"seed": 5, "psi": 0.8}, "variation · seed 5"),
        ("analyze", {}, "analysis"),
        ("carve", {}, "carve"),
    ],
)
def test_captions_come_from_the_recipe(
    app: Flask, operation: str, given: dict[str, object], said: str
) -> None:
    with app.test_request_context():
        assert caption(operation, given) == said


def event(kind: str, **data: object) -> TimelineEvent:
    return TimelineEvent(1, 0.0, kind, dict(data))


@pytest.mark.parametrize(
    ("told", "said", "tone"),
    [
        (event("submitted"), "Asked for", ""),
        (event("claim", worker="w/1", attempt=2), "Taken by the worker w/1, attempt 2", ""),
        (
            event("requeue", reason="lease_expired", at={"kimg": 171.2}),
            "Back in the queue at 171.2 kimg: worker lost",
            "bad",
        ),
        (
            event("requeue", reason="drained", at={"step": 40}),
            "Back in the queue at step 40: its worker had to leave",
            "",
        ),
        (event("requeue", reason="brand_new_reason"), "Back in the queue: brand new reason", "bad"),
        (event("note", text="resumed from step 900", step=900), "Resumed exactly, from step 900", "good"),
        (event("note", text="no checkpoint at step 3: full"), "no checkpoint at step 3: full", ""),
        (event("fail", code="out_of_memory", message="too little"), "Failed: too little", "bad"),
        (event("succeed"), "Done", "good"),
        (event("share"), "Done, with the result of the equal request", "good"),
        (event("requeue", reason="paused"), "Back in the queue: you paused it", ""),
        (event("paused"), "You paused it", ""),
        (event("resumed"), "You put it back in line", ""),
        (event("priority", to=5), "Its priority is now 5", ""),
        (
            event("submitted", follows="j1"),
            "Asked for; an equal request is on its way, so this one shares its result",
            "",
        ),
        (event("brand_new"), "Brand new", ""),
    ],
)
def test_the_story_is_told_in_sentences(app: Flask, told: TimelineEvent, said: str, tone: str) -> None:
    with app.test_request_context():
        line = story.tell([told])[0]
    assert (line.text, line.tone) == (said, tone)


def test_attempts_tell_what_broke_them(app: Flask) -> None:
    tries = [Attempt(1, 1, "w", 0, 1, "lost", "lease_expired"), Attempt(2, 2, "w", 1, None, None, None)]
    broken = event("requeue", reason="lease_expired", at={"kimg": 171.0})
    with app.test_request_context():
        assert story.attempts(tries[:1], [event("claim"), broken]) == "1: worker lost at 171 kimg"
        assert story.attempts(tries, [event("claim"), broken, event("claim")]) == "2: worker lost at 171 kimg"
        went_on = event("note", text="resumed from step 9000", step=9000)
        told = story.attempts(tries, [event("claim"), broken, event("claim"), went_on])
        assert told == "2: worker lost at 171 kimg, resumed exactly"
        again = event("note", text="started again: nothing had been saved yet")
        told = story.attempts(tries, [event("claim"), broken, event("claim"), again])
        assert told == "2: worker lost at 171 kimg"
        assert story.attempts(tries[:1], []) == "1"


def test_every_attempt_says_how_it_ended(app: Flask) -> None:
    ends = [("succeeded", None), ("failed", "out_of_memory"), ("canceled", "owner"), ("requeued", "drained")]
    tries = [Attempt(1, token, "w", 10.0, 14.5, *end) for token, end in enumerate(ends)]
    tries += [
        Attempt(2, 8, "w", 0.0, 1.0, "lost", "lease_expired"),
        Attempt(3, 9, "w", 0.0, None, None, None),
    ]
    with app.test_request_context():
        told = story.told_attempts(tries)
    assert [(one.end, one.tone) for one in told] == [
        ("done", "good"),
        ("failed: the device ran out of memory", "bad"),
        ("canceled", ""),
        ("handed back: its worker had to leave", ""),
        ("broken off: worker lost", "bad"),
        ("", ""),
    ]
    assert (told[0].seconds, told[-1].seconds) == (4.5, None)


def test_a_chart_keeps_inside_its_frame_and_its_ends() -> None:
    values = [(float(step), step**0.5) for step in range(1000)]
    drawn = chart([Series("G", "a", values)], floor=40.0, zero=True)
    assert drawn is not None and drawn.low == 0.0 and drawn.floor is not None
    points = [tuple(map(float, point.split(","))) for point in drawn.lines[0].points.split()]
    assert len(points) <= 160
    assert points[0][0] == 0 and points[-1][0] == WIDTH
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert drawn.lines[0].last == values[-1][1]


def test_nothing_is_drawn_from_less_than_two_points() -> None:
    assert chart([Series("G", "a", [(1.0, 2.0)]), Series("D", "b", [])]) is None


def test_a_flat_line_has_a_height() -> None:
    drawn = chart([Series("G", "a", [(1.0, 0.0), (2.0, 0.0)])])
    assert drawn is not None and drawn.high > drawn.low


def test_figures_that_are_no_numbers_are_left_out() -> None:
    rows = [(1, {"kid": 0.5}), (2, {"other": 1.0}), (3, {"kid": float("nan")}), (4, {"kid": 0.4})]
    assert series(rows, "kid", "KID", "k").values == [(1.0, 0.5), (4.0, 0.4)]


def test_thinning_keeps_the_mean() -> None:
    values = [(float(step), float(step % 2)) for step in range(1001)]
    thinned = thin(values, most=51)
    assert len(thinned) == 51
    assert sum(value for _, value in thinned) / 51 == pytest.approx(0.5, abs=0.05)
