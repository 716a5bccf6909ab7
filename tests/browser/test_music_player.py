"""The player in headless Chromium: real sound, a roll that follows it, keys and clicks, themes and widths."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Locator, Page, expect

from shared.artifacts import open_store
from shared.migrate import open_database
from shared.settings import load_settings
from tests.browser.test_looks import LOOKS, MOST_BYTES
from tests.browser.test_pages import WIDTHS
from tests.browser.waiting import wait_for
from tests.support.web import WebProcess
from tests.unit.web.music import BAR, Musicians, meta, notes, tone
from worker.music.roll import piano_roll
from worker.music.score import TICKS, Note, Score, part_of

pytestmark = pytest.mark.browser

#: The sound lasts as long as the notes say.
BARS = 16
SECONDS = BARS * BAR


@dataclass(frozen=True)
class Hall:
    """A web that serves a studio of musicians, and the addresses of its pages."""

    web: WebProcess
    pages: dict[str, str]


def rolled() -> bytes:
    """The small picture of the piece."""
    drawn = notes(BARS)
    ticks = 80 / 60 * TICKS
    parts = [
        part_of(
            part["name"],
            [
                Note(round(start * ticks), pitch, round(length * ticks))
                for start, length, pitch, whose, _ in drawn["notes"]
                if whose == place
            ],
        )
        for place, part in enumerate(drawn["parts"])
    ]
    return piano_roll(Score(tuple(parts), tempo=80))


@pytest.fixture(scope="module")
def hall(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A studio with pieces, an analysis, a model and a training that runs, behind the real web server."""
    home = tmp_path_factory.mktemp("hall")
    settings = load_settings(home=home, database_url=f"sqlite:///{home / 'atelier.db'}", sweep_seconds=5.0)
    db = open_database(settings)
    studio = Musicians(db, open_store(settings.store_url))
    studio.sound, studio.roll = tone(SECONDS, 220.0), rolled()
    studio.announce()
    chorales = studio.ensemble()
    version = studio.learned(chorales, studio.songbook())
    told = meta(copied=True, shared_notes=31)
    given = notes(BARS, given=[[0.0, 4 * BAR, 0]])
    works = studio.perform(chorales, version, count=3, told=told, drawn=given)
    silent = notes(BARS) | {"bars": [], "notes": [], "parts": []}
    (bare,) = studio.perform(chorales, version, drawn=silent, seed=99)
    analysis = studio.analyze(chorales, version, works[0])
    training = studio.study(studio.ensemble("Second", "second"), studio.songbook("More"))
    studio.learn(training)
    studio.worker([training.id])
    db.engine.dispose()
    web = WebProcess(settings, home / "web.log")
    pages = {
        "music-work": f"/works/{works[0]}",
        "music-bare": f"/works/{bare}",
        "music-analysis": f"/works/{analysis}",
        "music-training": f"/jobs/{training.id}",
        "music-gallery": "/gallery",
        "music-create": "/",
        "music-model": "/models/atelier/chorales",
    }
    yield Hall(web, pages)
    web.close()


