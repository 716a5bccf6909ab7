"""Pages that show music: works, jobs, trainings, models and analyses, all of it by media type and role."""

import html
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared import jobs
from shared.artifacts import FolderStore
from shared.files import get_artifact
from shared.library import Model
from shared.records import NewArtifact, Result
from tests.unit.web import browser
from tests.unit.web.music import VOICES, Musicians, meta, notes, report
from tests.unit.web.test_pages import _imports, page
from web import analyses, analysis_words
from worker.music.score import Note, Score, part_of
from worker.music.theory import analyze, cadences, mood, voice_leading


@pytest.fixture
def full(musicians: Musicians, chorales: Model, music_version: str) -> dict[str, str]:
    """A studio in which music was made, analyzed and learned; the pages it has."""
    first = musicians.perform(chorales, music_version, count=3)
    found = musicians.analyze(chorales, music_version, first[0])
    more = musicians.perform(chorales, music_version, "continue", parent=first[1])
    training = musicians.study(musicians.ensemble("Second", "second"), musicians.songbook("More"))
    musicians.learn(training)
    job = get_artifact(musicians.db, first[0]).job_id
    return {
        "create": "/",
        "made": f"/jobs/{job}/made",
        "job": f"/jobs/{job}",
        "work": f"/works/{first[0]}",
        "continued": f"/works/{more[0]}",
        "analysis": f"/works/{found}",
        "training": f"/jobs/{training.id}",
        "gallery": "/gallery",
        "jobs": "/jobs",
        "models": "/models",
        "model": "/models/atelier/chorales",
    }


