"""Analyze and Muse in headless Chromium: sliders, swatches, drops, proposals, with and without JavaScript."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from shared import jobs
from shared.jobs import Result
from tests.browser.links import follow_link
from tests.browser.salon import Salon, opened
from tests.browser.test_looks import LOOKS, MOST_BYTES, REFUSED, TEXTS
from tests.browser.test_pages import WIDTHS
from tests.unit.web import catalog
from tests.unit.web.critics import example

pytestmark = pytest.mark.browser

#: Drops a file on the element, as a person does who drags it from a folder.
DROP = """([element, name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  element.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""
#: Words of the examples that are also words of ours.
LABELS = {"calm", "dramatic", "solemn"}


@pytest.fixture(scope="module")
def salon(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Salon]:
    """A studio in which everything was looked at and asked, behind the real web server."""
    with opened(tmp_path_factory.mktemp("salon")) as made:
        yield made


@pytest.fixture
def page(browser: Browser, salon: Salon) -> Iterator[Page]:
    """A fresh page; whatever the console calls an error, and whatever fails to load, fails the test."""
    context = browser.new_context(base_url=salon.web.address, viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    made = context.new_page()
    faults: list[str] = []
    made.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: faults.append(str(error)))
    yield made
    context.close()
    assert [fault for fault in faults if "422" not in fault] == []


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_nothing_is_faint_missing_cut_off_or_heavy(
    browser: Browser, salon: Salon, screenshots: Path, width: str
) -> None:
    context = browser.new_context(
        base_url=salon.web.address, viewport={"width": WIDTHS[width], "height": 900}, reduced_motion="reduce"
    )
    made = context.new_page()
    made.add_init_script(REFUSED)
    found: dict[str, Any] = {}
    for name, path in salon.pages.items():
        made.goto(path)
        for scheme in ("light", "dark"):
            made.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            looks = made.evaluate(LOOKS)
            looks["heavy"] = looks["bytes"] if looks["bytes"] > MOST_BYTES else 0
            del looks["bytes"]
            looks["refused"] = made.evaluate("window.refused")
            found |= {f"{name}, {scheme}: {fault}": value for fault, value in looks.items() if value}
            made.screenshot(path=screenshots / f"report-{name}-{width}-{scheme}.png", full_page=True)
    context.close()
    assert found == {}


def test_no_english_text_of_ours_is_left_on_a_chinese_page(browser: Browser, salon: Salon) -> None:
    known = {str(message.id): message.string for message in catalog.chinese() if message.id}
    english = {text for text, said in known.items() if said and said != text} - LABELS
    context = browser.new_context(base_url=salon.web.address, locale="zh-CN")
    made = context.new_page()
    left = {}
    for name, path in salon.pages.items():
        made.goto(path)
        left[name] = set(made.evaluate(TEXTS)) & english
    context.close()
    assert {name: texts for name, texts in left.items() if texts} == {}


def opacity(layer: Locator) -> int:
    """How strongly a layer covers the picture, in hundredths."""
    return round(
        100 * float(layer.evaluate("e => e.classList.contains('hidden') ? 0 : getComputedStyle(e).opacity"))
    )


def test_sliders_lay_where_it_looked_over_the_picture(page: Page, salon: Salon) -> None:
    page.goto(salon.pages["picture"])
    style, theme = (
        page.get_by_label("Overlay for Style"),
        page.get_by_label("Overlay for Theme"),
    )
    first, second = page.locator("#over-1"), page.locator("#over-2")
    expect(style).to_be_visible()
    expect(page.locator(".plain-overlays")).to_be_hidden()
    assert (opacity(first), opacity(second)) == (60, 0)
    theme.focus()
    page.keyboard.press("End")
    assert (opacity(first), opacity(second)) == (0, 100), "one answer is looked at at a time"
    expect(page.locator('output[for="slide-2"]')).to_have_text("100 %")
    expect(page.locator('output[for="slide-1"]')).to_have_text("0 %")
    style.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert (opacity(first), opacity(second)) == (3, 0)
    box, over = page.locator("#layers img").first.bounding_box(), first.bounding_box()
    assert box == over, "the map lies exactly over the picture"


def test_without_javascript_the_pictures_stand_beside_each_other(browser: Browser, salon: Salon) -> None:
    context = browser.new_context(base_url=salon.web.address, java_script_enabled=False)
    plain = context.new_page()
    plain.goto(salon.pages["picture"])
    expect(plain.locator(".sliders")).to_be_hidden()
    expect(plain.locator(".plain-overlays figure")).to_have_count(2)
    expect(plain.locator(".plain-overlays .over").first).to_be_visible()
    expect(plain.locator("#over-1")).to_be_hidden()
    plain.goto(salon.pages["inspiration"])
    plain.get_by_role("button", name="Make it").first.click()
    plain.wait_for_url(re.compile(r"/jobs/\w{26}$"))
    expect(plain.get_by_role("heading", level=1)).to_contain_text("2 pictures, Edo prints")
    plain.goto("/analyze")
    plain.locator("#subject-file").set_input_files(
        {"name": "plain.jpg", "mimeType": "image/jpeg", "buffer": salon.picture}
    )
    plain.get_by_role("button", name="Analyze").click()
    plain.wait_for_url(re.compile(r"/jobs/\w{26}\?on=1$"))
    context.close()


def test_a_swatch_copies_its_colour(page: Page, salon: Salon) -> None:
    page.goto(salon.pages["picture"])
    page.get_by_role("button", name="Copy #4f5a3c").click()
    expect(page.locator(".copied")).to_have_text("#4f5a3c is copied")
    assert page.evaluate("navigator.clipboard.readText()") == "#4f5a3c"
    page.get_by_role("button", name="Copy #2c2a26").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".copied")).to_have_text("#2c2a26 is copied")


