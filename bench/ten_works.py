"""Analysis and advice on ten very different works of the starter pack, to be read by eye.

    python -m bench.ten_works [--to docs/advice]

Writes a page and the pictures beside it. Every sentence stands with the figures that it was made from. The
versions are the starter's; what is usual comes from the starter's data sets.
"""

from __future__ import annotations

import argparse
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from worker.advice.aim import Aim
from worker.advice.usual import Usual, usual_of
from worker.families.art_cnn.answers import answers_of, domain_of
from worker.families.art_cnn.engine import create
from worker.music.advice.advice import advise_music
from worker.music.advice.figures import figures_of
from worker.music.midi_in import read_midi
from worker.music.roll import piano_roll
from worker.music.theory.analysis import analyze
from worker.picture.advice import advise
from worker.picture.critique import critique
from worker.picture.examine import examine
from worker.starter import models

STARTER = Path(models.__file__).parent
JUDGE = STARTER / "models" / "painting-styles"
#: The works, and the mood that each is held against.
PICTURES = (
    ("paintings.zip", "img/p240_034.jpg", "dramatic"),
    ("paintings.zip", "img/p240_041.jpg", "calm"),
    ("paintings.zip", "img/p240_010.jpg", "joyful"),
    ("paintings.zip", "img/p240_117.jpg", "melancholic"),
    ("paintings.zip", "img/p240_105.jpg", "tender"),
    ("paintings.zip", "img/uky_01_tokaido.jpg", "dramatic"),
    ("drawn_faces.zip", "", "mysterious"),
)
CHORALES = (
    ("midi/train_003.mid", "calm"),
    ("midi/train_100.mid", "joyful"),
    ("midi/train_180.mid", "solemn"),
)
MOST_SENTENCES, MOST_ADVICE = 6, 5
SHOWN = 192


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=Path("docs/advice"))
    folder = parser.parse_args().to
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Ten works, judged and advised",
        "",
        "Written by `python -m bench.ten_works`: what Atelier says of ten works of its starter pack, six "
        "sentences of the critique and five pieces of advice at most, each with the figures it stands on (in "
        "brackets: how many in 100 works of the collection lie below). The moods aimed at were chosen "
        "against the grain of the works on purpose.",
        "",
    ]
    for part in (*_pictures(folder), *_chorales(folder)):
        lines += [*part, ""]
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")
    print(f"{folder / 'README.md'}: {len(PICTURES) + len(CHORALES)} works")


def _pictures(folder: Path) -> Iterator[list[str]]:
    config = json.loads((JUDGE / "config.json").read_text("utf-8"))
    judge = create().load(JUDGE / "weights.safetensors", config, "cpu")
    for number, (archive, wanted, mood) in enumerate(PICTURES, start=1):
        name, data = _member(archive, wanted)
        picture = np.array(Image.open(io.BytesIO(data)).convert("RGB"))
        Image.fromarray(picture).resize((SHOWN, SHOWN), Image.Resampling.LANCZOS).save(
            folder / f"{number:02d}.webp", quality=80
        )
        (seen,) = judge.look([picture])
        answers = answers_of(judge.version, seen)
        examination, usual = examine(picture), judge.version.usual_for(picture)
        told = [one.to_dict() for one in critique(examination, usual, answers)]
        advice = [one.to_dict() for one in advise(examination, Aim(mood=mood), usual)]
        domain = domain_of(judge.version, seen)["text"]
        yield [
            f"## {number}. {name}",
            "",
            f"![{name}]({number:02d}.webp)",
            "",
            domain,
            "",
            *_list(told[:MOST_SENTENCES]),
            "",
            f"Aim: {mood}.",
            "",
            *_list(advice[:MOST_ADVICE]),
        ]


def _chorales(folder: Path) -> Iterator[list[str]]:
    archive = zipfile.ZipFile(STARTER / "data" / "bach_chorales.zip")
    names = sorted(name for name in archive.namelist() if name.endswith(".mid"))
    usual = _usual(archive.read(name) for name in names[::3])
    for number, (name, mood) in enumerate(CHORALES, start=len(PICTURES) + 1):
        score = read_midi(archive.read(name)).score
        (folder / f"{number:02d}.webp").write_bytes(piano_roll(score))
        analysis = analyze(score).to_dict()
        words = ", ".join(analysis["mood"]["words"])
        advice = [one.to_dict() for one in advise_music(score, Aim(mood=mood), usual)]
        yield [
            f"## {number}. {Path(name).stem}",
            "",
            f"![piano roll]({number:02d}.webp)",
            "",
            f"{analysis['key']['name']}, {analysis['bars']} bars; mood: {words}.",
            "",
            f"Aim: {mood}.",
            "",
            *_list(advice[:MOST_ADVICE]),
        ]


def _usual(files: Iterable[bytes]) -> Usual:
    return usual_of([figures_of(analyze(read_midi(data).score)) for data in files])


def _member(archive: str, wanted: str) -> tuple[str, bytes]:
    """A picture of a starter archive; without a name the one in the middle."""
    pack = zipfile.ZipFile(STARTER / "data" / archive)
    names = sorted(name for name in pack.namelist() if name.startswith("img/") and not name.endswith("/"))
    name = wanted or names[len(names) // 2]
    return Path(name).stem, pack.read(name)


def _list(sentences: Iterable[Mapping[str, Any]]) -> list[str]:
    found = []
    for one in sentences:
        evidence = "; ".join(_evidence(row) for row in one["evidence"])
        found.append(f"- {one['text']} *{evidence}. {one['source']}.*")
    return found or ["- Nothing."]


def _evidence(row: Mapping[str, Any]) -> str:
    below = "" if row["percentile"] is None else f" [{row['percentile']:.0f}]"
    unit = f" {row['unit']}" if row["unit"] else ""
    return f"{row['title']} {row['value']}{unit}{below}"


if __name__ == "__main__":
    main()
