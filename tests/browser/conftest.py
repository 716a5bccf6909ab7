"""Headless Chromium in front of a whole running Atelier; skipped where there is no Chromium."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.stack import Stack, until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
#: A busy machine is slow to navigate and to upload; what is expected ends the wait.
expect.set_options(timeout=30_000)
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for this package: what runs after it has the machine to itself again."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on PATH")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="package")
def stack(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A fresh Atelier with its starter pack, as a newcomer meets it."""
    started = Stack(tmp_path_factory.mktemp("browser") / "home")
    try:
        until(lambda: {"collection", "painting_gan"} <= started.families())
        until(started.starter_installed)
        yield started
    finally:
        assert started.stop() == 0, started.log()


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A fresh page; whatever the console calls an error, and a request that fails, fails the test."""
    context = browser.new_context(base_url=stack.address, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    # A form that is refused answers 422, which Chromium reports on the console: that is in order.
    assert [fault for fault in faults if "422" not in fault] == []


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages go: ATELIER_SCREENSHOTS, or a temporary folder."""
    folder = Path(os.environ.get("ATELIER_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