def text(shown: str) -> str:
    """What a page says, without its markup."""
    plain = re.sub(r"<(script|template|noscript).*?</\1>", " ", shown, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", plain)))


def test_every_page_of_music_is_whole_and_leads_somewhere(client: FlaskClient, full: dict[str, str]) -> None:
    for name, path in full.items():
        shown = page(client, path)
        assert name == "made" or shown.count("<h1>") == 1, name
        for link in set(re.findall(r'(?:href|src|data-notes)="(/[^"]*)"', shown)):
            assert client.get(html.unescape(link)).status_code == 200, (name, link)
        identifiers = re.findall(r' id="([^"]+)"', shown)
        assert len(identifiers) == len(set(identifiers)), name
        for picture in re.findall(r"<img [^>]+>", shown):
            assert " alt=" in picture and " width=" in picture and " height=" in picture, (name, picture)
        for anchor in re.findall(r'href="#([^"]+)"', shown):
            assert f'id="{anchor}"' in shown, (name, anchor)


def test_no_page_of_music_speaks_of_pictures(client: FlaskClient, full: dict[str, str]) -> None:
    for name in ("made", "job", "work", "continued", "analysis", "training", "model"):
        shown = page(client, full[name])
        said = text(shown.split("<main", 1)[-1]) + " ".join(
            re.findall(r'(?:alt|aria-label)="([^"]*)"', shown)
        )
        for word in ("icture", "kimg", "KID", " px"):
            assert word not in said, (name, word)


def test_a_page_with_a_player_weighs_less_than_sixty_kilobytes(
    client: FlaskClient, full: dict[str, str]
) -> None:
    for name, path in full.items():
        shown = page(client, path)
        own = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', shown))
        if "data-player" in shown:
            own.add(next(one for one in own if one.endswith("/main.js")).replace("main.js", "player.js"))
        own |= {address for module in list(own) for address in _imports(client, module)}
        weight = len(shown.encode()) + sum(len(client.get(address).data) for address in own)
        assert weight < 60_000, (name, weight)


def test_a_work_of_music_is_played_large_with_its_facts(client: FlaskClient, full: dict[str, str]) -> None:
    shown = page(client, full["work"])
    assert "<h1>compose · 16 bars · G minor · seed 11</h1>" in shown
    player = shown.split("data-player")[1].split("</section>")[0]
    audio = re.search(r'<audio controls preload="metadata" src="(/artifacts/\w+\?inline=1)"', player)
    notes = re.search(r'data-notes="(/artifacts/\w+)"', player)
    assert audio is not None and client.get(audio.group(1)).mimetype == "audio/wav"
    assert notes is not None and client.get(notes.group(1)).get_json(force=True)["seconds"] == 48.0
    assert re.search(r'role="slider" tabindex="0"[^>]*aria-valuemax="48.0"', player)
    assert 'alt="Piano roll of a piece by Chorales: compose · 16 bars · G minor · seed 11"' in player
    assert re.findall(r'aria-label="Download (\w+)"', player) == ["MIDI", "WAV", "MusicXML"]
    said = text(shown)
    for told in ("16 bars, 0:48", "80 quarter notes a minute", "9 (the bound is 24)", "G minor", "Parts 4"):
        assert told in said, told
    assert "may be a copy" not in said


def test_the_player_stands_there_without_javascript(client: FlaskClient, full: dict[str, str]) -> None:
    player = page(client, full["work"]).split("data-player")[1].split("</section>")[0]
    visible = re.sub(r'<(\w+)[^>]*class="[^"]*hidden"[^>]*>.*?</\1>', "", player, flags=re.DOTALL)
    assert "<audio controls" in visible and '<img class="still"' in visible
    assert 'class="btn play hidden"' in player and 'class="stage hidden"' in player
    wall = page(client, full["gallery"])
    assert wall.count("data-listen") == wall.count('<audio controls preload="none"') > 0


def test_a_piece_that_repeats_the_training_set_is_told_apart(
    client: FlaskClient, musicians: Musicians, chorales: Model, music_version: str
) -> None:
    told = meta(copied=True, shared_notes=31)
    (copy,) = musicians.perform(chorales, music_version, told=told)
    assert "A run of notes beyond the bound of 24" in page(client, f"/works/{copy}")
    told = meta(copied=True, shared_bound=None)
    (other,) = musicians.perform(chorales, music_version, told=told, seed=12)
    assert "this piece may be a copy" in page(client, f"/works/{other}")


def test_a_piece_of_which_little_is_known_is_still_shown(
    client: FlaskClient, musicians: Musicians, chorales: Model, music_version: str
) -> None:
    (bare,) = musicians.perform(chorales, music_version, told={"seconds": "?", "bars": True, "key": 7})
    shown = page(client, f"/works/{bare}")
    assert "<h1>seed 11</h1>" in shown and "data-player" in shown and 'aria-valuemax="0.0"' in shown


def test_what_has_no_sound_and_no_picture_is_shown_as_a_file(
    client: FlaskClient, musicians: Musicians, chorales: Model, music_version: str
) -> None:
    for media, name in (("audio/midi", "lone.mid"), ("text/csv", "figures.csv")):
        musicians._queue(
            "composer", "compose", "interactive", {"seed": len(name)}, model_id=chorales.id,
            version_id=music_version,
        )  # fmt: skip
        job = musicians.claim("interactive")
        file = musicians.file("output", name, b"x" * len(name), media)
        score = musicians.file("score", "lone.musicxml", b"<x/>", "application/vnd.recordare.musicxml+xml")
        (work,) = musicians._end(job, [file, score])
        shown = page(client, f"/works/{work}")
        assert "data-player" not in shown and name in shown
        found = re.findall(r">(Download[^<]*)</a>", shown)
        assert found == (["Download MIDI", "Download MusicXML"] if media == "audio/midi" else ["Download"])
        assert f'src="/artifacts/{work}"' not in shown and f'src="/artifacts/{work}"' not in page(
            client, "/gallery"
        )


def test_from_a_piece_one_click_leads_on_and_from_a_report_back_to_the_piece(
    client: FlaskClient, full: dict[str, str]
) -> None:
    ways = re.findall(r'<a class="ghost" href="(/\?[^"]+)">(\w+)</a>', page(client, full["work"]))
    assert [title for _, title in ways] == ["Continue", "Harmonise", "Analyze"]
    work = full["work"].rsplit("/", 1)[1]
    for address, title in ways:
        form = page(client, html.unescape(address))
        assert re.search(rf'value="{work}" checked', form), title
    shown = page(client, full["analysis"])
    assert not re.findall(r'<a class="ghost" href="/\?', shown)
    assert re.search(rf'href="{full["work"]}">The work it is about</a>', shown)


def test_a_continued_piece_shows_what_it_comes_from(client: FlaskClient, full: dict[str, str]) -> None:
    shown = page(client, full["continued"])
    assert "<h1>continuation · 16 bars · G minor · seed 11</h1>" in shown
    lineage = shown.split('class="lineage"')[1]
    assert "compose · 16 bars" in lineage and "<audio" not in lineage


def test_a_job_is_called_after_what_it_makes(client: FlaskClient, full: dict[str, str]) -> None:
    listed = text(page(client, full["jobs"]))
    for title in ("3 pieces, Chorales", "Analyze, Chorales", "Continue, Chorales", "Training “Second”"):
        assert title in listed, title
    assert page(client, full["job"]).count("data-listen") == 3
    assert page(client, full["made"]).count("data-listen") == 3


def test_models_of_music_are_shown_by_what_they_make(client: FlaskClient, full: dict[str, str]) -> None:
    cards = page(client, full["models"])
    card = cards.split("/models/atelier/chorales")[1].split("</a>")[0]
    assert "305 pieces" in card
    shown = re.findall(r'src="(/artifacts/\w+)"', card)
    assert shown and all((client.get(address).mimetype or "").startswith("image/") for address in shown)
    model = page(client, full["model"])
    assert model.count("data-player") == 2 and "0.405 nats a note ↓" in model
    assert "12 times through the data set" in model and "samples, not chosen by hand" in model
    assert "Nats per note on pieces it never saw, over the training" in model


def test_a_training_of_music_is_listened_to_while_it_runs(client: FlaskClient, full: dict[str, str]) -> None:
    shown = page(client, full["training"])
    film = shown.split('id="j-film"')[1].split('id="j-story"')[0]
    assert film.count("data-player") == 1 and film.count("data-listen") == 2
    labels = re.findall(r"step \d+ · 0\.\d+ nats a note", text(film))
    assert list(dict.fromkeys(labels)) == [f"step {step} · {nll} nats a note" for step, nll in
                                           ((1200, 0.47), (800, 0.48), (400, 0.49))]  # fmt: skip
    said = text(shown)
    assert "5.20 times through the data set" in said and "about 10 min left" in said
    assert "4,100 notes a second" in said and "0.455 nats a note (0.425 on those it learns from)" in said
    for title in ("Nats per note ↓", "Perplexity ↓"):
        assert title in said
    assert "learn by heart" not in said and "Losses" not in said
    assert page(client, full["training"] + "?part=1").count("data-player") == 1


def test_a_training_that_learns_by_heart_says_so(
    client: FlaskClient, musicians: Musicians, chorales: Model
) -> None:
    job = musicians.study(chorales, musicians.songbook())
    jobs.record_metrics(musicians.db, job.lease, 100, {"nll_train": 0.2, "nll_valid": 0.5})
    said = text(page(client, f"/jobs/{job.id}"))
    assert "0.5 nats a note (0.2 on those it learns from): it begins to learn by heart" in said
    assert "The first samples appear after a minute or so." in said
    early = musicians.study(chorales, musicians.songbook("More"))
    figures = {"nll_train": 0.2, "nll_valid": 0.5, "epoch": 0.9}
    jobs.record_metrics(musicians.db, early.lease, 100, figures)
    said = text(page(client, f"/jobs/{early.id}"))
    assert "0.5 nats a note (0.2 on those it learns from)" in said and "by heart" not in said
    jobs.record_metrics(musicians.db, early.lease, 200, figures | {"epoch": 1.8})
    assert "it begins to learn by heart" in text(page(client, f"/jobs/{early.id}"))


def test_the_estimate_of_a_training_of_music_speaks_of_notes(
    client: FlaskClient, musicians: Musicians, chorales: Model
) -> None:
    dataset = musicians.songbook()
    asked = {"family": "composer", "input": {"dataset": dataset, "minutes": 10}}
    told = client.post("/v1/estimate", json=asked).get_json()
    assert (told["speed"], told["unit"], told["seconds"]) == (4200.0, "notes_per_second", 600.0)
    assert told["images_per_second"] is None and told["kimg"] is None and told["measured"] is False
    part = text(page(client, f"/datasets/{dataset}/train?part=1&family=composer&minutes=10&cell=lstm"))
    assert "3,100 notes a second · expected" in part and "A tune in minutes." in part and "icture" not in part
    musicians.learn(musicians.study(chorales, dataset))
    told = client.post("/v1/estimate", json=asked).get_json()
    assert (told["speed"], told["measured"]) == (4100.0, True)
    asked["input"] = {"dataset": dataset, "minutes": 10, "cell": "lstm"}
    assert client.post("/v1/estimate", json=asked).get_json()["speed"] == 3100.0
    asked["input"] = {"dataset": dataset, "steps": 400}
    told = client.post("/v1/estimate", json=asked).get_json()
    assert (told["speed"], told["seconds"]) == (4100.0, None), "how long a step takes is not known"


def test_an_analysis_is_a_page_to_read(client: FlaskClient, full: dict[str, str]) -> None:
    shown = page(client, full["analysis"])
    said = text(shown)
    assert "<h1>A chorale</h1>" in shown
    assert "G minor · 4/4 · 80 quarter notes a minute · 16 bars · 0:48" in said
    assert "0.41 nats a note; his own have 0.40." in said and "64, 3 different" in said
    assert "Bass G2 D3 C4 64" in said and "parallel fifths 1.56" in said and "Notes a second 5.30" in said
    player = re.search(r'id="(player-\w+)"', shown)
    assert player is not None
    places = re.findall(rf'href="#{player.group(1)}" data-seek="([\d.]+)"[^>]*>(bar \d+)</a>', shown)
    assert places == [("9.00", "bar 4"), ("45.00", "bar 16"), ("18.00", "bar 7")]
    assert "parallel fifths (Tenor, Soprano)" in said and "1 place where a rule" in said
    assert "bar 16 perfect cadence (V7 – i in G minor)" in said and "tense, grave" in said
    assert "Bars that come back 25 %" in said and "an awkward leap" not in said
    assert '<circle cx="30.0" cy="40.0"' in shown and "minor lowers valence by 0.5" in said
    assert re.findall(r'aria-label="Download (\w+)"', shown) == ["JSON", "WAV", "MusicXML"]


def test_an_analysis_is_chinese_when_asked(client: FlaskClient, full: dict[str, str]) -> None:
    shown = client.get(full["analysis"], headers={**browser.HTML, "Accept-Language": "zh"}).text
    for word in ("G 小调", "平行五度", "第 7 小节", "声部进行", "播放"):
        assert word in shown, word


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"key": "G minor", "parts": "four", "mood": [], "voice_leading": {"faults": 3}, "likelihood": None},
        {"cadences": [{"bar": None, "kind": 5}, "half"], "parts": [{"low": True}], "meter": [4], "bars": "x"},
        {"mood": {"valence": 9, "arousal": -9, "words": "sad"}, "chords": [{}], "copying": {"a": [1]}},
        ["not", "a", "report"],
    ],
)
def test_a_report_that_tells_less_or_other_things_breaks_no_page(
    client: FlaskClient, musicians: Musicians, chorales: Model, music_version: str, found: object
) -> None:
    (work,) = musicians.perform(chorales, music_version)
    identifier = musicians.analyze(chorales, music_version, work, found=found)
    shown = page(client, f"/works/{identifier}")
    assert shown.count("<h1>") == 1 and "data-player" in shown


