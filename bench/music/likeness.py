"""Chorales that a version composes, beside Bach's own that it never saw.

    python -m bench.music.likeness [--version FOLDER] [--pieces 60]

The test split of the published chorales against as many pieces composed: 16 bars each, temperature and top-p
as requests have them, keys drawn as often as the version's music has them; and, as the floor, against as many
pieces of the training split: so far apart are Bach and Bach. Draws docs/models/images/music-likeness.png.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from bench.music.facts import facts_of
from bench.music.facts import table as facts_table
from bench.music.pieces import scores
from bench.music.plot import Panel, draw
from bench.music.versions import chosen
from worker.families.music_rnn.corpus import with_key
from worker.families.music_rnn.drafting import Wish, composition
from worker.families.music_rnn.layouts import decode
from worker.families.music_rnn.loaded import LoadedMusician
from worker.music.score import Key, Score
from worker.music.statistics import compare
from worker.music.statistics import table as statistics_table

PLOT = Path(__file__).parents[2] / "docs" / "models" / "images" / "music-likeness.png"
BARS, FIRST_SEED, SHAPE = 16, 1685, 16
DEGREES = ("1", "♭2", "2", "♭3", "3", "4", "♯4", "5", "♭6", "6", "♭7", "7")
STEPS = tuple(f"{step:+d}" if step else "0" for step in (-12, *range(-8, 9), 12))
LENGTHS = ("1", "2", "3", "4", "6", "8", "10", "12", "14", "16", "24", "32")


def main() -> None:
    """Print the tables and draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", type=Path, help="folder of a version; the starter's is the default")
    parser.add_argument("--pieces", type=int, default=60)
    parser.add_argument("--temperature", type=float, default=0.95)
    parser.add_argument("--top-p", type=float, default=0.95)
    parser.add_argument("--plot", type=Path, default=PLOT)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with TemporaryDirectory() as spare:
        files = chosen(options.version, Path(spare))
        loaded = files.load()
        made = composed(loaded, options.pieces, options.temperature, options.top_p)
        run(loaded, files.title, made, options.plot)


def run(loaded: LoadedMusician, title: str, made: Sequence[Score], plot: Path) -> dict[str, Any]:
    """Compare, print, draw; give the comparison with the held-out pieces."""
    held_out = scores("test")
    other = sample(scores("train"), len(made))
    found, floor = compare(made, held_out), compare(other, held_out)
    print(f"\n### Composed by {title} beside Bach (test split)\n\n{statistics_table(found)}")
    print(f"### The floor: Bach (training split) beside Bach (test split)\n\n{statistics_table(floor)}")
    print(f"### Distances\n\n{distances(found, floor)}")
    sides = [("composed", made), ("Bach, test", held_out), ("Bach, training", other)]
    print(facts_table([(name, facts_of(some)) for name, some in sides]))
    print(copied(loaded, made))
    draw(plot, "Composed chorales beside Bach's", [name for name, _ in sides], panels(found, floor))
    return found


def composed(
    loaded: LoadedMusician, pieces: int, temperature: float = 0.95, top_p: float = 0.95
) -> list[Score]:
    """Pieces in keys drawn as often as they occur."""
    style, layout = loaded.version.style, loaded.version.layout
    loaded.shape = SHAPE
    weights = np.array([count for _, _, count in style.keys], dtype=np.float64)
    source = np.random.default_rng(FIRST_SEED)
    wishes = []
    for seed in range(FIRST_SEED, FIRST_SEED + pieces):
        tonic, mode, _ = style.keys[int(source.choice(len(weights), p=weights / weights.sum()))]
        key = Key(tonic, "minor" if mode == "minor" else "major")
        draft = composition(
            layout, style, bars=BARS, seed=seed, key=key, temperature=temperature, top_p=top_p
        )
        wishes.append(Wish(draft, style.empty(key=key)))
    codes = dict(loaded.make(wishes))
    return [decode(codes[place], layout, wish.like) for place, wish in enumerate(wishes)]


def sample(pieces: Sequence[Score], count: int) -> list[Score]:
    """Some of the pieces, always the same."""
    places = np.random.default_rng(FIRST_SEED).permutation(len(pieces))[:count]
    return [pieces[place] for place in sorted(places.tolist())]


def distances(found: Mapping[str, Any], floor: Mapping[str, Any]) -> str:
    """How far the composed pieces are from Bach, and how far Bach is from Bach."""
    lines = ["| distance to the test split | composed | Bach, training |", "|---|---|---|"]
    for name, row in found["distributions"].items():
        lines.append(f"| {name} | {row['distance']:.3f} | {floor['distributions'][name]['distance']:.3f} |")
    for name in ("crossing", "parallel_fifths", "parallel_octaves"):
        row, other = found["per_100_chords"][name], floor["per_100_chords"][name]
        lines.append(f"| {name}, per 100 chords | {row['distance']:.2f} | {other['distance']:.2f} |")
    jaccard = (one["chords"]["jaccard"] for one in (found, floor))
    lines.append("| 50 most frequent chord types, Jaccard | {:.2f} | {:.2f} |".format(*jaccard))
    return "\n".join(lines) + "\n"


def copied(loaded: LoadedMusician, made: Sequence[Score]) -> str:
    """How many share a longer run of notes with the training set than chance would have it."""
    runs = [loaded.version.corpus.longest(score).notes for score in made]
    past = sum(run > loaded.version.bound for run in runs)
    keys = sum(_in_key(score) for score in made)
    return (
        f"Longest run of notes shared with the music learned from: median {np.median(runs):.0f}, most "
        f"{max(runs)}; past the bound of {loaded.version.bound}: {past} of {len(made)} pieces. "
        f"In the key that was asked for: {keys} of {len(made)}.\n"
    )


def panels(found: Mapping[str, Any], floor: Mapping[str, Any]) -> list[Panel]:
    """The three distributions of all sides."""

    def panel(name: str, title: str, labels: Sequence[str]) -> Panel:
        mine, theirs = found["distributions"][name], floor["distributions"][name]
        rows = (mine["made"], mine["held_out"], theirs["made"])
        shown = [[row.get(label, 0.0) for label in labels] for row in rows]
        # The font that comes with Pillow has no signs of music.
        plain = [label.replace("♭", "b").replace("♯", "#") for label in labels]
        titled = f"{title} (distance {mine['distance']:.3f}; Bach to Bach {theirs['distance']:.3f})"
        return Panel(titled, plain, shown)

    return [
        panel("pitch_class", "Degrees of the key, by time", DEGREES),
        panel("interval", "Melodic intervals in semitones", STEPS),
        panel("duration", "Lengths of notes in sixteenths", LENGTHS),
    ]


def _in_key(score: Score) -> bool:
    return with_key(score).key == score.key


if __name__ == "__main__":
    main()
