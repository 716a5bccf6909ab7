"""From labelled pictures to a judge, a muse and works that fit: the whole way, by a real worker."""

import csv
import io
import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.links import follow_link
from tests.browser.planted import collection, picture, png
from tests.browser.test_looks import LOOKS, MOST_BYTES
from tests.browser.test_pages import WIDTHS
from tests.e2e.stack import Stack, until

pytestmark = pytest.mark.browser

PATIENCE_MS = 180_000
#: Pictures of each of three styles in each of two emotions.
EACH = 10
KEPT = 3
LOOKED_AT: tuple[tuple[str, Literal["light", "dark"]], ...] = (("wide", "light"), ("phone", "dark"))
JOB = re.compile(r"/jobs/(\w{26})")
WORK = re.compile(r"/works/\w{26}$")


class Walk:
    """A page on its way; what it shows is photographed, and looked at for what a reader stumbles over."""

    def __init__(self, page: Page, stack: Stack, folder: Path) -> None:
        self.page, self.stack, self.folder = page, stack, folder
        self.faults: dict[str, object] = {}

    def shown(self, name: str) -> None:
        """Photograph the page: wide by day, on a phone by night."""
        for width, scheme in LOOKED_AT:
            self.page.set_viewport_size({"width": WIDTHS[width], "height": 900})
            self.page.emulate_media(color_scheme=scheme)
            looks = self.page.evaluate(LOOKS)
            heavy = looks.pop("bytes")
            looks["heavy"] = heavy if heavy > MOST_BYTES else 0
            self.faults |= {f"{name}, {width}, {scheme}: {what}": v for what, v in looks.items() if v}
            self.page.screenshot(path=self.folder / f"way-{name}-{width}-{scheme}.png", full_page=True)
        self.page.set_viewport_size({"width": WIDTHS["wide"], "height": 900})
        self.page.emulate_media(color_scheme="light")

    def press(self, name: str) -> None:
        """Press the first button of that name."""
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def job(self) -> str:
        """The id of the job to whose page the last step led."""
        self.page.wait_for_url(JOB)
        found = JOB.search(self.page.url)
        assert found is not None
        return found[1]

    def done(self) -> str:
        """The same, once it has succeeded."""
        job = self.job()
        self.stack.succeed({"id": job})
        return job

    def report(self) -> None:
        """Wait until the job's page has gone on to what the job found."""
        self.page.wait_for_url(WORK, timeout=PATIENCE_MS)

    def read(self) -> None:
        """Open what was found beside the form, as soon as it is there."""
        found = self.page.locator("#making figure a").first
        expect(found).to_be_visible(timeout=PATIENCE_MS)
        self.shown("found")
        found.click()
        self.report()

    def advanced(self, **values: str) -> None:
        """Unfold what is folded away, and fill it in."""
        self.page.get_by_text("Advanced", exact=True).click()
        for name, value in values.items():
            field = self.page.locator(f"#field-{name}")
            if field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)


@pytest.fixture
def walk(page: Page, stack: Stack, screenshots: Path) -> Walk:
    """The way's beginning."""
    until(lambda: {"art_cnn", "muse"} <= stack.families())
    return Walk(page, stack, screenshots)


def upload(walk: Walk, folder: Path) -> str:
    """Labelled pictures become a data set whose page tells of their labels: its address."""
    page = walk.page
    archive = folder / "planted.zip"
    archive.write_bytes(collection(EACH))
    page.goto("/datasets")
    page.locator("input[name=name]").fill("Planted kinds")
    page.locator("input[type=file]").set_input_files(archive)
    walk.press("Upload")
    job = walk.done()
    dataset = walk.stack.get(f"/v1/jobs/{job}")["output"]["dataset"]
    page.goto(f"/datasets/{dataset}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Planted kinds")
    main = page.locator("main")
    expect(main).to_contain_text("60 works")
    for said in ("style", "emotion", "stripes", "fierce"):
        expect(main).to_contain_text(said)
    walk.shown("dataset")
    return f"/datasets/{dataset}"


