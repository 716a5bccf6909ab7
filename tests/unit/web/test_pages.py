import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared import jobs
from shared.errors import BadFile
from shared.library import Model
from shared.lifecycle import Reason
from tests.unit.web import browser
from tests.unit.web.pictures import png
from tests.unit.web.seed import Studio
from web.static_files import FOLDER

EMPTY = {
    "/": "Train your first model",
    "/gallery": "The walls are still empty",
    "/jobs": "No jobs yet",
    "/datasets": "No data set yet",
    "/models": "No models yet",
    "/workers": "No worker is there",
    "/analyze": "Nothing here can look at works yet",
    "/muse": "No muse is there",
}


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path, headers=browser.HTML)
    assert answer.status_code == 200, path
    return answer.text


@pytest.mark.parametrize(("path", "told"), EMPTY.items())
def test_an_empty_page_teaches_the_next_step(client: FlaskClient, path: str, told: str) -> None:
    shown = page(client, path)
    section = shown.split('class="empty"')[1].split("</section>")[0]
    assert told in section
    link = re.search(r'class="btn" href="([^"]+)"', section)
    assert link is not None
    if not link.group(1).startswith("#"):
        assert client.get(html.unescape(link.group(1))).status_code == 200


@pytest.fixture
def full(studio: Studio, model: Model, version_id: str, dataset_id: str) -> dict[str, str]:
    """A studio in which everything has happened; the pages it has."""
    first = studio.make(model, version_id, seed=11)
    second = studio.make(model, version_id, "neighbours", parent=first[0], count=2, seed=5)
    training = studio.training(studio.model("Second state", "second"), dataset_id)
    studio.grow(training, [png(64, 64), png(64, 64, (1, 2, 3))], 0.4)
    studio.worker([training.id], [version_id])
    waiting = studio.ask(model, version_id, seed=3)
    return {
        "create": "/",
        "neighbours": f"/?operation=neighbours&parent={first[1]}",
        "gallery": "/gallery",
        "work": f"/works/{second[0]}",
        "jobs": "/jobs",
        "training": f"/jobs/{training.id}",
        "waiting": f"/jobs/{waiting.id}",
        "datasets": "/datasets",
        "dataset": f"/datasets/{dataset_id}",
        "train": f"/datasets/{dataset_id}/train",
        "models": "/models",
        "model": "/models/atelier/edo-prints",
        "workers": "/workers",
    }


def test_every_page_is_whole_and_leads_somewhere(client: FlaskClient, full: dict[str, str]) -> None:
    for name, path in full.items():
        shown = page(client, path)
        assert shown.count("<h1>") == 1, name
        assert '<a class="skip" href="#main">' in shown and 'id="main"' in shown
        assert re.search(r"<title>[^<]+ · Atelier</title>", shown), name
        for link in set(re.findall(r'(?:href|src)="(/[^"]*)"', shown)):
            assert client.get(html.unescape(link)).status_code == 200, (name, link)
        identifiers = re.findall(r' id="([^"]+)"', shown)
        assert len(identifiers) == len(set(identifiers)), name


def test_every_picture_has_its_size_and_a_text(client: FlaskClient, full: dict[str, str]) -> None:
    for name, path in full.items():
        for picture in re.findall(r"<img [^>]+>", page(client, path)):
            assert " alt=" in picture and " width=" in picture and " height=" in picture, (name, picture)
    wall = page(client, full["gallery"])
    assert 'alt="Picture made by Edo prints: seed 11 · ψ 0.8"' in wall
    assert all('loading="lazy"' in picture for picture in re.findall(r"<img [^>]+>", wall))


def test_every_control_has_a_label(client: FlaskClient, full: dict[str, str]) -> None:
    for name in ("create", "train", "datasets"):
        shown = page(client, full[name])
        for control in re.findall(r"<(?:input|select)[^>]+>", shown):
            if 'type="hidden"' in control or 'type="radio"' in control:
                continue
            identifier = re.search(r' id="([^"]+)"', control)
            assert identifier is not None, control
            assert f'for="{identifier.group(1)}"' in shown or "aria-label=" in control, control


def test_a_page_weighs_less_than_sixty_kilobytes(client: FlaskClient, full: dict[str, str]) -> None:
    for name, path in full.items():
        shown = page(client, path)
        own = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', shown))
        own |= {address for module in list(own) for address in _imports(client, module)}
        weight = len(shown.encode()) + sum(len(client.get(address).data) for address in own)
        assert weight < 60_000, (name, weight)


