"""Waiting in a test for what no locator can tell."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page


def wait_for(page: Page, condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Wait until the condition holds. The page goes on meanwhile: its routes are called while one waits."""
    for _ in range(round(seconds / 0.05)):
        if condition():
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never: {what}")