def test_a_dropped_picture_is_seen_analyzed_and_leads_on(page: Page, salon: Salon) -> None:
    page.goto("/analyze")
    # Other bytes than elsewhere: an equal request would share the result of the first.
    data = base64.b64encode(salon.picture + b"\0").decode()
    drop = page.locator(".drop")
    drop.evaluate("(element, rest) => (" + DROP + ")([element, ...rest])", ["mine.jpg", "image/jpeg", data])
    expect(page.locator(".drop img")).to_be_visible()
    own = page.locator(".picker .own input")
    expect(own).to_be_checked()
    page.get_by_role("button", name="Analyze").click()
    page.wait_for_url(re.compile(r"/jobs/\w{26}\?on=1"))
    finish(salon, page)
    page.wait_for_url("**/works/**", timeout=30_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("mine.jpg")
    follow_link(page.get_by_role("link", name="Make the opposite"))
    expect(page.locator('output[for="field-far"]')).to_have_text("1.00")
    expect(page.locator(".picker .file input:checked + span")).to_have_text("mine.jpg")
    page.get_by_role("button", name="Inspire me").click()
    page.wait_for_url(re.compile(r"/jobs/\w{26}\?on=1"))


def finish(salon: Salon, page: Page) -> None:
    """End the job that the page shows as a worker does: with a report."""
    wanted = page.url.split("/jobs/")[1].split("?")[0]
    studio = salon.studio
    job = studio.claim("interactive")
    while job.id != wanted:
        jobs.succeed(studio.db, [(job.lease, Result({}))])
        job = studio.claim("interactive")
    told = json.dumps(example("picture_analysis") | {"title": ""}).encode()
    meta = {"kind": "picture_analysis"}
    files = (
        studio.file("output", "analysis.json", told, "application/json", meta=meta),
        studio.file("picture", "picture.webp", studio.shown, "image/webp", width=768, height=768),
        studio.file("thumbnail", "small.webp", studio.shown, "image/webp", width=384, height=384),
    )
    jobs.succeed(studio.db, [(job.lease, Result({}, files))])


def test_one_click_makes_what_the_muse_proposed(page: Page, salon: Salon) -> None:
    page.goto(salon.pages["inspiration"])
    page.get_by_role("button", name="Make it").nth(1).click()
    page.wait_for_url(re.compile(r"/jobs/\w{26}$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("4 pictures, Edo prints")
    page.go_back()
    expect(page.get_by_role("button", name="Make it").nth(2)).to_be_disabled()


def test_every_control_is_reached_by_the_keyboard_and_seen(page: Page, salon: Salon) -> None:
    page.goto(salon.pages["picture"])
    names: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "() => { const e = document.activeElement; return [e.id || e.textContent.trim().slice(0, 40),"
            " getComputedStyle(e).outlineStyle, e === document.body]; }"
        )
        if here[2]:
            break
        assert here[1] != "none", here
        names.append(here[0])
    for wanted in ("slide-1", "slide-2", "Make something like this", "#c7a14a"):
        assert wanted in names, (wanted, names)


def test_an_error_stands_beside_the_field_and_the_file_is_kept(page: Page, salon: Salon) -> None:
    page.goto("/analyze")
    page.locator("#subject-file").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture, only words"}
    )
    expect(page.locator("#subject-error")).to_contain_text("notes.txt")
    page.goto("/analyze")
    page.get_by_role("button", name="Analyze").click()
    expect(page.locator("#subject-error")).to_have_text("Choose a picture or a tune first.")
