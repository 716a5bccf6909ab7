"""A studio of musicians in SQL and in the store: pieces with every file beside them, trainings, analyses.

Every file is built here by hand, as docs/families.md and the player want it; no worker and no library of
music is needed.
"""

import io
import json
import math
import struct
import wave
from collections.abc import Sequence
from typing import Any

from shared import jobs
from shared.catalogue import FamilyDescription, OperationDescription, announce
from shared.files import job_artifacts
from shared.jobs import Job, NewArtifact, NewDataset, NewItem, NewVersion, Progress, Result
from shared.library import Model, ensure_model
from shared.migrate import OWNER
from tests.unit.web.families import COUNT, SEED, _schema
from tests.unit.web.pictures import png
from tests.unit.web.seed import WORKER, Studio

MUSICXML = "application/vnd.recordare.musicxml+xml"
#: Seconds of a bar of four quarters at 80 a minute.
BAR = 3.0
#: Four chords of four parts, from high to low; a bar has each for one quarter.
CHORDS = (
    ("i", (70, 67, 62, 43)),
    ("iv6", (72, 67, 63, 48)),
    ("V7", (69, 66, 60, 50)),
    ("i", (70, 67, 62, 43)),
)
VOICES = ("Soprano", "Alto", "Tenor", "Bass")
PARENT: dict[str, Any] = {
    "type": "string",
    "format": "artifact",
    "x-accept": ["audio/midi"],
    "title": "Piece",
    "description": "The piece to start from.",
    "x-widget": "artifact",
}


def _operation(name: str, title: str, **fields: Any) -> OperationDescription:
    schema = _schema(fields, ("parent",) if "parent" in fields else ())
    return OperationDescription(name, title, f"{title}.", "interactive", schema)


COMPOSER = FamilyDescription(
    name="composer",
    version="1",
    title="Composer",
    description="Learns to compose.",
    media="music",
    operations=(
        _operation("compose", "Compose", count=COUNT, seed=SEED),
        _operation("continue", "Continue", parent=PARENT, seed=SEED),
        _operation("harmonise", "Harmonise", parent=PARENT, seed=SEED),
        _operation("analyze", "Analyze", parent=PARENT),
        OperationDescription(
            "train",
            "Train",
            "Learn from pieces.",
            "training",
            _schema(
                {
                    "dataset": {"type": "string", "title": "Data set", "x-widget": "dataset"},
                    "cell": {"type": "string", "title": "Cell", "enum": ["gru", "lstm"], "default": "gru"},
                    "minutes": {"type": "number", "title": "Minutes", "minimum": 0.1, "default": 30},
                    "steps": {"type": "integer", "title": "Steps", "minimum": 1},
                },
                ("dataset",),
            ),
            needs="dataset",
        ),
    ),
    expect={
        "notes_per_second": {"cpu": {"gru": 4200.0, "lstm": 3100.0}},
        "text": {"cpu": "A tune in minutes."},
    },
)


