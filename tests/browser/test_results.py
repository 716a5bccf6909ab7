"""On from a result: its file with the recipe inside, and variations of it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.links import follow_link
from tests.browser.test_create import FORM, PATIENCE_MS, make
from tests.e2e.stack import recipe_in

pytestmark = pytest.mark.browser


def sources(page: Page) -> list[str]:
    """The addresses of the pictures that a job's page shows."""
    return [image.get_attribute("src") or "" for image in page.locator("#j-works img").all()]


def test_a_result_is_downloaded_with_its_recipe_and_varied(page: Page) -> None:
    make(page, 4401)
    follow_link(page.locator("#making").get_by_role("link", name="details"))
    expect(page.locator("#j-works img")).to_have_count(4)
    shown = sources(page)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download 2").click()
    recipe = recipe_in(Path(waiting.value.path()).read_bytes())
    assert (recipe["operation"], recipe["input"]["seed"]) == ("generate", 4402)
    page.get_by_text("Everything needed to ask for it again").click()
    expect(page.locator("#recipe")).to_contain_text('"seed": 4401')
    page.reload()
    assert sources(page) == shown

    follow_link(page.get_by_role("link", name="Variations"))
    expect(page.locator("input[name=parent]:checked")).to_have_count(1)
    parent = page.locator("input[name=parent]:checked").get_attribute("value")
    page.locator("#field-count").fill("2")
    expect(page.locator("output[for=field-count]")).to_have_text("2")
    page.get_by_role("button", name="Variations").click()
    expect(page.locator("#making figure img")).to_have_count(2, timeout=PATIENCE_MS)
    follow_link(page.locator("#making").get_by_role("link", name="details"))
    expect(page.locator("#j-recipe .lineage a")).to_have_attribute("href", re.compile(f"/works/{parent}$"))


def test_the_dice_roll_a_seed_that_is_taken(page: Page) -> None:
    page.goto(FORM)
    page.get_by_role("button", name="Roll a new seed").click()
    seed = page.locator("input[name=seed]").input_value()
    assert 0 <= int(seed) < 2**31
    page.get_by_role("button", name="Make pictures").click()
    expect(page.locator("#making figure", has_text=f"seed {seed} ")).to_be_visible(timeout=PATIENCE_MS)
