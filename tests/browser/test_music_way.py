"""The whole way of music, as a person goes it: a zip of MIDI files, a training that is listened to, and then
new pieces, a continuation, a harmonised melody and an analysis.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pretty_midi
import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.links import follow_link
from tests.browser.test_looks import LOOKS
from tests.browser.test_pages import WIDTHS
from tests.e2e.stack import ROOT, Stack, until
from tests.hostile.zips import zipped

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHORALES = ROOT / "worker" / "starter" / "data" / "bach_chorales.zip"
PATIENCE_MS = 180_000
PIECES = 14
#: Small and quick: it learns next to nothing, and everything around it is real.
DIALS = {"steps": "100000", "batch": "2", "crop": "64", "check_every": "12", "patience": "0"}


def rewritten(data: bytes) -> bytes:
    """The piece as another program writes it."""
    out = io.BytesIO()
    pretty_midi.PrettyMIDI(io.BytesIO(data)).write(out)
    return out.getvalue()


def chorales(count: int) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(CHORALES) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".mid"))[:count]
        return [(Path(name).name, rewritten(archive.read(name))) for name in names]


def melody() -> bytes:
    """The soprano of a chorale that the model does not learn, alone, from another program."""
    source = pretty_midi.PrettyMIDI(io.BytesIO(chorales(PIECES + 1)[-1][1]))
    tune = pretty_midi.PrettyMIDI(initial_tempo=80)
    tune.instruments.append(
        max(source.instruments, key=lambda one: sum(n.pitch for n in one.notes) / len(one.notes))
    )
    out = io.BytesIO()
    tune.write(out)
    return out.getvalue()


def shoot(page: Page, screenshots: Path, name: str) -> None:
    """A picture at each width, with nothing wider than the page and nothing faint."""
    for width, pixels in WIDTHS.items():
        page.set_viewport_size({"width": pixels, "height": 900})
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=screenshots / f"music-{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= pixels, name
    assert page.evaluate(LOOKS)["faint"] == [], name
    page.set_viewport_size({"width": 1280, "height": 900})


def listen(page: Page) -> None:
    """Press play and hear time pass, then pause."""
    player = page.locator("[data-player]").first
    player.get_by_role("button", name="Play").click()
    until(lambda: page.evaluate("document.querySelector('[data-player] audio').currentTime") > 0.3)
    player.get_by_role("button", name="Pause").click()


@pytest.fixture(scope="module")
def trained(stack: Stack) -> Iterator[dict[str, str]]:
    """What the first test leaves to the others: the name of its model."""
    yield {}


def test_a_zip_of_midi_is_learned_and_listened_to(
    page: Page, stack: Stack, screenshots: Path, trained: dict[str, str]
) -> None:
    page.goto("/datasets")
    page.locator("#name").fill("My chorales")
    archive: FilePayload = {
        "name": "chorales.zip",
        "mimeType": "application/zip",
        "buffer": zipped([*chorales(PIECES), ("noise.mid", b"RIFF\0\0\0\0WAVE")]),
    }
    page.locator("input[type=file]").set_input_files(files=[archive])
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/jobs/**")
    until(lambda: any(row["name"] == "My chorales" for row in stack.get("/v1/datasets")["results"]))
    dataset = next(row for row in stack.get("/v1/datasets")["results"] if row["name"] == "My chorales")
    assert (dataset["media"], dataset["item_count"]) == ("music", PIECES)
    assert [row["code"] for row in dataset["report"]["refused"]] == ["not_midi"]
    page.goto(f"/datasets/{dataset['id']}")
    shoot(page, screenshots, "dataset")
    follow_link(page.get_by_role("link", name=re.compile("Train a composer")))
    page.locator("#title").fill("Quick chorales")
    page.get_by_text("Advanced", exact=True).click()
    page.locator("#field-hidden").select_option("32")
    for name, value in DIALS.items():
        page.locator(f"#field-{name}").fill(value)
    shoot(page, screenshots, "train")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/jobs/**")
    job = page.url.rsplit("/", 1)[-1]
    try:
        expect(page.locator("[data-player]").first).to_be_visible(timeout=PATIENCE_MS)
        listen(page)
        shoot(page, screenshots, "training")
        page.get_by_role("button", name="Stop and keep the best").click()
        expect(page.locator("#j-version")).to_be_visible(timeout=PATIENCE_MS)
    finally:
        stack.post(f"/v1/trainings/{job}/cancel")
        until(lambda: stack.get(f"/v1/jobs/{job}")["completed_at"])
    trained["name"] = "quick-chorales"
    page.goto("/models/atelier/quick-chorales")
    expect(page.locator("[data-player]").first).to_be_visible()
    shoot(page, screenshots, "model")


def test_it_composes_and_continues_and_is_analyzed(
    page: Page, screenshots: Path, trained: dict[str, str]
) -> None:
    assert trained
    page.goto("/?model=quick-chorales&operation=generate&bars=2&count=1&seed=5")
    page.get_by_role("button", name="Compose").click()
    made = page.locator("#making figure.work a").first
    expect(made).to_be_visible(timeout=PATIENCE_MS)
    shoot(page, screenshots, "composed")
    made.click()
    expect(page).to_have_url(re.compile("/works/"))
    work = page.url
    listen(page)
    shoot(page, screenshots, "work")
    follow_link(page.locator("#main").get_by_role("link", name="Continue", exact=True))
    page.locator("#field-bars").fill("4")
    page.get_by_role("button", name="Continue").click()
    page.locator("#making figure.work a").first.click(timeout=PATIENCE_MS)
    expect(page.locator("h1")).to_contain_text("4 bars")
    listen(page)
    shoot(page, screenshots, "continued")
    page.goto(work)
    follow_link(page.locator("#main").get_by_role("link", name="Analyze", exact=True))
    page.get_by_role("button", name="Analyze").click()
    page.locator("#making figure.work a").first.click(timeout=PATIENCE_MS)
    expect(page.locator("main")).to_contain_text("Voice leading")
    expect(page.locator("[data-player]").first).to_be_visible()
    shoot(page, screenshots, "analysis")


def test_a_melody_of_ones_own_is_harmonised(
    page: Page, stack: Stack, screenshots: Path, trained: dict[str, str]
) -> None:
    assert trained
    tune = melody()
    page.goto("/?model=quick-chorales&operation=harmonise&care=4&rounds=0&seed=6")
    mine: FilePayload = {"name": "tune.mid", "mimeType": "audio/midi", "buffer": tune}
    page.locator("#field-melody-file").set_input_files(files=[mine])
    expect(page.locator("label.own")).to_have_text("tune.mid")
    page.get_by_role("button", name="Harmonise").click()
    page.locator("#making figure.work a").first.click(timeout=PATIENCE_MS)
    listen(page)
    shoot(page, screenshots, "harmonised")
    result = next(row for row in stack.get("/v1/predictions")["results"] if row["operation"] == "harmonise")
    found = pretty_midi.PrettyMIDI(io.BytesIO(stack.http.get(result["output"][0]).content))
    (given,) = pretty_midi.PrettyMIDI(io.BytesIO(tune)).instruments
    # A network that learned for some seconds may leave a voice silent, which pretty_midi then leaves out,
    # and another may sing above the melody.
    assert 1 < len(found.instruments) <= 4
    (soprano,) = (one for one in found.instruments if one.name == "Soprano")
    assert [note.pitch for note in soprano.notes] == [note.pitch for note in given.notes]


def test_music_that_is_none_is_told_beside_the_field(
    page: Page, screenshots: Path, trained: dict[str, str]
) -> None:
    assert trained
    page.goto("/?model=quick-chorales&operation=harmonise")
    told = page.locator("#field-melody-error")
    for data, said in ((b"RIFF\0\0\0\0WAVE", "a recording (WAV)"), (b"no music at all", "no MIDI file")):
        given: FilePayload = {"name": "song.mid", "mimeType": "audio/midi", "buffer": data}
        page.locator("#field-melody-file").set_input_files(files=[given])
        expect(told).to_contain_text(said, timeout=PATIENCE_MS)
    shoot(page, screenshots, "refused")
