"""What a reader would stumble over, on every page in both themes and widths: see looks.js."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_pages import WIDTHS, addresses
from tests.e2e.stack import Stack
from tests.unit.web import catalog

pytestmark = pytest.mark.browser

LOOKS = (Path(__file__).parent / "looks.js").read_text()
#: HTML, CSS and JavaScript of one page as the browser parses them, before pictures.
MOST_BYTES = 60_000
#: Remembers what the content security policy kept from loading.
REFUSED = """window.refused = [];
addEventListener('securitypolicyviolation', (event) => window.refused.push(event.blockedURI));"""
#: Where the keyboard is, and whether one sees it: an outline, its own or that of what it stands for.
FOCUS = """() => {
  const here = document.activeElement;
  const outlined = (element) => element && getComputedStyle(element).outlineStyle !== 'none';
  return {
    what: here.outerHTML.slice(0, 120),
    marked: outlined(here) || outlined(here.nextElementSibling),
    submits: here.matches('#make .submit button'),
  };
}"""
#: Every text of the page, and what a screen reader or a pointer is told.
TEXTS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) found.push(walker.currentNode.textContent.trim());
  for (const name of ['aria-label', 'title', 'placeholder'])
    for (const element of document.querySelectorAll(`[${name}]`)) found.push(element.getAttribute(name));
  return [document.title.split(' · ')[0], ...found];
}"""


@pytest.fixture(scope="module")
def places(stack: Stack) -> dict[str, str]:
    """Every page's name and address, a large data set's and its training form's among them."""
    found = addresses(stack)
    rows = stack.get("/v1/datasets")["results"]
    largest = max(rows, key=lambda row: int(row["item_count"]))
    found["dataset"] = f"/datasets/{largest['id']}"
    return found | {"train": f"/datasets/{largest['id']}/train"}


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_nothing_is_faint_missing_cut_off_or_heavy(
    browser: Browser, stack: Stack, places: dict[str, str], width: str
) -> None:
    context = browser.new_context(
        base_url=stack.address, viewport={"width": WIDTHS[width], "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.add_init_script(REFUSED)
    found: dict[str, Any] = {}
    for name, path in places.items():
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            if scheme == "light":
                page.goto(path)
            looks = page.evaluate(LOOKS)
            looks["heavy"] = looks["bytes"] if looks["bytes"] > MOST_BYTES else 0
            del looks["bytes"]
            looks["refused"] = page.evaluate("window.refused")
            found |= {f"{name}, {scheme}: {fault}": value for fault, value in looks.items() if value}
    context.close()
    assert found == {}


def test_no_english_text_is_left_on_a_chinese_page(
    browser: Browser, stack: Stack, places: dict[str, str]
) -> None:
    known = {str(message.id): message.string for message in catalog.chinese() if message.id}
    english = {text for text, said in known.items() if said and said != text}
    context = browser.new_context(base_url=stack.address, locale="zh-CN")
    page = context.new_page()
    left = {}
    for name, path in places.items():
        page.goto(path)
        texts = set(page.evaluate(TEXTS))
        assert any("\u4e00" <= letter <= "\u9fff" for text in texts for letter in text), name
        left[name] = texts & english
    context.close()
    assert {name: texts for name, texts in left.items() if texts} == {}


def test_the_keyboard_reaches_the_button_and_shows_where_it_is(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.locator(".skip").evaluate("e => e.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    unmarked = []
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUS)
        if not here["marked"]:
            unmarked.append(here["what"])
        if here["submits"]:
            break
    else:
        pytest.fail("sixty Tabs did not reach the button")
    assert unmarked == []


def test_the_switch_changes_the_language_of_the_page_one_is_on(page: Page) -> None:
    page.goto("/gallery")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.wait_for_url("**/gallery")
    page.reload()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"


def test_the_check_itself_sees_what_is_wrong(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.set_content(
        '<body style="background:#fff"><p style="color:#999">faint</p><p style="color:#666">clear</p>'
        '<img src="data:image/png,broken" alt="" width="9" height="9"><div style="width:500px">wide</div>'
    )
    looks = page.evaluate(LOOKS)
    page.close()
    assert looks["faint"] == ["faint: 2.85"]
    assert len(looks["missing"]) == 1 and len(looks["cut"]) == 1
