"""From a data set's page to a model's page: a training started, watched and stopped by hand."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.links import follow_link
from tests.browser.test_looks import LOOKS
from tests.browser.test_pages import WIDTHS
from tests.browser.waiting import wait_for
from tests.e2e.stack import Stack, paintings, until
from tests.hostile.zips import zipped

pytestmark = pytest.mark.browser

PATIENCE_MS = 180_000
#: Far more than the test waits for: it is ended by hand.
KIMG = "50"


@pytest.fixture
def dataset(stack: Stack) -> str:
    """The address of a small data set."""
    answer = stack.upload("Twenty works", ("works.zip", zipped(paintings(20))))
    return f"/datasets/{stack.succeed(answer.json())['output']['dataset']}"


def start(page: Page, dataset: str) -> None:
    """Fill the form that the data set leads to, and send it."""
    page.goto(dataset)
    follow_link(page.get_by_role("link", name=re.compile("Train a painter")))
    page.locator("#title").fill("Grown by hand")
    page.locator("#field-resolution").select_option("32")
    page.get_by_text("Advanced", exact=True).click()
    for name, value in (("kimg", KIMG), ("batch", "8"), ("width", "0.125"), ("snapshot_kimg", "0.04")):
        page.locator(f"#field-{name}").fill(value)
    expect(page.locator("#estimate")).to_contain_text("50.0 thousand pictures")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/jobs/**")


def test_a_training_is_watched_and_stopped_and_its_best_is_a_model(
    page: Page, stack: Stack, dataset: str, screenshots: Path
) -> None:
    start(page, dataset)
    job = page.url.rsplit("/", 1)[-1]
    try:
        page.evaluate("window.sameVisit = true")
        expect(page.locator("#film")).to_be_visible(timeout=PATIENCE_MS)
        first = page.locator("#film").get_attribute("src")
        expect(page.locator("#film")).not_to_have_attribute("src", first or "", timeout=PATIENCE_MS)
        expect(page.locator("#film-label")).to_contain_text("kimg")
        assert page.locator("#film").evaluate("e => e.decode().then(() => e.naturalWidth)") >= 64
        assert page.evaluate("window.sameVisit"), "it grew without a reload"
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            for width, pixels in WIDTHS.items():
                page.set_viewport_size({"width": pixels, "height": 900})
                page.screenshot(path=screenshots / f"training-{width}-{scheme}.png", full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth") <= pixels
            assert page.evaluate(LOOKS)["faint"] == []
        # Pressed for longer than the page goes without being redrawn.
        page.get_by_role("button", name="Stop and keep the best").click(delay=2500)
        expect(page.locator("#j-version")).to_be_visible(timeout=PATIENCE_MS)
    finally:
        stack.post(f"/v1/trainings/{job}/cancel")
        until(lambda: stack.get(f"/v1/jobs/{job}")["completed_at"])
    follow_link(page.get_by_role("link", name="Model card"))
    expect(page.locator("h1")).to_have_text("Grown by hand")
    assert page.locator(".hero .work img").first.evaluate("e => e.decode().then(() => e.naturalWidth)") >= 64
    follow_link(page.get_by_role("link", name="its training: film and figures"))
    expect(page.locator("#j-head .chip")).to_have_text("done")


def test_an_estimate_that_was_overtaken_is_not_shown(page: Page, dataset: str) -> None:
    held: list[Route] = []
    page.goto(f"{dataset}/train")
    page.get_by_text("Advanced", exact=True).click()
    page.route(re.compile(r"[?&]part=1"), lambda route: held.append(route))
    for number, kimg in enumerate(("20", "40"), start=1):
        page.locator("#field-kimg").fill(kimg)
        wait_for(page, lambda wanted=number: len(held) == wanted, f"request {number}")  # type: ignore[misc]
    held[1].continue_()
    expect(page.locator("#estimate")).to_contain_text("40.0 thousand pictures")
    with page.expect_response(re.compile(r"kimg=20\b")):
        held[0].continue_()
    page.wait_for_timeout(300)
    expect(page.locator("#estimate")).to_contain_text("40.0 thousand pictures")


def test_a_model_without_a_name_is_refused_beside_the_field(page: Page, stack: Stack, dataset: str) -> None:
    before = len(stack.get("/v1/jobs", limit=100)["results"])
    page.goto(f"{dataset}/train")
    page.locator("#title").fill("")
    page.get_by_role("button", name="Start training").click()
    expect(page.locator("#title-error")).to_contain_text("1 to 100 characters")
    assert page.evaluate("document.activeElement.id") == "title"
    assert len(stack.get("/v1/jobs", limit=100)["results"]) == before