def test_hostile_words_in_a_report_are_only_text(
    client: FlaskClient, musicians: Musicians, chorales: Model, music_version: str
) -> None:
    hostile = '"><script>alert(1)</script>'
    fault = {"bar": hostile, "seconds": hostile, "kind": hostile, "parts": [hostile]}
    found = report() | {
        "title": hostile,
        "voice_leading": {"faults": [fault], "per_100_chords": {hostile: 1}},
    }
    found |= {"mood": {"valence": 0, "arousal": 0, "words": [hostile], "rule": hostile}}
    found |= {"repetition": {hostile: hostile}, "key": {"name": hostile}, "likelihood": {"text": hostile}}
    (work,) = musicians.perform(chorales, music_version)
    identifier = musicians.analyze(chorales, music_version, work, found=found)
    assert "<script>alert" not in page(client, f"/works/{identifier}")


def test_a_report_too_large_or_lost_is_shown_as_a_file(
    client: FlaskClient, musicians: Musicians, chorales: Model, music_version: str
) -> None:
    (work,) = musicians.perform(chorales, music_version)
    large = musicians.analyze(chorales, music_version, work, found={"title": "x" * (4 << 20)})
    assert "Voice leading" not in page(client, f"/works/{large}")
    other = musicians.analyze(chorales, music_version, work, found=report() | {"title": "Lost"})
    assert isinstance(musicians.store, FolderStore)
    musicians.store.delete(get_artifact(musicians.db, other).hash)
    lost = client.get(f"/works/{other}", headers=browser.HTML)
    assert lost.status_code == 200 and "<h1>Lost</h1>" not in lost.text