def train(walk: Walk, dataset: str) -> None:
    """An analyser learns from the data set in seconds; its card says how well it judges."""
    page = walk.page
    page.goto(dataset)
    follow_link(page.get_by_role("link", name=re.compile("analyser")))
    page.locator("#title").fill("Judge of kinds")
    page.locator("#field-seed").fill("7")
    walk.advanced(epochs="16", network="small", pixels="64", batch="16", average="0.8", augmentation="light")
    expect(page.locator("#estimate")).to_contain_text("0.96 thousand pictures")
    walk.shown("train")
    walk.press("Start training")
    walk.done()
    expect(page.locator("#j-version")).to_be_visible(timeout=PATIENCE_MS)
    walk.shown("trained")
    follow_link(page.get_by_role("link", name="Model card"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Judge of kinds")
    main = page.locator("main")
    for said in ("Precision", "Recall", "F1", "Calibration error", "What was taken for what"):
        expect(main).to_contain_text(said)
    expect(page.get_by_role("heading", name="What it is not good for")).to_be_visible()
    expect(page.locator(".confusion")).to_have_count(2)
    expect(page.locator(".confusion").filter(has_text="rings").locator("tbody td")).to_have_count(9)
    walk.shown("card")


def analyze(walk: Walk, folder: Path) -> str:
    """A picture that nobody has seen is uploaded and looked at: the address of the analysis."""
    page = walk.page
    page.goto("/analyze")
    mine = folder / "unseen.png"
    mine.write_bytes(png(picture("rings", "fierce", 4242, 256)))
    page.locator("#subject-file").set_input_files(mine)
    expect(page.locator(".picker .own input")).to_be_checked()
    walk.shown("analyze")
    walk.press("Analyze")
    walk.report()
    expect(page.get_by_role("heading", level=1)).to_have_text("unseen.png")
    for title in ("Style", "Emotion"):
        panel = page.locator(".answers .panel").filter(has=page.get_by_role("heading", name=title))
        expect(panel.locator(".bars > *").first).to_be_visible()
    slider = page.get_by_label("Overlay for Style")
    slider.focus()
    for key, said in (("Home", "0 %"), ("ArrowRight", "1 %"), ("End", "100 %")):
        page.keyboard.press(key)
        expect(page.locator(f'output[for="{slider.get_attribute("id")}"]')).to_have_text(said)
    assert page.get_by_role("button", name=re.compile("^Copy #")).count() >= 2, "swatches that copy"
    expect(page.locator(".critique .evidence").first).to_be_attached()
    neighbours = page.locator(".near .wall img")
    assert neighbours.count() >= 3
    expect(page.locator(".near")).to_contain_text("rings")
    walk.shown("analysis")
    return page.url


def learn(walk: Walk, dataset: str) -> None:
    """A muse gets to know the data set."""
    page = walk.page
    page.goto(dataset)
    follow_link(page.get_by_role("link", name="Make a muse"))
    page.locator("#title").fill("Muse of kinds")
    walk.press("Start training")
    walk.done()
    expect(page.locator("#j-version")).to_be_visible(timeout=PATIENCE_MS)
    walk.shown("muse-trained")
    follow_link(page.get_by_role("link", name="Model card"))
    expect(page.locator("main")).to_contain_text("Planted kinds")
    walk.shown("muse-card")


def follow(walk: Walk, analysis: str) -> None:
    """From the analysis to the muse's board, and by one button to a picture."""
    page = walk.page
    page.goto(analysis)
    follow_link(page.get_by_role("link", name="Make something like this"))
    expect(page.get_by_label("Maker")).to_contain_text("Edo prints")
    walk.shown("muse")
    walk.press("Inspire me")
    walk.report()
    expect(page.get_by_role("heading", name="Near", exact=True)).to_be_visible()
    walk.shown("board")
    made = page.get_by_role("button", name="Make it")
    assert made.count() >= 2
    made.first.click()
    job = walk.job()
    expect(page.locator("#j-works img").first).to_be_visible(timeout=PATIENCE_MS)
    assert page.locator("#j-works img").first.evaluate("e => e.decode().then(() => e.naturalWidth)") >= 32
    assert walk.stack.get(f"/v1/jobs/{job}")["status"] == "succeeded"
    walk.shown("followed")


def fit(walk: Walk) -> None:
    """Works are made until three fit an easy wish: it ends early, and tells its yield."""
    page = walk.page
    page.goto("/muse?operation=until")
    page.get_by_label("Wish").fill("joyful >= 0.1, contrast > 1")
    page.get_by_label("Judge").select_option(index=1)
    page.locator("#field-keep").fill(str(KEPT))
    walk.shown("until-form")
    walk.press("Make until it fits")
    walk.done()
    expect(page.locator("#j-works img")).to_have_count(KEPT, timeout=PATIENCE_MS)
    main = page.locator("main")
    expect(main).to_contain_text("It ended early")
    expect(main).to_contain_text(re.compile(rf"{KEPT} of \d+ tries fit: a yield of \d+ ?%"))
    walk.shown("until")


def survey(walk: Walk, dataset: str) -> None:
    """The analyser judges the whole data set: a table, and the same as CSV."""
    page = walk.page
    page.goto("/models/atelier/judge-of-kinds")
    follow_link(page.get_by_role("link", name="Survey a data set"))
    page.get_by_label("Data set").select_option(dataset.rsplit("/", 1)[-1])
    walk.press("Survey a data set")
    walk.read()
    expect(page.locator("table tbody tr").first).to_be_visible()
    walk.shown("survey")
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile("CSV")).click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text("utf-8-sig"))))
    assert len(rows) == 6 * EACH
    for column, place, least in (("emotion", 1, 0.9), ("style", 0, 0.6)):
        right = sum(row[column] == row["file"].split("-")[place] for row in rows)
        assert right > least * len(rows), f"it learned the {column} that was planted"


def evaluate(walk: Walk, dataset: str) -> None:
    """What the maker makes is compared with the data set."""
    page = walk.page
    page.goto("/models/atelier/judge-of-kinds")
    follow_link(page.get_by_role("link", name="Evaluate a model"))
    page.get_by_label("Data set").select_option(dataset.rsplit("/", 1)[-1])
    page.locator("#field-pictures").fill("8")
    walk.press("Evaluate a model")
    walk.read()
    expect(page.locator("main")).to_contain_text("KID")
    walk.shown("evaluation")


def test_from_labelled_pictures_to_works_that_fit(walk: Walk, tmp_path: Path) -> None:
    dataset = upload(walk, tmp_path)
    train(walk, dataset)
    analysis = analyze(walk, tmp_path)
    learn(walk, dataset)
    follow(walk, analysis)
    fit(walk)
    survey(walk, dataset)
    evaluate(walk, dataset)
    assert walk.faults == {}
