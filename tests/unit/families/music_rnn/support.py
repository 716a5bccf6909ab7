"""Tiny layouts, networks, versions, data sets and requests of music."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hypothesis import settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor

from shared.catalogue import check_input
from shared.errors import AtelierError
from tests.support.parts import gather
from worker.families.music_rnn import FAMILY
from worker.families.music_rnn.engine import MusicEngine
from worker.families.music_rnn.events_layout import EventsLayout
from worker.families.music_rnn.layouts import AnyLayout
from worker.families.music_rnn.loaded import LoadedMusician
from worker.families.music_rnn.network import MusicNetwork
from worker.families.music_rnn.network_config import NetworkConfig
from worker.families.music_rnn.plan import Plan
from worker.families.music_rnn.style import Style
from worker.families.music_rnn.trainer import MusicTrainer
from worker.families.music_rnn.version import version_config, version_weights
from worker.families.music_rnn.voices_layout import HOLD, VoicesLayout
from worker.family import Dataset, Item, Product, Request, TrainingJob
from worker.music import copying
from worker.music.midi_in import read_midi
from worker.music.midi_out import write_midi
from worker.music.score import SIXTEENTH, TICKS, Key, Note, Score, part_of

#: Of drawn examples: a machine that is busy with something else must not fail a test.
tries = settings(max_examples=20)

NAMES = ("Soprano", "Alto", "Tenor", "Bass")
#: Where the four voices of the made pieces lie.
RANGES = ((67, 79), (58, 66), (48, 57), (36, 47))
VOICES = VoicesLayout(4, 30, 90)
EVENTS = EventsLayout((-1, 0, 40), 30, 96)
LAYOUTS: list[AnyLayout] = [VOICES, EVENTS]
STYLE = Style(96.0, (4, 4), (52, 52, 52, 52), NAMES, RANGES, 4, ((0, "major", 3), (9, "minor", 5)))


def tiny(cell: str = "gru", *, heads: int = 2, layers: int = 2, window: int = 32) -> NetworkConfig:
    """A network of a few thousand numbers."""
    return NetworkConfig(
        cell=cell, hidden=16, layers=layers, heads=heads, head_width=4, window=window, slot_width=12
    )


def network(layout: AnyLayout, config: NetworkConfig | None = None, *, sharp: float = 3.0) -> MusicNetwork:
    """A random network whose heads tell codes apart (``sharp``); the biases of its memory are no zeros."""
    made = MusicNetwork(layout, config or tiny()).eval().requires_grad_(False)
    for name, value in made.named_parameters():
        if name.startswith("heads.") and name.endswith("weight"):
            value.mul_(sharp)
        if name in ("memory.lag", "memory.phase", "memory.nothing"):
            value.add_(torch.randn_like(value))
    return made


def random_codes(layout: AnyLayout, steps: int, seed: int = 0) -> Tensor:
    """(steps, slots) of any codes; of voices half of them are held."""
    source = np.random.default_rng(seed)
    columns = [torch.from_numpy(source.integers(0, slot.size, steps)) for slot in layout.slots]
    codes = torch.stack(columns, dim=1)
    if isinstance(layout, VoicesLayout):
        codes[torch.from_numpy(source.random(codes.shape) < 0.5)] = HOLD
    return codes


@st.composite
def codes_of(draw: st.DrawFn, layout: AnyLayout, *, most: int = 24) -> Tensor:
    """(steps, slots) of any codes, at least one step."""
    row = st.tuples(*(st.integers(0, slot.size - 1) for slot in layout.slots))
    held = st.just((HOLD,) * len(layout.slots)) if isinstance(layout, VoicesLayout) else row
    return torch.tensor(draw(st.lists(row | held, min_size=1, max_size=most)))


def plans() -> st.SearchStrategy[Plan]:
    """Any plan."""
    keys = st.none() | st.builds(Key, st.integers(0, 11), st.sampled_from(("major", "minor")))
    return st.builds(Plan, st.integers(1, 200), st.integers(0, 150), st.integers(0, 600), keys)


def chorale(
    bars: int = 4,
    seed: int = 0,
    *,
    pickup: int = 0,
    meter: tuple[int, int] = (4, 4),
    rests: float = 0.1,
) -> Score:
    """Four voices within RANGES, one note after another on sixteenths, with a few rests."""
    source = np.random.default_rng(seed)
    blank = Score((), meter=meter, pickup=pickup)
    end = blank.bar_start(bars + bool(pickup))
    parts = []
    for name, (low, high) in zip(NAMES, RANGES, strict=True):
        notes, here, pitch = [], 0, int(source.integers(low, high + 1))
        while here < end:
            length = min(end - here, SIXTEENTH * int(source.choice([2, 4, 4, 4, 8, 3])))
            pitch = int(np.clip(pitch + source.integers(-4, 5), low, high))
            if here + length == end or not here or source.random() >= rests:
                notes.append(Note(here, pitch, length))
            here += length
        parts.append(part_of(name, notes, 52))
    return Score(tuple(parts), 96.0, meter, pickup, None, f"Chorale {seed}")


def band(bars: int = 4, seed: int = 0) -> Score:
    """Piano chords, a violin and drums, velocities and all: nothing for voices."""
    source = np.random.default_rng(seed)
    piano, violin, drums = [], [], []
    for beat in range(4 * bars):
        at = beat * TICKS
        root = int(source.integers(45, 60))
        piano += [Note(at, root + step, TICKS, 64) for step in (0, 4, 7)]
        violin += [Note(at + n * 8, int(source.integers(60, 90)), 8, 88) for n in range(3)]
        drums += [Note(at + n * 12, 36 + 6 * n, 6, 100) for n in range(2)]
    parts = (
        part_of("Piano", piano),
        part_of("Violin", violin, 40),
        part_of("Drums", drums, drums=True),
    )
    return Score(parts, 120.0)


def bare(score: Score) -> list[list[tuple[int, int, int]]]:
    """Of each part the notes as (start, pitch, duration)."""
    return [[(note.start, note.pitch, note.duration) for note in part.notes] for part in score.parts]


def make_items(folder: Path, scores: Sequence[Score]) -> list[Item]:
    """MIDI files, every third with the label folder=other."""
    folder.mkdir(parents=True, exist_ok=True)
    items = []
    for place, score in enumerate(scores):
        path = folder / f"{place:03d}.mid"
        path.write_bytes(write_midi(score))
        items.append(Item(path, path.name, labels={"folder": "other" if place % 3 == 0 else "one"}))
    return items


def chorales(count: int = 8, bars: int = 4) -> list[Score]:
    """Different pieces in four voices."""
    return [chorale(bars, seed) for seed in range(count)]


def train_input(**given: Any) -> dict[str, Any]:
    """A complete input of a tiny training; ``given`` comes first."""
    short = {
        "dataset": "d", "steps": 6, "batch": 2, "crop": 32, "hidden": 32, "layers": 1, "transpose": 2,
        "check_every": 3, "seed": 11,
    }  # fmt: skip
    return check_input(FAMILY.description.operation("train"), {**short, **given})


def make_trainer(
    items: list[Item], base: Path | None = None, base_config: Any = None, **given: Any
) -> MusicTrainer:
    """A fresh trainer on the CPU."""
    job = TrainingJob("job", train_input(**given), Dataset("tiny", "0" * 64, items), base, base_config)
    return MusicTrainer(job, "cpu")


def make_version(
    folder: Path,
    layout: AnyLayout = VOICES,
    *,
    style: Style = STYLE,
    config: NetworkConfig | None = None,
    usual: float | None = 2.0,
) -> tuple[Path, dict[str, Any]]:
    """A version with random weights: its safetensors file and its description."""
    config = config or tiny()
    memory = copying.Corpus.of(chorales(3))
    path = folder / "version.safetensors"
    save_file(version_weights(network(layout, config), memory), path)
    return path, version_config(layout, config, style, memory, 12, usual)


def load_version(folder: Path, layout: AnyLayout = VOICES, **given: Any) -> LoadedMusician:
    """A loaded random version."""
    path, description = make_version(folder, layout, **given)
    return MusicEngine().load(path, description, "cpu")


def make_request(operation: str, files: dict[str, bytes | Score] | None = None, **given: Any) -> Request:
    """A complete request to version "v", silent and with little care unless more is asked for; scores go in
    as MIDI files.
    """
    contents = {
        name: one if isinstance(one, bytes) else write_midi(one) for name, one in (files or {}).items()
    }
    schema = FAMILY.description.operation(operation).input_schema
    cheap = {
        name: value for name, value in {"audio": False, "care": 2}.items() if name in schema["properties"]
    }
    named = dict.fromkeys(schema["required"], "an-artifact")
    data = check_input(FAMILY.description.operation(operation), {**cheap, **named, **given})
    return Request("job", operation, "v", data, contents)


def outcomes(loaded: LoadedMusician, requests: Sequence[Request]) -> list[list[Product] | AtelierError]:
    """Each request's products or its error."""
    return gather(MusicEngine().generate(loaded, requests), len(requests))


