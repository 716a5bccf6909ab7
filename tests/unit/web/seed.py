"""A studio in SQL and in the store, made through the functions that workers use; no worker needed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shared import jobs, workers
from shared.artifacts import Store
from shared.catalogue import announce
from shared.database import Database
from shared.datasets import THUMBNAIL, insert_dataset
from shared.files import insert_artifact
from shared.jobs import (
    Job,
    NewArtifact,
    NewCheckpoint,
    NewDataset,
    NewItem,
    NewJob,
    NewVersion,
    Progress,
    Result,
)
from shared.library import Model, ensure_model
from shared.migrate import OWNER
from shared.workers import WorkerReport
from tests.unit.web.families import COLLECTION, PAINTER
from tests.unit.web.pictures import png

WORKER = "testhost/0-abc123"
LANES = ("interactive", "training", "ingest")
FAMILIES = ("painter", "collection")


class Studio:
    """Puts rows where a worker would have put them."""

    def __init__(self, db: Database, store: Store, pictures: Sequence[bytes] = ()) -> None:
        self.db = db
        self.store = store
        self.pictures = list(pictures) or [png(color=(index * 9 % 256, 80, 60)) for index in range(28)]
        self._next = 0

    def picture(self) -> bytes:
        """The next picture, round and round."""
        self._next += 1
        return self.pictures[(self._next - 1) % len(self.pictures)]

    def announce(self) -> None:
        """What a worker says when it comes."""
        announce(self.db, [PAINTER, COLLECTION])

    def worker(self, running: Sequence[str] = (), holds: Sequence[str] = (), device: str = "cpu") -> None:
        """A worker that is there."""
        workers.beat(
            self.db,
            WorkerReport(
                id=WORKER,
                host="testhost",
                pid=4242,
                device=device,
                lanes=list(LANES),
                families=list(FAMILIES),
                state="busy" if running else "idle",
                holds=list(holds),
                jobs=list(running),
                info={"title": "CPU, 2 cores", "rss": 512_000_000},
            ),
        )

    def claim(self, lane: str) -> Job:
        """Take the next job of a lane, as a worker does."""
        taken = jobs.claim(
            self.db, worker_id=WORKER, lanes=(lane,), families=FAMILIES, limit=1, lease_seconds=600
        )
        return taken[0]

    def file(
        self, role: str, name: str, data: bytes, media: str, position: int = 0, **more: Any
    ) -> NewArtifact:
        """A stored file that is about to be recorded."""
        return NewArtifact(role, name, media, self.store.put(data), position, **more)

    def dataset(self, name: str = "Edo prints", count: int = 12, report: dict[str, Any] | None = None) -> str:
        """An ingested data set; gives its id."""
        job = self._queue("collection", "ingest", "ingest", {"name": name, "files": ["0" * 26]})
        job = self.claim("ingest")
        items, small = [], []
        for place in range(count):
            data = self.picture()
            media = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
            items.append(
                NewItem(
                    self.file("item", f"print-{place}.png", data, media, place, width=128, height=128),
                    f"print-{place}.png",
                    {"style": "ukiyo-e"},
                )
            )
            small.append(self.file("thumbnail", f"print-{place}.webp", data, media, place))
        made = NewDataset(name, "painting", self.store.put(name.encode()).hash, tuple(items), report or {})
        jobs.succeed(self.db, [(job.lease, Result({"report": report or {}}, tuple(small), dataset=made))])
        return str((jobs.get(self.db, job.id).output or {})["dataset"])

    def songs(
        self, pieces: Sequence[tuple[str, dict[str, Any]]], report: dict[str, Any], by_job: bool = True
    ) -> str:
        """A data set of music, by name and what is known of each piece; gives its id.

        The starter's come without a job: there each work names its small copy itself.
        """
        items, small = [], []
        for place, (name, facts) in enumerate(pieces):
            data = b"MThd" + name.encode()
            items.append(
                NewItem(self.file("item", name, data, "audio/midi", place, meta=facts), name, {}, facts)
            )
            small.append(self.file("thumbnail", name, b"roll" + data, "image/webp", place))
        made = NewDataset("Songs", "music", self.store.put(b"songs").hash, tuple(items), report)
        if by_job:
            self._queue("collection", "ingest", "ingest", {"name": "Songs", "files": ["0" * 26]})
            job = self.claim("ingest")
            jobs.succeed(self.db, [(job.lease, Result({"report": report}, tuple(small), dataset=made))])
            return str((jobs.get(self.db, job.id).output or {})["dataset"])
        with self.db.begin() as connection:
            ids = [insert_artifact(connection, one, owner_id=OWNER) for one in small]
            named = tuple(
                replace(item, meta={**item.meta, THUMBNAIL: found})
                for item, found in zip(items, ids, strict=True)
            )
            return insert_dataset(connection, replace(made, items=named), owner_id=OWNER, job_id=None)

    def model(self, title: str = "Edo prints", name: str = "edo-prints") -> Model:
        """A model without a version."""
        return ensure_model(self.db, owner_id=OWNER, name=name, family="painter", title=title)

    def training(self, model: Model, dataset_id: str, minutes: float = 30) -> Job:
        """A training that runs."""
        given = {"dataset": dataset_id, "resolution": 64, "minutes": minutes, "mirror": True}
        self._queue("painter", "train", "training", given, model_id=model.id)
        return self.claim("training")

    def grow(self, job: Job, sheets: Sequence[bytes], fraction: float) -> None:
        """Progress, figures, snapshots and a checkpoint of a running training."""
        steps = 40
        for step in range(1, steps + 1):
            figures = {"g_loss": 1.2 + 0.3 / step, "d_loss": 0.9 - 0.2 / step, "kimg": step * 6.5}
            figures |= {"images_per_second": 12.9, "d_sign": 0.4 + step / 100}
            if step % 4 == 0:
                figures |= {"kid_lite1": 0.3 / step + 0.03, "kid_lite1_floor": 0.002}
                figures |= {"spread_share": 0.46 + step / 100, "nearest_share": 0.83}
            jobs.record_metrics(self.db, job.lease, step * 100, figures)
        for place, data in enumerate(sheets):
            meta = {"step": (place + 1) * 100, "kimg": (place + 1) * 6.5}
            sheet = self.file(
                "grid", f"samples-{place}.png", data, "image/png", place, meta=meta, width=512, height=512
            )
            jobs.add_artifact(self.db, job.lease, sheet)
        detail = {"step": steps * 100, "kimg": 262.0, "images_per_second": 12.9, "eta_seconds": 1380}
        jobs.heartbeat(self.db, job.lease, lease_seconds=600, progress=Progress(fraction, detail))
        jobs.checkpointed(self.db, job.lease, NewCheckpoint(steps * 100, self.store.put(b"state")))

    def version(
        self, model: Model, dataset_id: str, sheet: bytes | None = None, weights: bytes = b"weights"
    ) -> str:
        """A finished training; gives the version's id."""
        job = self.training(model, dataset_id)
        blob = self.store.put(weights + model.name.encode())
        card = {
            "dataset": {"name": "Edo prints", "pictures": 418, "trained_on": 376},
            "metrics": {
                "kid_lite1": 0.041,
                "kid_lite1_floor": 0.002,
                "spread_share": 0.82,
                "nearest_share": 0.91,
            },
            "training": {"kimg": 262.0, "seconds": 3600.0, "device": "cpu"},
            "recipe": {"input": job.input},
            "history": [{"step": step * 100.0, "kid_lite1": 0.4 / step + 0.03} for step in range(1, 12)],
        }
        new = NewVersion(blob, "painter", "1", {"resolution": 64}, card)
        files = (
            self.file(
                "sample", "samples.png", sheet or self.picture(), "image/png", 0, width=512, height=512
            ),
            NewArtifact("weights", "weights.safetensors", "application/octet-stream", blob),
        )
        jobs.succeed(self.db, [(job.lease, Result({}, files, version=new))])
        return blob.hash

    def ask(self, model: Model, version_id: str, operation: str = "generate", **given: Any) -> Job:
        """A prediction that waits."""
        filled = {"count": 4, "psi": 0.8, "seed": 20261123} | given
        return self._queue(
            "painter", operation, "interactive", filled, model_id=model.id, version_id=version_id
        )

    def make(
        self, model: Model, version_id: str, operation: str = "generate", latent: bool = True, **given: Any
    ) -> list[str]:
        """A prediction that has succeeded, with latents or without; gives the ids of its outputs."""
        asked = self.ask(model, version_id, operation, **given)
        job = self.claim("interactive")
        assert job.id == asked.id
        files: list[NewArtifact] = []
        for place in range(int(job.input.get("count", 1))):
            data = self.picture()
            media = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
            own = dict(job.input) | {"seed": job.input.get("seed", 0) + place, "count": 1}
            recipe = {
                "atelier": 1,
                "family": "painter",
                "version": version_id,
                "operation": operation,
                "input": own,
            }
            files += [
                self.file(
                    "output",
                    f"{operation}-{place}.png",
                    data,
                    media,
                    place,
                    width=64,
                    height=64,
                    recipe=recipe,
                ),
                self.file("thumbnail", f"{operation}-{place}.webp", data, media, place),
            ]
            if latent:
                name = f"{operation}-{place}.safetensors"
                files.append(self.file("latent", name, b"latent", "application/octet-stream", place))
        jobs.succeed(self.db, [(job.lease, Result({}, tuple(files)))])
        with self.db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT id FROM artifacts WHERE job_id = '{job.id}' AND role = 'output' ORDER BY position"
            )
            return [str(row[0]) for row in rows]

    def _queue(self, family: str, operation: str, lane: str, given: dict[str, Any], **more: Any) -> Job:
        return jobs.submit(self.db, NewJob(OWNER, family, operation, lane, given, **more)).job