def test_another_json_is_no_analysis(
    client: FlaskClient, musicians: Musicians, chorales: Model, music_version: str
) -> None:
    musicians._queue(
        "composer", "analyze", "interactive", {"parent": "x"}, model_id=chorales.id, version_id=music_version
    )
    job = musicians.claim("interactive")
    file: NewArtifact = musicians.file(
        "output", "other.json", b"{}", "application/json", meta={"kind": "other"}
    )
    jobs.succeed(musicians.db, [(job.lease, Result({}, (file,)))])
    gallery = page(client, "/gallery")
    work = re.search(r'href="(/works/\w+)"', gallery)
    assert work is not None and "Voice leading" not in page(client, work.group(1))


def test_more_faults_than_are_listed_are_counted(
    client: FlaskClient, musicians: Musicians, chorales: Model, music_version: str
) -> None:
    fault = {"bar": 1, "seconds": 0.0, "kind": "leap", "parts": [0], "text": "Soprano leaps up a seventh"}
    leading = {"faults": [fault] * 100, "counts": {"leap": 130}, "per_100_chords": {"leap": 12.5}}
    (work,) = musicians.perform(chorales, music_version)
    found = musicians.analyze(chorales, music_version, work, found=report() | {"voice_leading": leading})
    said = text(page(client, f"/works/{found}"))
    assert "130 places where a rule" in said and "and 70 others" in said
    assert said.count("an awkward leap (Bass)") == 60


