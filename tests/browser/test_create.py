"""From the first page to a picture, as a person does it."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.links import follow_link
from tests.e2e.stack import Stack

pytestmark = pytest.mark.browser

PATIENCE_MS = 90_000
#: Without a model the page opens with the newest, which another file's tests may have trained.
FORM = "/?model=edo-prints"


def make(page: Page, seed: int) -> None:
    """Fill the form of the starter painter and submit it."""
    page.goto(FORM)
    page.locator("input[name=seed]").fill(str(seed))
    page.get_by_role("button", name="Make pictures").click()
    expect(page.locator("figure", has_text=f"seed {seed}").first).to_be_visible(timeout=PATIENCE_MS)


def test_a_submitted_form_shows_a_picture_in_place(page: Page, stack: Stack, screenshots: Path) -> None:
    make(page, 4101)
    picture = page.locator("figure", has_text="seed 4101").first.locator("img")
    source = picture.get_attribute("src") or ""
    assert picture.get_attribute("alt")
    answer = page.request.get(source)
    with Image.open(io.BytesIO(answer.body())) as image:
        assert image.width >= 32
        assert len(image.convert("RGB").getcolors(1 << 16) or []) > 100
    page.screenshot(path=screenshots / "created.png")


def test_the_job_page_tells_the_same_after_a_reload(page: Page) -> None:
    make(page, 4201)
    follow_link(page.get_by_role("link", name="details").first)
    expect(page).to_have_url(re.compile(r"/jobs/"))
    before = page.locator("main").inner_text()
    assert "4201" in before or "Edo prints" in before
    page.reload()
    works = page.locator("main figure img")
    expect(works.first).to_be_visible()
    assert page.locator("main h1, main h2").first.inner_text() in before


def test_a_wrong_number_is_refused_beside_its_field(page: Page, stack: Stack) -> None:
    before = len(stack.get("/v1/jobs", limit=100)["results"])
    page.goto(FORM)
    page.evaluate("document.querySelectorAll('form').forEach(form => form.noValidate = true)")
    page.locator("input[name=seed]").fill("99999999999")
    page.get_by_role("button", name="Make pictures").click()
    field = page.locator("input[name=seed]")
    expect(field).to_have_attribute("aria-invalid", "true", timeout=PATIENCE_MS)
    assert len(stack.get("/v1/jobs", limit=100)["results"]) == before


def test_the_main_path_needs_no_javascript(browser: Browser, stack: Stack) -> None:
    context = browser.new_context(base_url=stack.address, java_script_enabled=False)
    page = context.new_page()
    page.goto(FORM)
    page.locator("input[name=seed]").fill("4301")
    page.get_by_role("button", name="Make pictures").click()
    expect(page).to_have_url(re.compile(r"/jobs/"))
    expect(page.locator("main figure img").first).to_be_visible(timeout=PATIENCE_MS)
    context.close()


def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.getAttribute('href')")
    assert focused is not None and focused.startswith("#")