def _imports(client: FlaskClient, module: str) -> set[str]:
    """The addresses of the modules that one of ours imports."""
    if not module.endswith(".js"):
        return set()
    names = re.findall(r"from '\./([\w.]+)'", client.get(module).text)
    found = {module.rsplit("/", 1)[0] + "/" + name for name in names}
    return found | {deeper for address in found for deeper in _imports(client, address)}


def test_our_own_files_are_cached_for_ever_under_their_stamp(client: FlaskClient) -> None:
    address = re.search(r'href="(/static/[^"]+tokens\.css)"', page(client, "/"))
    assert address is not None
    assert "immutable" in client.get(address.group(1)).headers["Cache-Control"]
    old = re.sub(r"/static/\w+/", "/static/0/", address.group(1))
    assert client.get(old).headers["Cache-Control"] == "no-cache"
    assert client.get("/static/0/../app.py").status_code == 404
    assert client.get("/static/0/..%2fapp.py").status_code == 404


def test_the_form_is_drawn_from_the_schema(client: FlaskClient, version_id: str) -> None:
    shown = page(client, "/?count=7&psi=0.5&seed=42")
    assert re.search(r'<input type="range" id="field-count"[^>]*min="1" max="16" step="1" value="7"', shown)
    assert re.search(r'<input type="range" id="field-psi"[^>]*max="1.5" step="0.05" value="0.5"', shown)
    assert '<output for="field-psi">0.50</output>' in shown
    assert re.search(r'<input type="number"[^>]*id="field-seed"[^>]*value="42"', shown)
    assert "The same seed gives the same picture" in shown


def test_a_form_without_javascript_leads_to_the_job(client: FlaskClient, version_id: str) -> None:
    answer = browser.send(client, "/create", model="edo-prints", version=version_id, count="2", psi="0.5")
    assert answer.status_code == 303
    shown = page(client, answer.headers["Location"])
    assert "2 pictures, Edo prints" in shown and "1st in line" in shown
    assert '<meta http-equiv="refresh" content="3">' in shown


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("seed", "-5", "below 0"),
        ("seed", "tree", "must be a whole number"),
        ("seed", "+-3", "must be a whole number"),
        ("count", "900", "above 16"),
        ("psi", "nan", "must be a number"),
    ],
)
def test_an_error_stands_beside_its_field_and_what_was_typed_stays(
    client: FlaskClient, version_id: str, field: str, value: str, told: str
) -> None:
    answer = browser.send(client, "/create", model="edo-prints", version=version_id, **{field: value})
    assert answer.status_code == 422
    beside = answer.text.split(f'data-error="{field}">')[1].split("</p>")[0]
    assert told in html.unescape(beside)
    assert f'value="{value}"' in answer.text or field == "psi"
    assert client.get("/v1/predictions").get_json()["results"] == []


def test_a_script_gets_the_error_as_a_problem(client: FlaskClient, version_id: str) -> None:
    known = browser.token(client)
    headers = {**browser.ORIGIN, **browser.JSON, "X-CSRF-Token": known}
    refused = client.post("/create", data={"version": version_id, "seed": "-5"}, headers=headers)
    assert (refused.status_code, refused.get_json()["field"]) == (422, "seed")
    taken = client.post("/create", data={"version": version_id, "seed": "5"}, headers=headers)
    assert taken.status_code == 202
    made = client.get(taken.get_json()["made"]).text
    assert 'data-state="queued"' in made and made.count("work waiting") == 4


def test_a_training_tells_what_happened_after_a_fault(
    client: FlaskClient, studio: Studio, model: Model, dataset_id: str
) -> None:
    job = studio.training(model, dataset_id)
    studio.grow(job, [png(64, 64)], 0.4)
    jobs.requeue(studio.db, job.lease, Reason.LEASE_EXPIRED)
    again = studio.claim("training")
    jobs.note(studio.db, again.lease, "note", {"text": "resumed from step 4000", "step": 4000})
    shown = page(client, f"/jobs/{job.id}")
    assert "2: worker lost, resumed exactly" in shown
    assert "Resumed exactly, from step 4000" in shown
    assert "KID-lite 0.0375 ↓ (real against real 0.002)" in shown
    assert "262 of 655 kimg" in shown and "about 23 min left" in shown
    assert "no collapse" in shown and "Saved" in shown


