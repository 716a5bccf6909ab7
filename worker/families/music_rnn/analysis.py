"""What a piece is like: theory, and how well a version foretells it."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from shared.errors import InvalidInput
from worker.family import Encode, Product, Request
from worker.music.score import SIXTEENTH, Score
from worker.music.theory.analysis import analyze
from worker.music.voices import apart

from .batches import Piece, whole
from .drafting import beginning
from .events_codec import TICKS_A_UNIT
from .events_layout import starts_of
from .fitting import fit, read
from .loaded import LoadedMusician
from .products import JSON, beside, plain, recipe_of
from .voices_layout import VoicesLayout

#: Longest piece that is compared with a model, in steps of its representation: some seconds of computing.
LONGEST = 16384
#: Longest piece that is analyzed at all, in sixteenths.
LONGEST_READ = 1 << 16


def analysis_of(loaded: LoadedMusician, request: Request) -> Encode:
    """The report of the piece in a request, ready to be written. Raises InvalidInput or BadFile."""
    score = apart(read(request, "piece", LONGEST_READ))
    try:
        likelihood: dict[str, Any] = likelihood_of(loaded, fit(score, loaded.version, "piece"))
    except InvalidInput as error:
        likelihood = {
            "per_note": None,
            "bars": [],
            "text": f"It cannot be compared with this model. {error.message}",
        }
    return partial(_files, loaded, request, score, likelihood)


@torch.inference_mode()
def likelihood_of(loaded: LoadedMusician, score: Score) -> dict[str, Any]:
    """Negative log-likelihood under the version, in nats a note value: of the whole, and of each bar.

    Raises InvalidInput when the piece is longer than an answer may take.
    """
    layout = loaded.version.layout
    codes, plan = beginning(layout, score, score.end, score.end)
    if len(codes) > LONGEST:
        raise InvalidInput(f"It has {len(codes)} steps, and {LONGEST} are the most.")
    batch = whole(layout, Piece("", codes, plan)).to(loaded.device)
    told = -loaded.version.network(batch.fields, batch.clock, batch.codes)[0].double().cpu()
    at = (
        torch.arange(len(codes)) * SIXTEENTH
        if isinstance(layout, VoicesLayout)
        else starts_of(codes) * TICKS_A_UNIT
    )
    bars = torch.tensor([score.bar_of(int(tick)) for tick in at])
    per_bar = [_mean(told[bars == bar]) for bar in range(score.bars)]
    mean = round(float(told.mean()), 4)
    return {"per_note": mean, "bars": per_bar, "text": _sentence(mean, loaded)}


def _mean(values: torch.Tensor) -> float | None:
    return round(float(values.mean()), 4) if values.numel() else None


def _sentence(mean: float, loaded: LoadedMusician) -> str:
    usual = loaded.version.usual_nll
    if usual is None:
        return f"The model hesitates {mean:.2f} nats over each note value."
    if mean <= usual * 1.1:
        how = "as well as unseen pieces of its own kind: it could be one of them"
    elif mean <= usual * 1.6:
        how = "a little less well than unseen pieces of its own kind"
    else:
        how = "much less well than unseen pieces of its own kind: it is something else"
    return f"The model foretells this piece {how} ({mean:.2f} against {usual:.2f} nats a note value)."


def _files(
    loaded: LoadedMusician, request: Request, score: Score, likelihood: dict[str, Any]
) -> list[Product]:
    found = analyze(score)
    shared = loaded.version.corpus.longest(score)
    run = shared.notes if shared else 0
    report = {
        **found.to_dict(),
        "likelihood": likelihood,
        "copying": {"shared_notes": run, "bound": loaded.version.bound, "copied": run > loaded.version.bound},
    }
    chords = [(chord["start"], chord["roman"]) for chord in report["chords"]]
    curve = {"title": "How unexpected", "values": likelihood["bars"], "unit": "nats per note value"}
    recipe = recipe_of(request, dict(request.input))
    meta = {"kind": "music_analysis", "seconds": round(score.seconds, 1), "bars": score.bars}
    return [
        Product("output", "analysis.json", JSON, plain(report), recipe=recipe, meta=meta),
        *beside(score, "analysis", 0, chords=chords, curve=curve if likelihood["bars"] else None),
    ]
