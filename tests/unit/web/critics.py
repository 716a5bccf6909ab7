"""A studio with an analyser of pictures and a muse: what they say is read from tests/support/reports."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared import jobs
from shared.catalogue import FamilyDescription, OperationDescription, announce
from shared.files import job_artifacts
from shared.jobs import Job, NewArtifact, NewVersion, Result
from shared.library import Model, ensure_model
from shared.migrate import OWNER
from tests.unit.web.families import SEED, TRAIN, _schema
from tests.unit.web.music import Musicians
from tests.unit.web.pictures import png
from tests.unit.web.seed import WORKER

REPORTS = Path(__file__).parents[2] / "support" / "reports"
PICTURE: dict[str, Any] = {
    "type": "string",
    "format": "artifact",
    "x-accept": ["image/png", "image/jpeg", "image/webp"],
    "title": "Picture",
    "description": "The picture to look at.",
    "x-widget": "artifact",
}
WORK = PICTURE | {"x-accept": [*PICTURE["x-accept"], "audio/midi"], "title": "Work"}
DATASET: dict[str, Any] = {
    "type": "string",
    "format": "dataset",
    "x-widget": "dataset",
    "title": "Data set",
    "x-media": ["painting"],
}
MAKER: dict[str, Any] = {
    "type": "string",
    "format": "version",
    "x-widget": "version",
    "x-operation": "generate",
    "title": "Maker",
    "description": "The model that makes the works.",
}
MOOD: dict[str, Any] = {"type": "string", "title": "Mood", "enum": ["", "calm", "dramatic"], "default": ""}
TEXT: dict[str, Any] = {"type": "string", "title": "Words", "default": "", "maxLength": 200}
FAR: dict[str, Any] = {
    "type": "number",
    "title": "Far away",
    "minimum": 0,
    "maximum": 1,
    "default": 0.25,
    "x-step": 0.05,
}


def _operation(name: str, title: str, *required: str, **fields: Any) -> OperationDescription:
    return OperationDescription(name, title, f"{title}.", "interactive", _schema(fields, required))


JUDGE = FamilyDescription(
    name="art_cnn",
    version="1",
    title="Picture analyser",
    description="Learns from labelled pictures to tell style, theme and mood.",
    media="painting",
    operations=(
        _operation("analyze", "Analyze", "picture", picture=PICTURE),
        _operation("survey", "Survey a data set", "dataset", dataset=DATASET),
        _operation("evaluate", "Evaluate a model", "maker", maker=MAKER, seed=SEED),
        TRAIN,
    ),
)
MUSE = FamilyDescription(
    name="muse",
    version="1",
    title="Muse",
    description="Gets to know a collection in seconds, and inspires and advises from it.",
    media="any",
    operations=(
        _operation("inspire", "Inspire me", work=WORK, text=TEXT, mood=MOOD, far=FAR, maker=MAKER, seed=SEED),
        _operation("advise", "Advise me", "work", work=WORK, mood=MOOD, audience=TEXT),
        _operation("until", "Make until it fits", "maker", maker=MAKER, wish=TEXT, seed=SEED),
        TRAIN,
    ),
)


def example(name: str, contents: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """A report of tests/support/reports; ``@3`` in it becomes the fourth of ``contents``, a hash.

    ``more`` replaces ``@name`` by a value, ``@version`` by a version's id, say.
    """
    text = (REPORTS / f"{name}.json").read_text(encoding="utf-8")
    for place, content in reversed(list(enumerate(contents))):
        text = text.replace(f'"@{place}"', f'"{content}"')
    for key, value in more.items():
        text = text.replace(f'"@{key}"', json.dumps(value))
    found: dict[str, Any] = json.loads(text)
    return found


class Critics(Musicians):
    """Puts rows where a worker with these families would have put them."""

    #: The pictures beside a report.
    shown: bytes = png(64, 48, (120, 100, 60))
    heat: bytes = png(64, 48, (200, 30, 20))

    def announce(self) -> None:
        """What a worker says when it comes."""
        super().announce()
        announce(self.db, [JUDGE, MUSE])

    def claim(self, lane: str) -> Job:
        """Take the next job of a lane, as a worker does."""
        families = ("painter", "collection", "composer", "art_cnn", "muse")
        (taken,) = jobs.claim(
            self.db, worker_id=WORKER, lanes=(lane,), families=families, limit=1, lease_seconds=600
        )
        return taken

    def judge(self, dataset_id: str, title: str = "Styles", name: str = "styles") -> tuple[Model, str]:
        """An analyser of pictures: its model and its version."""
        return self._taught("art_cnn", title, name, dataset_id, example("card_art_cnn"))

    def muse(
        self, dataset_id: str, title: str = "Edo muse", name: str = "edo-muse", **card: Any
    ) -> tuple[Model, str]:
        """A muse: its model and its version."""
        return self._taught("muse", title, name, dataset_id, example("card_muse") | card)

    def contents(self, count: int) -> list[str]:
        """The hashes of the pictures that the studio has made and collected, in their order."""
        return [hashlib.sha256(picture).hexdigest() for picture in self.pictures[:count]]

    def told(
        self,
        model: Model,
        version_id: str,
        operation: str,
        report: Any,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        role: str = "output",
        kept: Sequence[NewArtifact] = (),
        **given: Any,
    ) -> tuple[Job, str]:
        """A finished request that told something: its job and the report's id.

        ``files`` are the media type and the bytes of what stands beside it, by role; a picture and its small
        copy are always there. ``kept`` are works that the request made as well.
        """
        names = {"model_id": model.id, "version_id": version_id}
        self._queue(model.family, operation, "interactive", given, **names)
        job = self.claim("interactive")
        data = json.dumps(report).encode()
        meta = {"kind": report.get("kind")} if isinstance(report, dict) else {"kind": "picture_analysis"}
        beside = {"picture": ("image/webp", self.shown), "thumbnail": ("image/webp", self.shown)} | dict(
            files or {}
        )
        if role != "output":
            beside = dict(files or {})
        made = [self.file(role, "report.json", data, "application/json", meta=meta), *kept]
        for name, (media, content) in beside.items():
            size = {"width": 64, "height": 48} if media.startswith("image/") else {}
            made.append(self.file(name, name, content, media, **size))
        jobs.succeed(self.db, [(job.lease, Result({}, tuple(made)))])
        (identifier,) = (
            file.id for file in job_artifacts(self.db, job.id, (role,)) if file.name == "report.json"
        )
        return job, identifier

    def analysis(self, model: Model, version_id: str, picture: str, **change: Any) -> str:
        """An analysis of a work with its overlays; gives the report's id."""
        report = example("picture_analysis", self.contents(12)) | change
        overlays = {f"overlay-{place}": ("image/png", self.heat) for place in range(2)}
        return self.told(model, version_id, "analyze", report, overlays, picture=picture)[1]

    def _taught(
        self, family: str, title: str, name: str, dataset_id: str, card: dict[str, Any], weights: bytes = b""
    ) -> tuple[Model, str]:
        model = ensure_model(self.db, owner_id=OWNER, name=name, family=family, title=title)
        self._queue(family, "train", "training", {"dataset": dataset_id}, model_id=model.id)
        job = self.claim("training")
        blob = self.store.put(family.encode() + name.encode() + weights)
        file = NewArtifact("weights", "weights.safetensors", "application/octet-stream", blob)
        new = NewVersion(blob, family, "1", {"pixels": 160}, card)
        jobs.succeed(self.db, [(job.lease, Result({}, (file,), version=new))])
        return model, blob.hash