def made(loaded: LoadedMusician, request: Request) -> list[Product]:
    """The products of a request; raises its error."""
    (found,) = outcomes(loaded, [request])
    if isinstance(found, AtelierError):
        raise found
    return found


def scores_in(products: Sequence[Product]) -> list[Score]:
    """The pieces that were made."""
    return [read_midi(one.data).score for one in products if one.role == "output"]


def sounding(score: Score, steps: int) -> np.ndarray:
    """(steps, parts): the pitch that each part sounds at each sixteenth; 0 for silence."""
    found = np.zeros((steps, len(score.parts)), dtype=np.int64)
    for place, note in score.notes():
        found[note.start // SIXTEENTH : note.end // SIXTEENTH, place] = note.pitch
    return found


#: Each operation with the files that it takes.
OPERATIONS: dict[str, dict[str, Score]] = {
    "generate": {},
    "continue": {"primer": chorale(2)},
    "harmonise": {"melody": chorale(2)},
    "inpaint": {"piece": chorale(2)},
    "variations": {"piece": chorale(2)},
    "interpolate": {"piece_a": chorale(2), "piece_b": chorale(2, 1)},
    "analyze": {"piece": chorale(2)},
}
#: Short enough for a test.
CHOSEN: dict[str, dict[str, Any]] = {
    "generate": {"count": 2, "bars": 2, "seed": 3},
    "continue": {"bars": 4, "seed": 3},
    "harmonise": {"care": 2, "seed": 3},
    "inpaint": {"from_bar": 2, "to_bar": 2, "care": 2, "seed": 3},
    "variations": {"count": 2, "care": 2, "seed": 3},
    "interpolate": {"keep_bars": 1, "bars": 1, "care": 2, "seed": 3},
    "analyze": {},
}


def refused(loaded: LoadedMusician, operation: str, *scores: bytes | Score, **given: Any) -> AtelierError:
    """The error of a request, beside which another one works."""
    files = dict(zip(OPERATIONS[operation], scores, strict=True))
    bad = make_request(operation, files, **{**CHOSEN[operation], **given})
    good = make_request("generate", None, count=1, bars=1, seed=1)
    error, other = outcomes(loaded, [bad, good])
    assert isinstance(error, AtelierError) and not isinstance(other, AtelierError)
    return error