@pytest.fixture
def page(browser: Browser, hall: Hall) -> Iterator[Page]:
    """A fresh page; whatever the console calls an error, and whatever fails to load, fails the test."""
    context = browser.new_context(base_url=hall.web.address, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert faults == []


def at(page: Page) -> float:
    """Where the sound is, in seconds."""
    return float(page.locator(".player audio").first.evaluate("e => e.currentTime"))


def holds(page: Page, expression: str, seconds: float = 30.0) -> None:
    """Wait until the expression holds; the policy of our pages keeps the browser's own waiting out."""
    wait_for(page, lambda: page.evaluate(expression), expression, seconds)


def drawn(stage: Locator) -> Image.Image:
    """The roll as it is seen."""
    return Image.open(io.BytesIO(stage.screenshot())).convert("RGB")


def moved(before: Image.Image, after: Image.Image) -> bool:
    return ImageChops.difference(before, after).getbbox() is not None


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_it_plays_and_the_playhead_moves_until_it_is_paused(page: Page, hall: Hall, width: str) -> None:
    page.set_viewport_size({"width": WIDTHS[width], "height": 900})
    page.goto(hall.pages["music-work"])
    stage = page.get_by_role("slider", name="Place in the piece")
    expect(stage).to_be_visible()
    expect(page.locator(".player audio")).to_be_hidden()
    before = drawn(stage)
    page.get_by_role("button", name="Play", exact=True).click()
    holds(page, "document.querySelector('.player audio').currentTime > 0.8")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    during = drawn(stage)
    assert moved(before, during)
    assert float(stage.get_attribute("aria-valuenow") or 0) > 0.5
    page.get_by_role("button", name="Pause").click()
    stood = at(page)
    page.wait_for_timeout(400)
    assert at(page) == stood
    assert not moved(drawn(stage), drawn(stage))
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_a_click_on_the_roll_goes_there(page: Page, hall: Hall, width: str) -> None:
    page.set_viewport_size({"width": WIDTHS[width], "height": 900})
    page.goto(hall.pages["music-work"])
    stage = page.get_by_role("slider", name="Place in the piece")
    expect(stage).to_be_visible()
    whole = float(stage.evaluate("e => e.scrollWidth"))
    for share in (0.8, 0.25):
        x = float(stage.evaluate("e => e.clientWidth")) * share
        left = float(stage.evaluate("e => e.scrollLeft"))
        stage.click(position={"x": x, "y": 60})
        # Six pixels at either end are the playhead's.
        wanted = (left + x - 6) / (whole - 12) * SECONDS
        assert at(page) == pytest.approx(wanted, abs=0.2)
    assert (stage.get_attribute("aria-valuetext") or "").startswith("0:")
    if width == "phone":
        assert whole > WIDTHS[width], "a long piece scrolls"


def test_the_keyboard_plays_and_goes_from_bar_to_bar(page: Page, hall: Hall) -> None:
    page.goto(hall.pages["music-work"])
    stage = page.get_by_role("slider", name="Place in the piece")
    stage.focus()
    for key, seconds in (
        ("ArrowRight", BAR),
        ("ArrowRight", 2 * BAR),
        ("ArrowLeft", BAR),
        ("PageUp", 5 * BAR),
    ):
        page.keyboard.press(key)
        assert at(page) == pytest.approx(seconds, abs=0.05), key
    assert stage.get_attribute("aria-valuetext") == "0:15 / 0:48, bar 6"
    page.keyboard.press("End")
    assert at(page) == pytest.approx(SECONDS, abs=0.1)
    page.keyboard.press("Home")
    assert at(page) == 0
    top = page.evaluate("scrollY")
    page.keyboard.press("Space")
    holds(page, "document.querySelector('.player audio').currentTime > 0.4")
    page.keyboard.press("Space")
    assert page.locator(".player audio").evaluate("e => e.paused")
    assert page.evaluate("scrollY") == top, "the space bar plays, it does not scroll"
    page.keyboard.press("Tab")
    # The button's name follows the audio's own event.
    holds(page, "document.activeElement.textContent.trim() === 'Play'")


def test_a_long_roll_follows_the_sound(page: Page, hall: Hall) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.emulate_media(reduced_motion="reduce")
    page.goto(hall.pages["music-analysis"])
    stage = page.get_by_role("slider", name="Place in the piece")
    expect(stage).to_be_visible()
    wide = float(stage.evaluate("e => e.clientWidth"))
    stage.click(position={"x": wide * 0.9, "y": 40})
    page.get_by_role("button", name="Play", exact=True).click()
    holds(page, "document.querySelector('.stage').scrollLeft > 100")
    page.get_by_role("button", name="Pause").click()
    turned = float(stage.evaluate("e => e.scrollLeft"))
    assert turned > wide * 0.7, "with reduced motion the page turns at once"


def test_a_place_named_in_an_analysis_is_gone_to(page: Page, hall: Hall) -> None:
    page.goto(hall.pages["music-analysis"])
    stage = page.get_by_role("slider", name="Place in the piece")
    expect(stage).to_be_visible()
    page.get_by_role("link", name="bar 16").click()
    assert at(page) == pytest.approx(15 * BAR, abs=0.05)
    assert stage.evaluate("e => document.activeElement === e && e.scrollLeft > 100")
    assert "#" not in page.url


def test_one_thing_sounds_at_a_time(page: Page, hall: Hall) -> None:
    page.goto(hall.pages["music-gallery"])
    first, second = (page.locator("[data-listen]").nth(place) for place in (0, 1))
    expect(first).to_be_visible()
    first.click()
    holds(page, "document.querySelectorAll('.work audio')[0].currentTime > 0.2")
    expect(first).to_have_attribute("aria-pressed", "true")
    second.click()
    holds(page, "document.querySelectorAll('.work audio')[1].currentTime > 0.2")
    expect(first).to_have_attribute("aria-pressed", "false")
    playing = page.evaluate("[...document.querySelectorAll('audio')].filter(a => !a.paused).length")
    assert playing == 1
    second.click()
    assert page.evaluate("[...document.querySelectorAll('audio')].every(a => a.paused)")
    assert page.url.endswith("/gallery"), "the button does not follow the link of the work"


def test_the_server_is_asked_for_ranges(page: Page, hall: Hall) -> None:
    answers: list[tuple[int, str]] = []
    page.on("response", lambda r: answers.append((r.status, r.headers.get("content-type", ""))))
    page.goto(hall.pages["music-work"])
    page.get_by_role("slider", name="Place in the piece").click(position={"x": 600, "y": 60})
    holds(page, "document.querySelector('.player audio').readyState >= 2")
    sound = [status for status, kind in answers if kind.startswith("audio/")]
    assert sound and set(sound) == {206}


def test_a_training_goes_on_while_one_listens(page: Page, hall: Hall) -> None:
    page.goto(hall.pages["music-training"])
    page.get_by_role("button", name="Play", exact=True).click()
    holds(page, "document.querySelector('#j-film .player audio').currentTime > 0.3")
    page.wait_for_timeout(2500)
    assert not page.locator("#j-film .player audio").evaluate("e => e.paused")
    expect(page.locator("#j-film")).to_contain_text("step 1200")


def test_without_javascript_the_sound_can_be_heard_and_the_roll_be_seen(browser: Browser, hall: Hall) -> None:
    context = browser.new_context(base_url=hall.web.address, java_script_enabled=False)
    page = context.new_page()
    page.goto(hall.pages["music-work"])
    expect(page.locator(".player audio")).to_be_visible()
    expect(page.locator(".player .still")).to_be_visible()
    for hidden in (".stage", ".play", ".keys", ".lost"):
        expect(page.locator(f".player {hidden}")).to_be_hidden()
    page.goto(hall.pages["music-gallery"])
    expect(page.locator(".work audio").first).to_be_visible()
    expect(page.locator("[data-listen]").first).to_be_hidden()
    context.close()


def test_what_cannot_be_fetched_is_told_and_the_sound_stays(browser: Browser, hall: Hall) -> None:
    context = browser.new_context(base_url=hall.web.address)
    page = context.new_page()
    page.goto(hall.pages["music-work"])
    address = page.locator(".player").get_attribute("data-notes") or ""
    page.route(f"**{address}", lambda route: route.fulfill(status=200, body="<p>not notes</p>"))
    page.reload()
    expect(page.locator(".lost")).to_be_visible()
    expect(page.locator(".player .still")).to_be_visible()
    page.get_by_role("button", name="Play", exact=True).click()
    holds(page, "document.querySelector('.player audio').currentTime > 0.2")
    context.close()


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_every_page_of_music_looks_right(browser: Browser, hall: Hall, screenshots: Path, width: str) -> None:
    context = browser.new_context(
        base_url=hall.web.address, viewport={"width": WIDTHS[width], "height": 900}, device_scale_factor=2
    )
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    found: dict[str, object] = {}
    for name, path in hall.pages.items():
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            if scheme == "light":
                page.goto(path)
                page.wait_for_load_state("networkidle" if name != "music-training" else "load")
                if page.locator(".stage").count():
                    expect(page.locator(".stage").first).to_be_visible()
            looks = page.evaluate(LOOKS)
            looks["heavy"] = looks["bytes"] if looks.pop("bytes") > MOST_BYTES else 0
            found |= {f"{name}, {scheme}: {fault}": value for fault, value in looks.items() if value}
            page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
    context.close()
    assert found == {} and faults == []


def test_the_roll_is_sharp_and_changes_with_the_theme(browser: Browser, hall: Hall) -> None:
    context = browser.new_context(
        base_url=hall.web.address,
        color_scheme="light",
        device_scale_factor=3,
        viewport={"width": 800, "height": 700},
    )
    page = context.new_page()
    page.goto(hall.pages["music-work"])
    stage = page.locator(".stage")
    expect(stage).to_be_visible()
    sizes = stage.locator("canvas").evaluate("e => [e.width, e.clientWidth]")
    assert sizes[0] == pytest.approx(3 * sizes[1], abs=2)
    light = drawn(stage)
    page.locator("#theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.wait_for_timeout(100)
    assert moved(light, drawn(stage))
    page.set_viewport_size({"width": 500, "height": 700})
    page.wait_for_timeout(200)
    narrow = stage.locator("canvas").evaluate(
        "e => [e.clientWidth, e.parentElement.parentElement.clientWidth]"
    )
    assert narrow[0] == narrow[1], "it is drawn anew for another width"
    context.close()
