"""A person hands a file of their own to a job: the chooser beside the works, with JavaScript and without."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, Route, expect
from werkzeug.serving import make_server

from shared import files, jobs
from shared.migrate import OWNER
from shared.settings import Settings
from tests.browser.waiting import wait_for
from tests.unit.web.music import Musicians, midi
from tests.unit.web.pictures import png
from web.app import create_app
from web.context import Services

pytestmark = pytest.mark.browser

LOOKS = (Path(__file__).parent / "looks.js").read_text()


def payload(name: str, data: bytes) -> FilePayload:
    """A file as a person picks it."""
    return {"name": name, "mimeType": "audio/midi", "buffer": data}


MIDI = payload("my melody.mid", midi())
PICTURE = payload("my melody.mid", png())


class Studio:
    """A web over a studio of musicians, in a thread of this process; nobody takes its jobs."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        parts: Services = self.app.extensions["atelier"]
        self.db = parts.db
        musicians = Musicians(parts.db, parts.store)
        musicians.announce()
        musicians.worker()
        songs = musicians.songbook()
        first, second = musicians.ensemble(), musicians.ensemble("Fugues", "fugues")
        self.version = musicians.learned(first, songs)
        other = musicians.learned(second, songs)
        self.pieces = musicians.perform(first, self.version, count=9)
        (self.far,) = musicians.perform(second, other, seed=77)
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def queued(self) -> list[dict[str, Any]]:
        """The inputs of the jobs that wait, the newest first."""
        rows = jobs.list_page(self.db, OWNER, lanes=("interactive",))
        return [job.input for job in rows if not job.finished]

    def name_of(self, identifier: str) -> str:
        """What a file is called."""
        return files.get_artifact(self.db, identifier).name

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.app.extensions["atelier"].hub.stop()
        self.db.engine.dispose()


@pytest.fixture
def studio(browser: Browser, settings_for: Callable[..., Settings]) -> Iterator[Studio]:
    started = Studio(settings_for())
    yield started
    started.close()


@pytest.fixture
def page(browser: Browser, studio: Studio) -> Iterator[Page]:
    """The form that continues a piece; whatever the console calls an error fails the test."""
    context = browser.new_context(base_url=studio.address, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto("/?model=chorales&operation=continue")
    yield opened
    context.close()
    assert [fault for fault in faults if "422" not in fault and "ERR_FAILED" not in fault] == []


def field(page: Page) -> Locator:
    return page.locator(".field", has=page.locator("#field-parent-label"))


def choose(page: Page, file: FilePayload) -> None:
    page.locator("#field-parent-file").set_input_files(files=[file])


def press(page: Page) -> None:
    page.get_by_role("button", name="Continue").click()


def test_a_file_is_sent_at_once_and_then_is_one_of_the_works(
    page: Page, studio: Studio, screenshots: Path
) -> None:
    choose(page, MIDI)
    mine = field(page).get_by_role("radio", checked=True)
    expect(mine).to_have_count(1)
    expect(field(page).locator("label.own")).to_have_text("my melody.mid")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=screenshots / f"chosen-{width}.png", full_page=True)
    press(page)
    expect(page.locator("#making .batch")).to_be_visible()
    (given,) = studio.queued()
    assert studio.name_of(given["parent"]) == "my melody.mid"


def test_a_work_chosen_after_a_file_is_what_counts(page: Page, studio: Studio) -> None:
    choose(page, MIDI)
    expect(field(page).locator("label.own")).to_be_visible()
    field(page).locator(f'input[value="{studio.far}"]').check()
    expect(page.locator("#field-parent-file")).to_have_value("")
    press(page)
    expect(page.locator("#making .batch")).to_be_visible()
    assert studio.queued()[0]["parent"] == studio.far


