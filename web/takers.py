"""Who can do something with a work: the versions that have an operation, and what it takes."""

from collections.abc import Collection
from dataclasses import dataclass

from shared import views
from shared.catalogue import FamilyDescription, OperationDescription
from shared.errors import NotFound
from shared.files import Artifact
from shared.library import Model, Version
from shared.media import MEDIA, MUSIC, PAINTING
from web.context import services
from web.pieces import PIECE
from web.references import Wanted, artifact_fields, usable


@dataclass(frozen=True, slots=True)
class Taker:
    """A version that can be asked; ``field`` is the input that takes the work, empty where none does.

    ``newest``: its model has none that is newer.
    """

    model: Model
    version: Version
    family: FamilyDescription
    operation: OperationDescription
    field: str
    wanted: Wanted
    newest: bool = True

    @property
    def accept(self) -> tuple[str, ...]:
        """The media types that it can begin from: those of the kind of works that it learned from."""
        known = self.version.card.get("media", self.family.media)
        return tuple(media for media in self.wanted.accept if known not in MEDIA or known == _kind(media))

    def takes(self, artifact: Artifact) -> bool:
        """Whether it can begin from this work or file."""
        return bool(self.field) and usable(artifact, self.wanted) and artifact.media_type in self.accept


def _kind(media_type: str) -> str:
    return MUSIC if media_type == PIECE else PAINTING


def takers(operation: str, asked: str = "") -> list[Taker]:
    """The newest version of every model whose family has this operation, the newest of all first.

    The version ``asked`` for by its id is among them when it has the operation, however old it is.
    """
    newest = set(views.latest_versions(services().db).values())
    found = (_taker(one, operation, one in newest) for one in newest | ({asked} if asked else set()))
    able = [one for one in found if one is not None]
    return sorted(able, key=lambda one: (-one.version.created_at, one.version.id))


def _taker(version_id: str, operation: str, newest: bool) -> Taker | None:
    """The version as one that can be asked; None when it is not here or cannot be asked for that."""
    moment = services().moment
    try:
        version = moment.version(version_id)
        family = moment.family(version.family)
        described = family.operation(operation)
    except NotFound:
        return None
    if described.needs != "version":
        return None
    fields = artifact_fields(described.input_schema)
    name = next(iter(fields), "")
    model = moment.model(version.model_id)
    return Taker(model, version, family, described, name, fields.get(name, Wanted()), newest)


def accepted_by(able: Collection[Taker]) -> tuple[str, ...]:
    """The media types that at least one of them takes."""
    return tuple(dict.fromkeys(media for one in able for media in one.accept))
