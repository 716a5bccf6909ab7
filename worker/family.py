"""The contract between Atelier and a family of models.

A family is a package with a module-level ``FAMILY: FamilySpec``. Importing that package must not import
torch: the parent process of a worker reads the description, and only a child imports the engine.

An engine implements whichever parts its operations need:

* ``Generator``: operations that turn a version and an input into files (generate, mix, analyze ...); what it
  loads may be ``Shaped``: then its passes have one size, measured once for each type of device;
* ``Teacher``: operations that train a version from a data set;
* ``Ingester``: operations that turn uploaded files into a data set.

No part writes to SQL or to the store: the worker does, once, when the work is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from shared.catalogue import FamilyDescription
from shared.errors import AtelierError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class FamilySpec:
    """What the registry finds in a family package.

    ``engine`` is ``"module:callable"``; the callable takes no argument and returns the engine. It is
    imported in the child only.
    """

    description: FamilyDescription
    engine: str


@dataclass(frozen=True)
class Product:
    """A file a family made. ``position`` pairs siblings: an output, its thumbnail and its latent share it."""

    role: str
    name: str
    media_type: str
    data: bytes
    position: int = 0
    width: int | None = None
    height: int | None = None
    recipe: dict[str, Any] | None = None
    meta: dict[str, Any] | None = None


@dataclass(frozen=True)
class Upload:
    """A file from outside, as the user named it. ``path`` may be read, never written or trusted."""

    artifact_id: str
    name: str
    media_type: str
    size: int
    path: Path


class Checkin(Protocol):
    """Given to long operations, to be called often. Raises Canceled, LeaseLost or HandBack: let it pass."""

    def __call__(self, fraction: float, detail: Mapping[str, Any] | None = None) -> None: ...


def _say_nothing(fraction: float, detail: Mapping[str, Any] | None = None) -> None:
    """Nobody asked how far it is."""


@dataclass(frozen=True)
class Request:
    """One job of a claimed batch.

    ``input`` is complete (defaults filled in, random integers chosen). ``files`` holds the bytes behind each
    artifact field, by field name; those of the fields in ``foreign`` came from outside as they are, and are
    read in a limited process only. ``datasets`` and ``companions`` hold what the fields of format dataset
    and version name. ``uploads`` is filled for ingest operations only.

    An operation that may take more than some seconds calls ``checkin`` between its parts: it tells how far
    the job is, and raises Canceled or LeaseLost when the work must stop.
    """

    job_id: str
    operation: str
    version_id: str | None
    input: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    uploads: tuple[Upload, ...] = ()
    foreign: frozenset[str] = frozenset()
    datasets: dict[str, Dataset] = field(default_factory=dict)
    companions: dict[str, Companion] = field(default_factory=dict)
    checkin: Checkin = _say_nothing


class Companion(Protocol):
    """Another version that a job may put to work, of any family: the one to be judged, or the judge.

    ``name`` is its model's title. The family of the job knows the other one by its operations alone.
    """

    @property
    def version_id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def config(self) -> Mapping[str, Any]: ...

    @property
    def card(self) -> Mapping[str, Any]: ...

    @property
    def dataset_hash(self) -> str | None:
        """The data set it was trained from, as its manifest's hash."""
        ...

    @property
    def description(self) -> FamilyDescription: ...

    def make(
        self, operation: str, inputs: Sequence[Mapping[str, Any]], files: Sequence[Mapping[str, bytes]] = ()
    ) -> list[list[Product] | AtelierError]:
        """The products of some requests made together, each completed by the operation's defaults; or the
        error of each that fails. ``files`` holds, for each, the bytes behind its artifact fields, all of
        our own making.

        Raises:
            InvalidInput: an input does not fit the operation. Others: what fails the whole batch.
        """
        ...


class Loaded(Protocol):
    """A network in memory, ready to generate. ``nbytes`` is what it measurably holds on its device."""

    @property
    def nbytes(self) -> int: ...


@runtime_checkable
class Shaped(Loaded, Protocol):
    """A network whose every pass has the same number of rows, filled up where there are fewer.

    A row's bytes may depend on how many there are, never on what they are; so with one fixed ``shape`` the
    same request gives the same bytes alone and in any batch. The worker measures at the first load of a
    version on a type of device which shape is fastest, remembers it in SQL and sets it after every load.
    Until then ``shape`` is what the family chose.
    """

    shape: int

    def shapes(self) -> Sequence[int]:
        """The shapes that may be tried on this network's device, the smallest first."""
        ...

    def rehearse(self, shape: int) -> None:
        """One pass of this shape as ``generate`` makes it; returns when the device has finished it."""
        ...


