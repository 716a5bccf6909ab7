"""Models as cards: each is shown by what it makes."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared import jobs, library, views
from shared.catalogue import FamilyDescription
from shared.datasets import get_dataset
from shared.errors import NotFound
from shared.files import Artifact
from shared.library import Model, Version
from web.context import OWNER, services
from web.pages import untaught
from web.pages.untaught import Untaught
from web.roles import makes_works
from web.words import pieces, works


@dataclass(frozen=True, slots=True)
class Card:
    """A model's card; without a version ``version_id`` is None, and ``untaught`` says how it stands.

    ``makes`` says whether its family makes works by itself. ``mosaic`` holds the ids of four works, or of
    one sheet of ``columns`` works a row.
    """

    model: Model
    version_id: str | None
    mosaic: list[str]
    columns: int
    facts: str
    makes: bool = True
    untaught: Untaught | None = None


def model_cards() -> list[Card]:
    """Every model, those that can serve first, then the newest."""
    db = services().db
    newest = views.latest_versions(db)
    samples = views.version_files(db, newest.values(), ("sample", "grid", "thumbnail"), each=4)
    models = library.list_models(db)
    without = untaught.of(model for model in models if model.id not in newest)
    cards = []
    for model in models:
        version_id = newest.get(model.id)
        version = None if version_id is None else library.get_version(db, version_id)
        mosaic, columns = show(version, samples.get(version_id or "", []))
        makes = _makes_works(model)
        if not makes or not mosaic:
            mosaic, columns = _learned_from(version) or mosaic, 0
        stands = without.get(model.id)
        told = stands.short if stands else facts(version) if version else ""
        cards.append(Card(model, version_id, mosaic, columns, told, makes, stands))
    return sorted(cards, key=lambda card: card.version_id is None)


def show(version: Version | None, files: Sequence[Artifact]) -> tuple[list[str], int]:
    """What a version is shown by: four samples, else four works it made, else a sheet and its columns.

    Of what is no picture, a piece of music, the small pictures are shown.
    """
    if version is None:
        return [], 0
    seen = [file for file in files if file.media_type.startswith("image/")]
    single = [file for file in seen if file.role != "grid" and not _columns(file, version)]
    if len(single) >= 4:
        return [file.id for file in single[:4]], 0
    made = _made(version)
    if len(made) >= 4:
        return made, 0
    for file in sorted(seen, key=lambda file: file.role != "sample"):
        columns = _columns(file, version)
        if columns:
            return [file.id], columns
    return [file.id for file in single[:1]] or made[:1], 0


def _made(version: Version) -> list[str]:
    """The small pictures of the latest new works made with a version."""
    latest = views.works_page(services().db, OWNER, version_id=version.id, operation=_makes(version), limit=4)
    shown = (
        work
        for work in latest
        if work.thumbnail_id != work.artifact.id or work.artifact.media_type.startswith("image/")
    )
    return [work.thumbnail_id for work in shown]


def _learned_from(version: Version | None) -> list[str]:
    """The small pictures of the first works of the data set that a version learned from."""
    db = services().db
    try:
        job = None if version is None or version.job_id is None else jobs.get(db, version.job_id, OWNER)
        row = None if job is None else get_dataset(db, str(job.input.get("dataset")), OWNER)
    except NotFound:
        return []
    if row is None:
        return []
    items = views.item_covers(db, [row.id], each=4).get(row.id, [])
    small = views.thumbnails(db, [row.job_id] if row.job_id else [], range(len(items)))
    return [small.get((row.job_id or "", place), item) for place, item in enumerate(items)]


def _makes_works(model: Model) -> bool:
    """Whether new works come from a model by itself; what no worker has told of counts as a maker."""
    try:
        return makes_works(services().moment.family(model.family))
    except NotFound:
        return True


def _makes(version: Version) -> str | None:
    """The operation by which new works are made with a version: the first of its family."""
    family = _family(version)
    operations = () if family is None else family.operations
    return next((operation.name for operation in operations if operation.needs == "version"), None)


def _family(version: Version) -> FamilyDescription | None:
    """What a worker said of the version's family; None while none has come that serves it."""
    try:
        return services().moment.family(version.family)
    except NotFound:
        return None


def _columns(file: Artifact, version: Version) -> int:
    """How many works a sheet has in a row; 0 for what is no sheet."""
    side = version.config.get("resolution")
    if not isinstance(side, int) or file.width is None or file.width < 2 * side:
        return 0
    return file.width // side


def facts(version: Version) -> str:
    """A line under a model's title: its resolution and what it was trained on."""
    parts = []
    resolution = version.config.get("resolution")
    if resolution is not None:
        parts.append(f"{resolution} px")
    count = _works_count(version)
    if count is not None:
        parts.append(counted(version, count))
    return " · ".join(parts) or version.id[:8]


def counted(version: Version, count: int) -> str:
    """So many of the works that a version learned from."""
    family = _family(version)
    return pieces(count) if family is not None and family.media == "music" else works(count)


def _works_count(version: Version) -> int | None:
    pictures = version.card.get("pictures")
    told = [version.card.get("works")] + ([pictures.get("train")] if isinstance(pictures, dict) else [])
    dataset = version.card.get("dataset")
    if not isinstance(dataset, dict) or any(isinstance(count, int) for count in told):
        return next((count for count in told if isinstance(count, int)), None)
    for name in ("trained_on", "pictures", "pieces", "item_count", "count"):
        if isinstance(dataset.get(name), int):
            return int(dataset[name])
    return None