def test_every_word_of_an_analysis_is_known_to_the_page() -> None:
    assert set(voice_leading.KINDS) == set(analysis_words.FAULTS)
    kinds = (cadences.PERFECT, cadences.IMPERFECT, cadences.HALF, cadences.PLAGAL, cadences.DECEPTIVE)
    assert set(kinds) == set(analysis_words.CADENCES)
    steps = [step / 10 for step in range(-10, 11)]
    words = {word for x in steps for y in steps for word in mood.words_of(x, y)}
    assert words <= set(analysis_words.MOODS)


def test_the_report_of_a_real_analysis_is_read(app: Flask) -> None:
    voices = [
        part_of(
            name,
            [
                Note(round(start * 32), pitch, 24)
                for start, _, pitch, whose, _ in notes()["notes"]
                if whose == place
            ],
        )
        for place, name in enumerate(VOICES)
    ]
    found = analyze(Score(tuple(voices), tempo=80)).to_dict()
    with app.test_request_context():
        shown = analyses.of(found)
    assert shown.sentence.startswith("G minor · 4/4 · 80 quarter notes a minute · 16 bars")
    assert [voice.name for voice in shown.voices] == list(VOICES) and shown.voices[3].low == "G2"
    assert shown.mood is not None and 0 <= shown.mood.x <= 100 and shown.mood.rule
    assert shown.cadences and all(place.what.endswith("cadence") for place in shown.cadences)
    assert shown.fault_count == sum(found["voice_leading"]["counts"].values())
    assert {name for name, _ in shown.form} >= {"Notes a second", "Notes at once", "Bars that come back"}
    json.dumps(found)
