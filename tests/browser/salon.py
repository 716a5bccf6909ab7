"""A web that serves a studio with an analyser and a muse over real paintings; its pages by address."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from shared.artifacts import open_store
from shared.jobs import NewArtifact
from shared.library import Model
from shared.migrate import open_database
from shared.settings import load_settings
from tests.e2e.stack import paintings
from tests.support.web import WebProcess
from tests.unit.web.critics import Critics, example
from tests.unit.web.music import tone


@dataclass(frozen=True)
class Salon:
    """The web, the studio behind it, its pages by name, and a picture that is in none of them."""

    web: WebProcess
    studio: Critics
    pages: dict[str, str]
    picture: bytes


def webp(image: Image.Image, side: int = 1024) -> bytes:
    """A picture as analysers store it."""
    small = image.copy()
    small.thumbnail((side, side))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=88)
    return out.getvalue()


def heat(size: tuple[int, int], x: float, y: float) -> bytes:
    """A map of where an analyser looked: warm around (x, y), clear elsewhere."""
    mask = Image.new("L", size, 0)
    radius = min(size) * 0.28
    middle = x * size[0], y * size[1]
    ImageDraw.Draw(mask).ellipse(
        (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius), fill=220
    )
    warm = Image.new("RGB", size, (214, 72, 30))
    warm.putalpha(mask.filter(ImageFilter.GaussianBlur(radius / 2)))
    out = io.BytesIO()
    warm.save(out, "PNG")
    return out.getvalue()


@contextmanager
def opened(home: Path) -> Iterator[Salon]:
    """The studio behind the real web server, until the block ends."""
    settings = load_settings(home=home, database_url=f"sqlite:///{home / 'atelier.db'}", sweep_seconds=5.0)
    db = open_database(settings)
    works = [data for _, data in paintings(28)]
    studio = Critics(db, open_store(settings.store_url), works)
    image = Image.open(io.BytesIO(works[24])).convert("RGB").resize((768, 768), Image.Resampling.LANCZOS)
    studio.shown, studio.sound = webp(image), tone(6.0)
    studio.announce()
    studio.worker()
    pages = fill(studio, image)
    web = WebProcess(settings, home / "web.log")
    try:
        yield Salon(web, studio, pages, works[21])
    finally:
        web.close()
        db.engine.dispose()


def fill(studio: Critics, image: Image.Image) -> dict[str, str]:
    """Everything that can be looked at; the addresses of the pages."""
    labels = {"style": {"works": 12, "distinct": 2, "values": {"ukiyo_e": 10, "baroque": 2}}}
    dataset = studio.dataset(report={"counts": {"kept": 12}, "labels": labels})
    painter = studio.model()
    version = studio.version(painter, dataset)
    made = studio.make(painter, version, seed=11)
    judge, judged = studio.judge(dataset)
    return {
        **_judged(studio, image, judge, judged, dataset, version, made),
        **_mused(studio, image, dataset, version, made),
        "dataset": f"/datasets/{dataset}",
        "learn": f"/datasets/{dataset}/train?family=art_cnn",
        "work": f"/works/{made[0]}",
        "models": "/models",
        "create": "/",
        "gallery": "/gallery",
    }


def _judged(
    studio: Critics,
    image: Image.Image,
    judge: Model,
    judged: str,
    dataset: str,
    version: str,
    made: Sequence[str],
) -> dict[str, str]:
    """What an analyser told: of a picture, of a data set, of a model."""
    contents = studio.contents(28)
    overlays = {
        "overlay-0": ("image/png", heat(image.size, 0.36, 0.62)),
        "overlay-1": ("image/png", heat(image.size, 0.7, 0.4)),
    }
    told = example("picture_analysis", contents) | {"size": list(image.size)}
    _, analysis = studio.told(judge, judged, "analyze", told, overlays, picture=made[0])
    table = {"table": ("text/csv", b"name,style\n")}
    _, survey = studio.told(
        judge, judged, "survey", example("picture_survey", contents), table, dataset=dataset
    )
    evaluation = example("model_evaluation", version=version)
    _, evaluated = studio.told(judge, judged, "evaluate", evaluation, maker=version)
    return {
        "analyze": f"/analyze?subject={made[1]}",
        "picture": f"/works/{analysis}",
        "survey": f"/works/{survey}",
        "evaluation": f"/works/{evaluated}",
        "judge": "/models/atelier/styles",
        "survey-form": f"/?model=styles&version={judged}&operation=survey",
    }


def _mused(
    studio: Critics, image: Image.Image, dataset: str, version: str, made: Sequence[str]
) -> dict[str, str]:
    """What a muse told: a board, advice on a picture and on a tune, a search."""
    muse, known = studio.muse(dataset)
    dark = image.point(lambda value: int(value * 0.7))
    previews = {
        "preview-0": ("image/webp", webp(dark)),
        "preview-1": ("image/webp", webp(image.crop((0, 0, 500, 768)))),
    }
    board = example("inspiration", studio.contents(28), version=version)
    _, inspired = studio.told(muse, known, "inspire", board, previews, text="river")
    _, advised = studio.told(muse, known, "advise", example("advice_picture"), previews, work=made[0])
    heard = {
        "preview-0": ("audio/midi", b"MThd"),
        "preview-0-audio": ("audio/wav", studio.sound),
        "preview-0-roll": ("image/webp", webp(image.crop((0, 0, 700, 200)))),
    }
    _, tuned = studio.told(muse, known, "advise", example("advice_music"), heard, work=made[1])
    kept = _kept(studio, version)
    found, _ = studio.told(muse, known, "until", example("until"), role="report", kept=kept, maker=version)
    return {
        "muse": f"/muse?operation=inspire&work={made[2]}",
        "muse-until": "/muse?operation=until",
        "inspiration": f"/works/{inspired}",
        "advice": f"/works/{advised}",
        "advice-music": f"/works/{tuned}",
        "until": f"/jobs/{found.id}",
        "muse-card": "/models/atelier/edo-muse",
    }


def _kept(studio: Critics, version: str) -> list[NewArtifact]:
    """The works that a search kept, each with its recipe."""
    recipes = [
        {"version": version, "operation": "generate", "input": {"seed": 1000 + place, "psi": 0.7}}
        for place in range(4)
    ]
    return [
        studio.file("output", f"kept-{at}.jpg", studio.picture(), "image/jpeg", at, recipe=recipe)
        for at, recipe in enumerate(recipes)
    ]
