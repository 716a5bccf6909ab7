"""How quickly a picture is analysed, alone and among others.

    python -m bench.analysis_speed [--version FOLDER] [--rounds N]

One thread of torch, seconds of the processor. *Alone*: a request for a picture of one megapixel, a JPEG,
through the engine with the network in memory, until its files are there; the decoding of a file from outside
in a limited process of its own is told apart. *Queued*: 64 requests together, against a bare loop that
decodes, shrinks and looks at the same pictures in passes of the same size and makes the same figures,
sentences, heat maps and files, with nothing around it.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter

from bench.report import Figure, finish, median
from shared.catalogue import check_input
from worker.families.art_cnn import FAMILY
from worker.families.art_cnn.analysis import shrunk
from worker.families.art_cnn.answers import answers_of, domain_of, originality_of
from worker.families.art_cnn.engine import create
from worker.families.art_cnn.gradcam import heat, overlay_png
from worker.families.art_cnn.judging import distances
from worker.families.art_cnn.loaded import LoadedJudge, Seen
from worker.family import Request
from worker.picture.critique import critique
from worker.picture.examine import examine
from worker.shapes import probe
from worker.starter import models
from worker.vision.features import Eye, squared
from worker.vision.reading import read_picture

SIDE, SMALL, QUEUED = 1000, 256, 64
MOST_SECONDS, LEAST_RATIO = 0.4, 0.85
STARTER = Path(models.__file__).parent / "models" / "painting-styles"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", type=Path, default=STARTER, help="folder of a version")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    config = json.loads((options.version / "config.json").read_text())
    judge = create().load(options.version / "weights.safetensors", config, "cpu")
    # As a worker would measure it.
    judge.shape = probe(judge.rehearse, judge.shapes(), QUEUED, time.thread_time).shape
    large, small = _jpeg(SIDE, 0), [_jpeg(SMALL, seed) for seed in range(QUEUED)]
    alone = [_seconds(lambda: _ours(judge, [large])) for _ in range(options.rounds + 1)][1:]
    outside = [_clock(lambda: read_picture(large, "picture")) for _ in range(options.rounds)]
    ours, bare = [], []
    for _ in range(options.rounds):
        ours.append(_seconds(lambda: _ours(judge, small)))
        bare.append(_seconds(lambda: _bare(judge, small)))
    figures = [
        Figure("one picture of a megapixel, network in memory", median(alone), "s", MOST_SECONDS),
        Figure("decoding it in a limited process, by the clock", median(outside), "s"),
        Figure("64 queued, pictures a second", QUEUED / median(ours), "/s"),
        Figure(
            "64 queued beside the bare loop", median(bare) / median(ours), "x", LEAST_RATIO, at_least=True
        ),
    ]
    finish("Analysis", figures, [f"Passes of {judge.shape}; {options.rounds} rounds, medians."])


def _ours(judge: LoadedJudge, pictures: list[bytes]) -> None:
    analyze = FAMILY.description.operation("analyze")
    complete = check_input(analyze, {"picture": "bench"})
    requests = [Request("bench", "analyze", "0" * 64, complete, {"picture": data}) for data in pictures]
    for _, part in create().generate(judge, requests):
        assert callable(part)
        part()


@torch.inference_mode()
def _bare(judge: LoadedJudge, pictures: list[bytes]) -> None:
    version = judge.version
    network, known = version.network, version.works.features.float()
    pixels, eye = network.config.pixels, Eye()
    for start in range(0, len(pictures), judge.shape):
        levels = [np.array(Image.open(io.BytesIO(data))) for data in pictures[start : start + judge.shape]]
        rows = torch.stack([squared(one, pixels) for one in levels])
        maps = network.maps(rows.float() / 127.5 - 1.0)
        logits = network.answers(maps.mean(dim=(2, 3)))
        for picture, seen, told in zip(levels, maps, logits, strict=True):
            likely = tuple(
                (part.double() / head.temperature).softmax(0)
                for part, head in zip(network.by_head(told), version.judgement.heads, strict=True)
            )
            look = torch.from_numpy(eye.looks([picture]))
            near, far = (float(each[0]) for each in distances(look, known))
            one = Seen(likely, seen, look[0], far, version.judgement.inside(near, far))
            answers = answers_of(version, one)
            examination = examine(picture)
            report = {"heads": answers, "domain": domain_of(version, one), **examination.to_dict()}
            report["originality"] = originality_of(version, one)
            report["critique"] = [
                line.to_dict() for line in critique(examination, version.usual_for(picture), answers)
            ]
            json.dumps(report)
            for cam in heat(network, seen, [int(one.argmax()) for one in likely]):
                overlay_png(cam, picture.shape[1], picture.shape[0])
            shrunk(picture, 1024), shrunk(picture, 384)


def _jpeg(side: int, seed: int) -> bytes:
    """A picture of soft shapes, as a JPEG."""
    noise = np.random.default_rng(seed).integers(0, 256, (side // 8, side // 8, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)
    target = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(2)).save(target, "JPEG", quality=92)
    return target.getvalue()


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _clock(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


if __name__ == "__main__":
    main()
