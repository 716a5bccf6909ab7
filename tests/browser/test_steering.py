"""By hand, from the pages: a training paused and resumed, a wait explained, a retry, a worker drained."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_looks import LOOKS
from tests.browser.test_pages import WIDTHS
from tests.browser.test_training import PATIENCE_MS
from tests.e2e.stack import Document, Stack, paintings, until
from tests.hostile.zips import zipped

pytestmark = pytest.mark.browser

#: Longer than the page waits before it looks again at a job that waits.
TYPING_MS = 4000
Look = Callable[[Page, str], None]


@pytest.fixture
def look(screenshots: Path) -> Look:
    """Pictures of the page that is shown, in both themes and widths: nothing faint, cut off or missing."""

    def take(page: Page, name: str) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            for width, pixels in WIDTHS.items():
                page.set_viewport_size({"width": pixels, "height": 900})
                page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
                looks = page.evaluate(LOOKS)
                assert (looks["faint"], looks["cut"], looks["missing"]) == ([], [], []), (name, width, scheme)
        page.set_viewport_size({"width": WIDTHS["wide"], "height": 900})

    return take


@pytest.fixture
def trainings(stack: Stack) -> Iterator[list[Document]]:
    """A long training that runs and one that waits behind it; both are ended afterwards."""
    answer = stack.upload("To wait for", ("works.zip", zipped(paintings(20))))
    dataset = stack.succeed(answer.json())["output"]["dataset"]
    given = {"dataset": dataset, "resolution": 32, "kimg": 1000, "batch": 8, "width": 0.125}
    body = {"family": "painting_gan", "destination": "atelier/waited-for"}
    found = [stack.submit("/v1/trainings", body | {"input": given | {"seed": seed}}) for seed in (1, 2)]
    until(lambda: stack.get(f"/v1/jobs/{found[0]['id']}")["progress"]["fraction"])
    yield found
    for job in reversed(found):
        stack.post(f"/v1/jobs/{job['id']}/cancel")
    for job in found:
        stack.finish(job)


def test_a_training_is_paused_and_resumed_and_who_waits_is_told_why(
    page: Page, stack: Stack, trainings: list[Document], look: Look
) -> None:
    first, second = (f"/jobs/{job['id']}" for job in trainings)
    page.goto(second)
    expect(page.locator("#j-wait")).to_contain_text("it runs already")
    expect(page.locator("#j-wait a")).to_have_attribute("href", first)
    expect(page.locator("#j-head .lede")).to_contain_text("1st in line")
    look(page, "waiting")
    page.get_by_label("Priority").fill("-3")
    page.wait_for_timeout(TYPING_MS)
    expect(page.get_by_label("Priority")).to_have_value("-3")
    page.get_by_role("button", name="Set").click()
    expect(page.locator("#j-story")).to_contain_text("Its priority is now -3")
    page.goto("/jobs")
    look(page, "jobs-waiting")

    page.goto(first)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#j-head .chip").first).to_have_text("paused", timeout=PATIENCE_MS)
    expect(page.locator("#j-story")).to_contain_text("handed back: you paused it")
    look(page, "paused")
    page.goto("/jobs")
    expect(page.locator("#counts")).to_contain_text("1 paused")
    page.goto(second)
    expect(page.locator("#j-head .chip").first).to_have_text("working", timeout=PATIENCE_MS)

    # No more urgent than the one that runs: it would make room at once.
    stack.post(f"/v1/jobs/{trainings[0]['id']}/priority", {"priority": -3}).raise_for_status()
    page.goto(first)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#j-wait")).to_contain_text("it runs already")
    page.evaluate("window.sameVisit = true")
    page.request.post(f"/v1/jobs/{trainings[1]['id']}/cancel")
    expect(page.locator("#j-head .chip").first).to_have_text("working", timeout=PATIENCE_MS)
    expect(page.locator("#j-wait")).to_have_count(0)
    expect(page.locator("#j-story")).to_contain_text("Resumed exactly", timeout=PATIENCE_MS)
    assert page.evaluate("window.sameVisit"), "it was told without a reload"


def test_a_canceled_training_is_tried_again(
    page: Page, stack: Stack, trainings: list[Document], look: Look
) -> None:
    waiting = trainings[1]
    page.goto(f"/jobs/{waiting['id']}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#j-head .chip")).to_have_text("canceled")
    look(page, "canceled")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url(lambda url: waiting["id"] not in url)
    again = page.url.rsplit("/", 1)[-1]
    try:
        expect(page.locator("#j-recipe")).to_contain_text(waiting["id"])
        assert stack.get(f"/v1/jobs/{again}")["retried_from"] == waiting["id"]
    finally:
        stack.post(f"/v1/jobs/{again}/cancel")


def test_a_failed_upload_says_what_to_do(page: Page, stack: Stack, look: Look) -> None:
    failed = stack.finish(stack.upload("Nothing inside", ("empty.zip", zipped({}))).json())
    page.goto(f"/jobs/{failed['id']}")
    expect(page.get_by_role("link", name="Upload again")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    expect(page.locator("#j-story")).to_contain_text(re.compile(r"failed: .+, after"))
    look(page, "failed")


def test_a_worker_is_drained_and_a_fresh_one_comes(page: Page, stack: Stack, look: Look) -> None:
    def ingesting() -> str | None:
        rows = stack.get("/v1/workers")["results"]
        return next(
            (row["id"] for row in rows if row["lanes"] == ["ingest"] and row["state"] == "idle"), None
        )

    old = until(ingesting)
    page.goto("/workers")
    page.get_by_role("button", name=f"Drain {old}").click()
    expect(page.get_by_role("button", name=f"Drain {old}")).to_have_count(0)
    expect(page.locator("main .panel", has_text="Gone")).to_contain_text(old, timeout=PATIENCE_MS)
    look(page, "workers-drained")
    until(lambda: ingesting() not in (None, old))
