"""Following links as a person does, who is slower than a page's scripts."""

from playwright.sync_api import Locator


def follow_link(link: Locator) -> None:
    """Click, and wait until the page behind the link has loaded.

    A page's modules run before its load event. A form that is sent sooner is sent without them, and leads to
    the page of its job, as it should, instead of showing beside the form what it makes.
    """
    with link.page.expect_navigation(wait_until="load"):
        link.click()
