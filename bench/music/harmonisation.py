"""Sopranos of chorales that a version never saw, harmonised by it, beside Bach's own harmonisations.

    python -m bench.music.harmonisation [--version FOLDER] [--pieces 20]

Each melody goes in as a MIDI file, as a request brings it, and comes back in one: a note of it that is not as
it was stops the bench. Care and rounds are what requests have when nobody says otherwise. The likelihood is
that of whole pieces under the version, melody and all, in nats for each sixteenth of each voice.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import torch

from bench.music.pieces import scores
from bench.music.versions import chosen
from shared.catalogue import check_input
from worker.families.music_rnn import FAMILY
from worker.families.music_rnn.analysis import likelihood_of
from worker.families.music_rnn.corpus import with_key
from worker.families.music_rnn.engine import create
from worker.families.music_rnn.loaded import LoadedMusician
from worker.family import Request
from worker.music.midi_in import read_midi
from worker.music.midi_out import write_midi
from worker.music.score import Score
from worker.music.statistics import compare

SEED, SHAPE = 1685, 16
FAULTS = {
    "parallel_fifths": "Parallel fifths",
    "parallel_octaves": "Parallel octaves",
    "crossing": "Voice crossings",
    "leap": "Leaps of a seventh or over an octave",
    "spacing": "Upper parts over an octave apart",
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", type=Path, help="folder of a version; the starter's is the default")
    parser.add_argument("--pieces", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with TemporaryDirectory() as spare:
        files = chosen(options.version, Path(spare))
        run(files.load(), files.title, options.pieces)


def run(loaded: LoadedMusician, title: str, pieces: int) -> None:
    """Harmonise, check, print."""
    theirs = scores("test")[:pieces]
    ours = harmonised(loaded, theirs)
    found = compare(ours, theirs)["per_100_chords"]
    told = [nats(loaded, some) for some in (ours, theirs)]
    print(f"\n### {len(ours)} sopranos of the test split harmonised by {title}\n")
    print("| measure | harmonised | Bach |\n|---|---|---|")
    print(f"| Melodies that came back with every note as it was | {len(ours)} of {pieces} | |")
    print("| Nats for each sixteenth of each voice | {:.3f} | {:.3f} |".format(*told))
    for kind, name in FAULTS.items():
        print(f"| {name}, per 100 chords | {found[kind]['made']:.2f} | {found[kind]['held_out']:.2f} |")


def harmonised(loaded: LoadedMusician, pieces: Sequence[Score]) -> list[Score]:
    """Each piece's melody with three new voices.

    Raises:
        RuntimeError: a melody came back otherwise than it went in.
    """
    loaded.shape = SHAPE
    operation = FAMILY.description.operation("harmonise")
    requests = []
    for place, piece in enumerate(pieces):
        given = {"melody": "0" * 32, "audio": False, "seed": SEED + place}
        melody = write_midi(replace(piece, parts=piece.parts[:1]))
        requests.append(
            Request(str(place), "harmonise", "0" * 64, check_input(operation, given), {"melody": melody})
        )
    found: dict[int, Score] = {}
    for place, part in create().generate(loaded, requests):
        if isinstance(part, Exception):
            raise part
        (midi,) = (product.data for product in part() if product.role == "output")
        found[place] = unharmed(pieces[place], read_midi(midi).score)
    return [found[place] for place in range(len(pieces))]


def unharmed(before: Score, after: Score) -> Score:
    """``after``. Raises RuntimeError unless its highest part has the notes of ``before``'s."""
    went, came = ([(n.start, n.pitch, n.duration) for n in s.parts[0].notes] for s in (before, after))
    if went != came:
        raise RuntimeError("A melody came back otherwise than it went in.")
    return after


def nats(loaded: LoadedMusician, pieces: Sequence[Score]) -> float:
    """The mean over pieces of how unexpected one is to the version, which is told its key."""
    return mean(float(likelihood_of(loaded, with_key(piece))["per_note"]) for piece in pieces)


if __name__ == "__main__":
    main()
