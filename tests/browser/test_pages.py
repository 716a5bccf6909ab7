"""Every page in light and dark, wide and on a phone: nothing broken, nothing cut off."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.stack import Stack

pytestmark = pytest.mark.browser

PAGES = ("/", "/gallery", "/jobs", "/datasets", "/models", "/workers", "/nothing-here")
WIDTHS = {"wide": 1280, "phone": 390}


def addresses(stack: Stack) -> dict[str, str]:
    """Every page's name and address, those of single things among them."""
    found = {path.strip("/") or "create": path for path in PAGES}
    # By name: what comes first is what another file's tests have trained last.
    found["model"] = "/models/atelier/edo-prints"
    found["dataset"] = f"/datasets/{stack.get('/v1/datasets')['results'][0]['id']}"
    job = stack.submit("/v1/models/atelier/edo-prints/predictions", {"input": {"seed": 77, "count": 1}})
    stack.succeed(job)
    found["job"] = f"/jobs/{job['id']}"
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_every_page_is_whole(
    browser: Browser, stack: Stack, screenshots: Path, scheme: str, width: str
) -> None:
    context = browser.new_context(
        base_url=stack.address,
        viewport={"width": WIDTHS[width], "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    for name, path in addresses(stack).items():
        page.goto(path)
        page.wait_for_load_state("load")
        page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width], (name, width)
        assert page.evaluate("[...document.images].filter(i => !i.hasAttribute('alt')).length") == 0, name
        assert page.title()
    context.close()
    assert [fault for fault in faults if "404" not in fault] == []


def test_the_theme_follows_the_person(browser: Browser, stack: Stack) -> None:
    paper = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(base_url=stack.address, color_scheme=scheme)
        page = context.new_page()
        page.goto("/")
        paper[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        context.close()
    assert paper["light"] != paper["dark"]


def test_the_pages_speak_chinese(browser: Browser, stack: Stack) -> None:
    context = browser.new_context(base_url=stack.address, locale="zh-CN")
    page = context.new_page()
    for path in ("/", "/gallery", "/jobs", "/datasets", "/models", "/workers"):
        page.goto(path)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in page.locator("main").inner_text()), path
        assert (page.locator("html").get_attribute("lang") or "").startswith("zh")
    context.close()


def test_a_zip_dropped_on_the_page_becomes_a_data_set(page: Page, stack: Stack, tmp_path: Path) -> None:
    from tests.e2e.stack import paintings
    from tests.hostile.zips import zipped

    archive = tmp_path / "works.zip"
    archive.write_bytes(zipped([*paintings(12), ("broken.png", b"\x89PNG\r\n\x1a\n but no picture")]))
    page.goto("/datasets")
    page.locator("input[name=name]").fill("From the page")
    page.locator("input[type=file]").set_input_files(archive)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/jobs/**", timeout=60_000)
    job = page.url.rsplit("/", 1)[-1].split("?")[0]
    done = stack.succeed({"id": job})
    page.goto(f"/datasets/{done['output']['dataset']}")
    text = page.locator("main").inner_text()
    assert "From the page" in text and "broken.png" in page.content()