def tone(seconds: float = 6.0, pitch: float = 440.0) -> bytes:
    """A real WAV: a sine of ``pitch`` Hz, 16 bit, stereo, 22,050 Hz."""
    rate = 22_050
    one = [
        round(6000 * math.sin(2 * math.pi * pitch * at / rate)) for at in range(int(rate * min(seconds, 1.0)))
    ]
    frames = b"".join(struct.pack("<hh", value, value) for value in one)
    whole = int(rate * seconds) * 4
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((frames * (whole // len(frames) + 1))[:whole])
    return out.getvalue()


def midi() -> bytes:
    """The smallest Standard MIDI File with a note in it."""
    track = bytes.fromhex("00ff510307a12000903c5060803c0000ff2f00")
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", len(track)) + track


def notes(bars: int = 16, **more: Any) -> dict[str, Any]:
    """What the player reads: a chorale of ``bars`` bars, one chord a quarter."""
    beat = BAR / 4
    found = [
        [bar * BAR + place * beat, beat * 0.96, pitch + (bar % 4 if part == 0 else 0), part, 80]
        for bar in range(bars)
        for place, (_roman, pitches) in enumerate(CHORDS)
        for part, pitch in enumerate(pitches)
    ]
    return {
        "seconds": bars * BAR,
        "tempo": 80,
        "meter": [4, 4],
        "bars": [bar * BAR for bar in range(bars)],
        "parts": [{"name": name, "program": 19, "drums": False} for name in VOICES],
        "notes": found,
    } | more


def romans(bars: int = 16) -> list[list[Any]]:
    """A chord a quarter."""
    return [
        [bar * BAR + place * BAR / 4, name] for bar in range(bars) for place, (name, _) in enumerate(CHORDS)
    ]


def report(bars: int = 16) -> dict[str, Any]:
    """An analysis as a worker writes it."""
    chords = [
        {
            "start": round(start * 32),
            "seconds": start,
            "bar": int(start // BAR) + 1,
            "roman": name,
            "name": "Gm",
        }
        for start, name in romans(bars)
    ]
    fifths = {"bar": 7, "seconds": 6 * BAR, "kind": "parallel_fifths", "parts": [1, 3], "text": "G D to A E"}
    return {
        "atelier_analysis": 1,
        "title": "A chorale",
        "key": {"name": "G minor", "tonic": 7, "mode": "minor", "clearness": 0.87},
        "tempo": 80,
        "meter": [4, 4],
        "bars": bars,
        "seconds": bars * BAR,
        "parts": [
            {
                "name": name,
                "low": 43 + 7 * place,
                "high": 60 + 5 * place,
                "median": 50 + 6 * place,
                "notes": 64,
            }
            for place, name in enumerate(reversed(VOICES))
        ],
        "chords": chords,
        "cadences": [
            {"bar": 4, "seconds": 3 * BAR, "kind": "half", "key": "G minor", "text": "i – V: open"},
            {
                "bar": 16,
                "seconds": 15 * BAR,
                "kind": "perfect_authentic",
                "text": "V7 – i in G minor: closed",
            },
        ],
        "voice_leading": {
            "chords": 64,
            "faults": [fifths],
            "counts": {"parallel_fifths": 1},
            "per_100_chords": {"parallel_fifths": 1.5625, "leap": 0.0},
        },
        "repetition": {"share": 0.25, "longest_bars": 4, "text": "From bar 5, 4 bars as from bar 1."},
        "density": {"notes_per_second": 5.3},
        "mood": {
            "valence": -0.4,
            "arousal": 0.2,
            "words": ["tense", "grave"],
            "rule": "minor lowers valence by 0.5",
        },
        "likelihood": {
            "per_note": 0.41,
            "bars": [0.3] * bars,
            "text": "0.41 nats a note; his own have 0.40.",
        },
        "copying": {"shared_notes": 9, "shared_bound": 24, "copied": False},
    }


def meta(**more: Any) -> dict[str, Any]:
    """What is told of a piece."""
    told = {"seconds": 16 * BAR, "bars": 16, "parts": 4, "tempo": 80, "key": "G minor"}
    return told | {"shared_notes": 9, "shared_bound": 24, "copied": False} | more


class Musicians(Studio):
    """Puts rows where a worker with a family of music would have put them."""

    sound: bytes = tone()
    roll: bytes = png(64, 32, (40, 60, 100))

    def announce(self) -> None:
        """What a worker says when it comes."""
        super().announce()
        announce(self.db, [COMPOSER])

    def claim(self, lane: str) -> Job:
        """Take the next job of a lane, as a worker does."""
        families = ("painter", "collection", "composer")
        (taken,) = jobs.claim(
            self.db, worker_id=WORKER, lanes=(lane,), families=families, limit=1, lease_seconds=600
        )
        return taken

    def ensemble(self, title: str = "Chorales", name: str = "chorales") -> Model:
        """A model of music without a version."""
        return ensure_model(self.db, owner_id=OWNER, name=name, family="composer", title=title)

    def songbook(self, name: str = "Songs") -> str:
        """A data set of music; gives its id."""
        self._queue("collection", "ingest", "ingest", {"name": name, "files": ["0" * 26]})
        job = self.claim("ingest")
        item = NewItem(self.file("item", "song.mid", midi(), "audio/midi"), "song.mid")
        made = NewDataset(name, "music", self.store.put(name.encode()).hash, (item,), {})
        jobs.succeed(self.db, [(job.lease, Result({}, dataset=made))])
        return str((jobs.get(self.db, job.id).output or {})["dataset"])

    def study(self, model: Model, dataset_id: str) -> Job:
        """A training of music that runs."""
        given = {"dataset": dataset_id, "cell": "gru", "minutes": 30}
        self._queue("composer", "train", "training", given, model_id=model.id)
        return self.claim("training")

    def learn(self, job: Job, fraction: float = 0.4, pieces: int = 3) -> None:
        """Progress, figures and pieces of a running training."""
        for step in range(1, 21):
            figures = {"nll_train": 0.9 / step + 0.38, "notes_per_second": 4100.0, "epoch": step / 4}
            if step % 4 == 0:
                figures |= {"nll_valid": 0.9 / step + 0.41, "perplexity": math.exp(0.9 / step + 0.41)}
            jobs.record_metrics(self.db, job.lease, step * 100, figures)
        for place in range(1, pieces + 1):
            told = meta(step=place * 400, nll_valid=0.5 - place / 100)
            for file in self.files("piece", place * 400, told=told):
                jobs.add_artifact(self.db, job.lease, file)
        detail = {"step": 2000, "epoch": 5.2, "nll": 0.42, "notes_per_second": 4100.0, "eta_seconds": 600}
        jobs.heartbeat(self.db, job.lease, lease_seconds=600, progress=Progress(fraction, detail))

    def learned(self, model: Model, dataset_id: str, samples: int = 2) -> str:
        """A finished training of music; gives the version's id."""
        job = self.study(model, dataset_id)
        blob = self.store.put(b"notes " + model.name.encode())
        card = {
            "dataset": {"name": "Songs", "pieces": 305},
            "metrics": {"nll_valid": 0.405, "perplexity": 1.5},
            "training": {"epochs": 12, "seconds": 1800.0, "device": "cpu"},
            "history": [{"step": step * 100, "nll_valid": 0.4 + 0.5 / step} for step in range(1, 9)],
        }
        files = [NewArtifact("weights", "weights.safetensors", "application/octet-stream", blob)]
        for place in range(samples):
            files += self.files("sample", place)
        new = NewVersion(blob, "composer", "1", {"hidden": 128}, card)
        jobs.succeed(self.db, [(job.lease, Result({}, tuple(files), version=new))])
        return blob.hash

    def files(
        self,
        role: str,
        position: int,
        *,
        told: dict[str, Any] | None = None,
        recipe: dict[str, Any] | None = None,
        drawn: dict[str, Any] | None = None,
    ) -> list[NewArtifact]:
        """The five files of one piece."""
        stem = f"piece-{position}"
        score = json.dumps(drawn or notes()).encode()
        return [
            self.file(
                role, f"{stem}.mid", midi(), "audio/midi", position, recipe=recipe, meta=told or meta()
            ),
            self.file("audio", f"{stem}.wav", self.sound, "audio/wav", position),
            self.file("notes", f"{stem}.json", score, "application/json", position),
            self.file("score", f"{stem}.musicxml", b"<score-partwise/>", MUSICXML, position),
            self.file("thumbnail", f"{stem}.webp", self.roll, "image/webp", position, width=64, height=64),
        ]

    def perform(
        self, model: Model, version_id: str, operation: str = "compose", count: int = 1, **more: Any
    ) -> list[str]:
        """A finished request of music; gives the ids of its pieces. ``told`` and ``drawn`` are of each."""
        told, drawn = more.pop("told", None), more.pop("drawn", None)
        given = {"count": count, "seed": 11} | more
        names = {"model_id": model.id, "version_id": version_id}
        self._queue("composer", operation, "interactive", given, **names)
        job = self.claim("interactive")
        files: list[NewArtifact] = []
        for place in range(count):
            recipe = {"atelier": 1, "operation": operation, "input": given | {"seed": 11 + place}}
            files += self.files("output", place, told=told, recipe=recipe, drawn=drawn)
        return self._end(job, files)

    def analyze(self, model: Model, version_id: str, parent: str, found: Any = None) -> str:
        """A finished analysis of an earlier piece; gives the report's id."""
        self._queue(
            "composer", "analyze", "interactive", {"parent": parent}, model_id=model.id, version_id=version_id
        )
        job = self.claim("interactive")
        told = {"kind": "music_analysis", "bars": 16, "key": "G minor"}
        curve = {"title": "How surprising each bar is", "unit": "nats per note"}
        curve_values = [0.3 + 0.2 * math.sin(bar) for bar in range(16)]
        drawn = notes(chords=romans(), curve=curve | {"values": curve_values})
        data = json.dumps(report() if found is None else found).encode()
        files = [self.file("output", "analysis.json", data, "application/json", meta=told)]
        (identifier,) = self._end(job, [*files, *self.files("none", 0, drawn=drawn)[1:]])
        return identifier

    def _end(self, job: Job, files: Sequence[NewArtifact]) -> list[str]:
        jobs.succeed(self.db, [(job.lease, Result({}, tuple(files)))])
        return [file.id for file in job_artifacts(self.db, job.id, ("output",))]