def test_a_reload_shows_what_the_stream_shows(client: FlaskClient, full: dict[str, str]) -> None:
    whole, part = page(client, full["training"]), page(client, full["training"] + "?part=1")
    assert part.strip().startswith("<section") and "<html" not in part
    for section in re.findall(r'<section[^>]* id="j-[a-z]+"', part) + re.findall(
        r'<section id="j-[a-z]+"', part
    ):
        assert section in whole


def test_a_training_is_stopped_and_canceled_from_its_page(
    client: FlaskClient, studio: Studio, model: Model, dataset_id: str
) -> None:
    job = studio.training(model, dataset_id)
    assert browser.send(client, f"/jobs/{job.id}/stop").status_code == 303
    assert "stopping; the best will be kept" in page(client, f"/jobs/{job.id}")
    assert browser.send(client, f"/jobs/{job.id}/cancel").status_code == 303
    assert "canceling" in page(client, f"/jobs/{job.id}")


def test_canceling_too_late_is_told_and_harms_nothing(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    studio.make(model, version_id)
    job = client.get("/v1/predictions").get_json()["results"][0]["id"]
    answer = browser.send(client, f"/jobs/{job}/cancel")
    assert "nothing left to cancel" in answer.text


def test_a_failed_upload_says_which_file_and_what_to_do(client: FlaskClient, studio: Studio) -> None:
    studio._queue("collection", "ingest", "ingest", {"name": "Bad", "files": ["0" * 26]})
    job = studio.claim("ingest")
    message = "paintings.zip holds ../../etc/passwd: make the zip again from the folder itself."
    jobs.fail(studio.db, job.lease, BadFile(message, code="unsafe_path", field="files"))
    shown = page(client, f"/jobs/{job.id}")
    assert message in shown and "unsafe_path" in shown and "Upload again" in shown
    assert message in page(client, "/datasets")


def test_a_data_set_shows_what_was_refused_and_why(client: FlaskClient, studio: Studio) -> None:
    refused = {"name": "<b>notes</b>.txt", "code": "not_an_image", "reason": "This is a text."}
    twin = {"name": "b.jpg", "of": "a.jpg", "distance": 0}
    report = {
        "counts": {"kept": 12, "refused": 1, "duplicates": 1},
        "refused": [refused],
        "duplicates": [twin],
    }
    shown = page(client, f"/datasets/{studio.dataset(report=report)}")
    assert "&lt;b&gt;notes&lt;/b&gt;.txt" in shown and "This is a text." in shown
    assert "the same work as a.jpg" in shown


PIECE = {"key": "G minor", "meter": "4/4", "bars": 16}


def test_a_data_set_of_music_shows_rolls_with_names_to_download(client: FlaskClient, studio: Studio) -> None:
    music = {
        "bars": 40,
        "seconds": 95.0,
        "off_grid_ms": 1.25,
        "voices": {"4": 2},
        "meters": {"4/4": 2},
        "keys": {"G minor": 1, "none": 1},
    }
    pieces = [("midi/<b>air.mid", PIECE), ("b.mid", {**PIECE, "key": None, "bars": 1})]
    dataset_id = studio.songs(pieces, {"counts": {"kept": 2}, "music": music})
    shown = page(client, f"/datasets/{dataset_id}")
    assert "<figcaption>&lt;b&gt;air.mid<br>" in shown
    assert "G minor, 16 bars" in shown and ">1 bar<" in shown
    assert shown.count("Download the MIDI file") == 2
    for text in ("40 bars", "4 (2)", "4/4 (2)", "G minor (1), not named (1)", "1.25 ms on average"):
        assert text in shown, text
    rolls = re.findall(r'<img src="([^"]+)"', shown)
    assert [client.get(address).mimetype for address in rolls[:2]] == ["image/webp", "image/webp"]
    works = re.findall(r'<figure class="work roll"><a href="([^"]+)" download', shown)
    answer = client.get(works[0])
    assert answer.data.startswith(b"MThd") and "attachment" in answer.headers["Content-Disposition"]


def test_a_data_set_that_no_job_made_shows_the_small_copies_that_its_works_name(
    client: FlaskClient, studio: Studio
) -> None:
    dataset_id = studio.songs([("a.mid", PIECE)], {}, by_job=False)
    for shown in (page(client, f"/datasets/{dataset_id}"), page(client, "/datasets")):
        addresses = re.findall(r'<img src="(/artifacts/[^"]+)"', shown)
        assert addresses and all(client.get(one).mimetype == "image/webp" for one in addresses)


def test_the_upload_form_takes_music_and_says_so(client: FlaskClient) -> None:
    shown = page(client, "/datasets")
    assert "MIDI" in shown and "audio/midi" in shown and ".mid" in shown


def test_the_train_form_tells_what_to_expect_before_it_starts(client: FlaskClient, dataset_id: str) -> None:
    path = f"/datasets/{dataset_id}/train"
    assert "about 30 min" in page(client, path) and "Shapes after ten minutes." in page(client, path)
    part = page(client, path + "?part=1&minutes=90&resolution=32")
    assert "about 1 h 30 min" in part and "162 thousand pictures" in part and "<html" not in part
    assert "does not fit" in page(client, path + "?part=1&minutes=-4")


def test_a_training_starts_from_the_form(client: FlaskClient, dataset_id: str) -> None:
    path = f"/datasets/{dataset_id}/train"
    answer = browser.send(client, path, family="painter", title="Edo, second", minutes="5", resolution="32")
    assert answer.status_code == 303
    found = client.get("/v1/trainings").get_json()["results"][0]
    assert (found["destination"], found["input"]["minutes"], found["input"]["resolution"]) == (
        "atelier/edo-second",
        5.0,
        32,
    )
    for title, minutes, field in (("", "5", "title"), ("x", "-1", "minutes")):
        refused = browser.send(client, path, family="painter", title=title, minutes=minutes)
        assert refused.status_code == 422
        assert refused.text.split(f'data-error="{field}">')[1].split("</p>")[0].strip()


def test_the_gallery_is_filtered_and_loaded_further(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    for seed in range(4):
        studio.make(model, version_id, seed=seed * 100, count=14)
    first = page(client, "/gallery?model=edo-prints&kind=Generate")
    assert first.count('<figure class="work">') == 48
    more = re.search(r'id="more"[^>]*href="([^"]+)"', first)
    assert more is not None and "model=edo-prints" in more.group(1)
    rest = page(client, html.unescape(more.group(1)) + "&part=1")
    assert rest.count('<figure class="work">') == 8 and "<html" not in rest
    assert "Nothing of that kind yet" in page(client, "/gallery?kind=Variations")


def test_from_a_work_one_click_leads_on(client: FlaskClient, full: dict[str, str]) -> None:
    shown = page(client, full["work"])
    on = re.search(r'<a class="ghost" href="([^"]+)">Variations</a>', shown)
    assert on is not None
    form = page(client, html.unescape(on.group(1)))
    work = full["work"].rsplit("/", 1)[1]
    assert re.search(rf'name="parent" value="{work}" checked', form)
    assert "Ancestors" in shown and "seed 11" in shown.split("Ancestors")[1]


def test_a_work_without_a_latent_is_not_offered_as_a_parent(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    (fit,) = studio.make(model, version_id, count=1, seed=1)
    (film,) = studio.make(model, version_id, count=1, seed=2, latent=False)
    assert ">Variations</a>" in page(client, f"/works/{fit}")
    assert ">Variations</a>" not in page(client, f"/works/{film}")
    form = page(client, f"/?model=edo-prints&operation=neighbours&parent={film}")
    assert f'name="parent" value="{fit}"' in form
    assert f'name="parent" value="{film}"' not in form


def test_a_page_that_is_not_there_says_so_kindly(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers=browser.HTML)
    assert answer.status_code == 404 and "<h1>Nothing here</h1>" in answer.text


def test_hostile_names_are_only_text(client: FlaskClient, studio: Studio, dataset_id: str) -> None:
    hostile = '"><script>alert(1)</script>'
    studio.model(hostile, "hostile")
    for path in ("/models", "/models/atelier/hostile", "/gallery"):
        assert "<script>alert" not in page(client, path)


def test_every_module_and_sheet_is_used_somewhere(app: Flask) -> None:
    templates = "".join(path.read_text() for path in (FOLDER.parent / "templates").glob("*.html"))
    modules = "".join(path.read_text() for path in (FOLDER / "js").glob("*.js"))
    for path in (FOLDER / "js").glob("*.js"):
        assert f"js/{path.name}" in templates or f"./{path.name}" in modules, path.name
    for path in (FOLDER / "css").glob("*.css"):
        assert f"'{path.stem}'" in templates, path.name