def test_another_file_takes_the_place_of_the_first(page: Page, studio: Studio) -> None:
    choose(page, MIDI)
    expect(field(page).locator("label.own")).to_have_text("my melody.mid")
    choose(page, payload("another.mid", midi()))
    expect(field(page).locator("label.own")).to_have_text("another.mid")
    expect(field(page).get_by_role("radio", checked=True)).to_have_count(1)


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (PICTURE, "my melody.mid is PNG"),
        (payload("my melody.mid", b"words"), "my melody.mid is no MIDI file"),
    ],
    ids=["another type", "none at all"],
)
def test_a_file_that_is_refused_is_told_beside_its_field(
    page: Page, studio: Studio, screenshots: Path, file: FilePayload, told: str
) -> None:
    choose(page, file)
    expect(field(page).locator("[data-error]")).to_contain_text(told)
    expect(page.locator("#field-parent-file")).to_have_attribute("aria-invalid", "true")
    expect(field(page).get_by_role("radio", checked=True)).to_have_count(0)
    page.screenshot(path=screenshots / "refused-file.png")
    press(page)
    expect(field(page).locator("[data-error]")).to_contain_text("missing")
    assert studio.queued() == []


def hold(page: Page) -> list[Route]:
    """Files on their way stay there; gives the list of them."""
    held: list[Route] = []
    page.route(re.compile("/v1/files"), lambda route: held.append(route))
    return held


def press_while_a_file_is_on_its_way(page: Page, studio: Studio) -> Route:
    """Give the file's request after the form was sent and nothing happened."""
    held = hold(page)
    choose(page, MIDI)
    expect(field(page).locator("progress")).to_be_visible()
    press(page)
    expect(page.locator("#make .btn")).to_be_disabled()
    page.wait_for_timeout(300)
    wait_for(page, lambda: held, "the file's request")
    assert studio.queued() == []
    (route,) = held
    return route


def test_a_form_sent_too_early_waits_for_its_file(page: Page, studio: Studio) -> None:
    press_while_a_file_is_on_its_way(page, studio).continue_()
    expect(page.locator("#making .batch")).to_be_visible()
    assert studio.name_of(studio.queued()[0]["parent"]) == "my melody.mid"


def test_a_form_whose_file_is_lost_on_the_way_is_not_sent(page: Page, studio: Studio) -> None:
    page.locator(f'input[value="{studio.far}"]').check()
    press_while_a_file_is_on_its_way(page, studio).abort()
    expect(field(page).locator("[data-error]")).to_contain_text("connection")
    expect(page.locator("#make .btn")).to_be_enabled()
    assert studio.queued() == []
    press(page)
    expect(page.locator("#making .batch")).to_be_visible()
    assert studio.queued()[0]["parent"] == studio.far


def test_a_work_that_the_address_names_is_in_sight(page: Page, studio: Studio) -> None:
    page.goto(f"/?model=chorales&operation=continue&parent={studio.far}")
    chosen = field(page).locator("label", has=page.locator("input:checked"))
    expect(chosen).to_be_visible()
    picker = field(page).locator(".picker")
    inner, outer = chosen.bounding_box(), picker.bounding_box()
    assert inner is not None and outer is not None
    assert outer["y"] <= inner["y"] and inner["y"] + inner["height"] <= outer["y"] + outer["height"]


def test_a_file_goes_with_the_form_without_javascript(
    browser: Browser, studio: Studio, screenshots: Path
) -> None:
    context = browser.new_context(base_url=studio.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/?model=chorales&operation=continue")
    choose(page, PICTURE)
    press(page)
    expect(field(page).locator("[data-error]")).to_contain_text("my melody.mid is PNG")
    choose(page, MIDI)
    page.locator("#field-seed").fill("99999999999")
    press(page)
    expect(page.locator('[data-error="seed"]')).to_be_visible()
    expect(field(page).locator("label.file")).to_have_text("my melody.mid")
    page.screenshot(path=screenshots / "kept-file.png", full_page=True)
    page.locator("#field-seed").fill("5")
    press(page)
    expect(page).to_have_url(re.compile(r"/jobs/"))
    context.close()
    (given,) = studio.queued()
    assert given["seed"] == 5 and studio.name_of(given["parent"]) == "my melody.mid"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_chooser_looks_in_order(page: Page, studio: Studio, screenshots: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"/?model=chorales&operation=continue&parent={studio.far}")
        looks = page.evaluate(LOOKS)
        assert looks.pop("bytes") <= 60_000
        assert {fault: told for fault, told in looks.items() if told} == {}
        page.screenshot(path=screenshots / f"chooser-{width}-{scheme}.png", full_page=True)