#: Turns one part of a request's results into files. It is called once, perhaps in another thread while later
#: passes are computed: it asks nothing of the network, and nothing of the global random streams.
Encode = Callable[[], list[Product]]

#: The request's place in the batch, and a part of its products or the error with which it ends.
Part = tuple[int, Encode | AtelierError]


@runtime_checkable
class Generator(Protocol):
    """Operations that serve a version."""

    def load(self, weights: Path, config: Mapping[str, Any], device: str) -> Loaded:
        """Build the network of ``config`` and fill it from the safetensors file ``weights``."""
        ...

    def generate(self, loaded: Loaded, requests: Sequence[Request]) -> Iterator[Part]:
        """Make the parts of each request, each as soon as its passes are done; a request has at least one.

        Pure: the same request gives the same bytes in any batch. A request that fails gives its own error;
        raising, here or in a part, fails the whole batch.
        """
        ...


@runtime_checkable
class Teacher(Protocol):
    """Operations that train."""

    def trainer(self, job: TrainingJob, device: str) -> Trainer: ...


@runtime_checkable
class Ingester(Protocol):
    """Operations that turn uploads into a data set."""

    def ingest(self, request: Request, workspace: Path, checkin: Checkin) -> Ingested:
        """Read ``request.uploads`` and leave the files of the data set under ``workspace``.

        The workspace is empty at the start and removed afterwards, whatever happens.
        """
        ...


Engine = Generator | Teacher | Ingester


@dataclass(frozen=True)
class Item:
    """One work of a data set, or of the gallery. ``hash`` is the SHA-256 of its file, its address."""

    path: Path
    name: str
    width: int | None = None
    height: int | None = None
    labels: dict[str, str] = field(default_factory=dict)
    hash: str = ""


@dataclass(frozen=True)
class Dataset:
    """A data set on local disk. ``hash`` names its manifest, so it names its content."""

    name: str
    hash: str
    items: list[Item]


@dataclass(frozen=True)
class TrainingJob:
    """What a trainer is made from. ``base`` is the weights of the version to start from, if there is one.

    ``gallery`` holds the newest works made here, as many as the input's ``gallery`` asks for.
    """

    job_id: str
    input: dict[str, Any]
    dataset: Dataset
    base: Path | None = None
    base_config: dict[str, Any] | None = None
    gallery: list[Item] = field(default_factory=list)


@dataclass(frozen=True)
class Snapshot:
    """What people watch while a training runs: sample grids, scores, and remarks for the timeline."""

    products: list[Product] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class TrainerState:
    """Everything needed to go on exactly: networks, optimizers, RNG states, data cursor, best snapshot.

    ``meta`` is plain JSON; tensors that live inside it belong in ``tensors``.
    """

    tensors: dict[str, Tensor]
    meta: dict[str, Any]


@dataclass(frozen=True)
class Trained:
    """The end of a training: the version to publish (``weights`` go to safetensors) and its model card."""

    weights: dict[str, Tensor]
    config: dict[str, Any]
    card: dict[str, Any]
    products: list[Product] = field(default_factory=list)


class Trainer(Protocol):
    """A training in memory. It owns its clock: time spent not training does not count."""

    @property
    def done(self) -> bool: ...

    @property
    def fraction(self) -> float:
        """How far it is, 0 to 1."""
        ...

    @property
    def step_count(self) -> int: ...

    def step(self) -> None:
        """One optimizer step (of every network that is due)."""
        ...

    def progress(self) -> dict[str, float | str]:
        """Figures since the last call: step, kimg, images_per_second, eta_seconds, losses ..."""
        ...

    def snapshot_due(self) -> bool: ...

    def snapshot(self) -> Snapshot: ...

    def state(self) -> TrainerState: ...

    def restore(self, state: TrainerState) -> None: ...

    def finish(self) -> Trained:
        """The best snapshot so far as a version."""
        ...


@dataclass(frozen=True)
class IngestedItem:
    """A work that was kept. ``path`` lies in the workspace; ``thumbnail`` is a small WebP or PNG of it."""

    path: Path
    name: str
    media_type: str
    width: int | None = None
    height: int | None = None
    labels: dict[str, str] = field(default_factory=dict)
    thumbnail: bytes | None = None
    thumbnail_media_type: str = "image/webp"
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ingested:
    """A data set as ingest leaves it.

    ``media`` says what the works are (painting). ``manifest`` is plain JSON with stable content: its hash
    names the data set. ``refused`` lists what was not kept: ``{"name", "code", "reason"}``.
    """

    name: str
    media: str
    items: list[IngestedItem]
    manifest: dict[str, Any]
    refused: list[dict[str, Any]] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
