"""What a model makes beside the works of a data set: how near, how varied, of which kinds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from shared.errors import AtelierError, InvalidInput
from worker.advice.usual import usual_of
from worker.family import Companion, Encode, Product, Request
from worker.picture.examine import examine
from worker.picture.knowledge import catalogue
from worker.schemas import LARGEST_SEED
from worker.vision.efficientnet import load_lite
from worker.vision.features import squared
from worker.vision.kid import SCORE_PIXELS, embed, kernel_distance
from worker.vision.neighbourhoods import precision_and_recall
from worker.vision.reading import read_picture

from .answers import answers_of
from .card import title_of
from .loaded import Levels, LoadedJudge
from .pictures import read_levels
from .products import JSON, WEBP, plain, recipe_of, sheet

KIND = "model_evaluation"
FEWEST_WORKS = 8
#: So many works of the data set are compared with, at even distances.
MOST_WORKS = 1000
#: So many of each side are examined for their figures.
MOST_EXAMINED = 100
#: A maker makes so many in a call.
BATCH = 16
GRID = 16
_FIGURES = ("palette.colourfulness", "palette.contrast", "palette.brightness", "composition.edge_density")


def evaluate(loaded: LoadedJudge, request: Request) -> Encode:
    """Let the maker make, look at both sides, and compare.

    Raises:
        InvalidInput: the data set has too few works, or the maker makes no pictures.
    """
    dataset = request.datasets["dataset"]
    items = dataset.items
    if len(items) < FEWEST_WORKS:
        raise InvalidInput(
            f"The data set has {len(items)} works; {FEWEST_WORKS} are the least to compare with.",
            field="dataset", code="too_few_pictures",
        )  # fmt: skip
    maker = request.companions["maker"]
    count = int(request.input["pictures"])

    def tell(done: int) -> None:
        request.checkin(0.5 * done / count, {"made": done})

    made = pictures_of(maker, count, int(request.input["seed"]), tell)
    works = Shelf([item.path for item in items[:: max(1, -(-len(items) // MOST_WORKS))]])
    network = load_lite("lite1").to(loaded.device)
    ours, theirs = (
        embed(network, _small(side).to(loaded.device).float() / 127.5 - 1.0).cpu() for side in (made, works)
    )
    request.checkin(0.7)
    heads = _heads(loaded, made, works)
    request.checkin(0.9)
    report = {
        "kind": KIND,
        "maker": {"version": maker.version_id, "name": maker.name},
        "count": len(made),
        "dataset": {
            "name": dataset.name,
            "count": len(items),
            "compared": len(works),
            "own": bool(dataset.hash) and maker.dataset_hash == dataset.hash,
        },
        **_nearness(ours, theirs),
        "heads": heads,
    }
    return partial(_products, request, report, made, works)


def pictures_of(maker: Companion, count: int, seed: int, tell: Callable[[int], object]) -> list[Levels]:
    """The pictures that a maker makes of consecutive seeds; ``tell`` hears how many it has made.

    Raises InvalidInput when it makes none.
    """
    found: list[Levels] = []
    # Before the last seed rather than beyond it.
    first = min(seed, LARGEST_SEED - count)
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        (products,) = maker.make("generate", [{"count": size, "seed": first + start}])
        if isinstance(products, AtelierError):
            raise products
        outputs = [one for one in products if one.role == "output" and one.media_type.startswith("image/")]
        found += [read_picture(one.data, "maker", foreign=False) for one in outputs]
        tell(len(found))
    if not found:
        raise InvalidInput(f"{maker.name} makes no pictures.", field="maker", code="wrong_version")
    return found


class Shelf:
    """The works of a data set, read anew each time they are gone through: all of them may be gigabytes."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[Levels]:
        return map(read_levels, self._paths)

    def __getitem__(self, part: slice) -> Shelf:
        return Shelf(self._paths[part])


#: One side of the comparison.
Side = list[Levels] | Shelf


def _small(pictures: Side) -> Tensor:
    return torch.stack([squared(one, SCORE_PIXELS) for one in pictures])


def _nearness(made: Tensor, works: Tensor) -> dict[str, Any]:
    """KID-lite1 beside the floor between two halves of the works, precision and recall, and diversity."""
    order = torch.randperm(len(works), generator=torch.Generator().manual_seed(0))
    half = len(works) // 2
    floor = kernel_distance(works[order[:half]], works[order[half:]])
    precision, recall = precision_and_recall(made, works)
    return {
        "kid": {"value": round(kernel_distance(made, works), 4), "floor": round(floor, 4)},
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "diversity": {"made": round(_spread(made), 4), "works": round(_spread(works), 4)},
    }


def _spread(features: Tensor) -> float:
    """Mean cosine distance between different rows."""
    rows = torch.nn.functional.normalize(features.double(), dim=1)
    count = len(rows)
    return float(1.0 - ((rows @ rows.T).sum() - count) / (count * (count - 1))) if count > 1 else 0.0


def _heads(loaded: LoadedJudge, made: Side, works: Side) -> list[dict[str, Any]]:
    """How often each class comes on each side, and half the sum of the differences."""
    ours, theirs = (
        [answers_of(loaded.version, seen) for seen in loaded.look(side)] for side in (made, works)
    )
    found = []
    for place, head in enumerate(loaded.version.network.config.heads):
        shares = [_shares(side, place) for side in (ours, theirs)]
        names = sorted({*shares[0], *shares[1]})
        distance = sum(abs(shares[0].get(name, 0.0) - shares[1].get(name, 0.0)) for name in names) / 2
        found.append(
            {
                "name": head.name,
                "title": title_of(head.name),
                "made": shares[0],
                "works": shares[1],
                "distance": round(distance, 4),
            }
        )
    return found


def _shares(answers: Sequence[list[dict[str, Any]]], place: int) -> dict[str, float]:
    counts = Counter(one[place]["classes"][0]["name"] for one in answers)
    return {name: round(count / len(answers), 4) for name, count in counts.most_common()}


def _products(request: Request, report: dict[str, Any], made: list[Levels], works: Shelf) -> list[Product]:
    figures = _figures(made, works)
    report = {**report, "figures": figures, "text": _sentences(report)}
    meta = {"kind": KIND, "count": report["count"]}
    recipe = recipe_of(request)
    return [
        Product("output", "evaluation.json", JSON, plain(report), recipe=recipe, meta=meta),
        Product("thumbnail", "evaluation.webp", WEBP, sheet(made[:GRID])),
    ]


def _figures(made: Side, works: Side) -> list[dict[str, Any]]:
    sides = []
    for side in (made, works):
        some = side[:: max(1, -(-len(side) // MOST_EXAMINED))]
        sides.append(usual_of([examine(one).figures() for one in some]))
    titles = catalogue()
    return [
        {
            "figure": name,
            "title": titles[name].title,
            "unit": titles[name].unit,
            "made": [round(sides[0].points[name][place], 4) for place in (2, 10, 18)],
            "works": [round(sides[1].points[name][place], 4) for place in (2, 10, 18)],
        }
        for name in _FIGURES
    ]


def _sentences(report: dict[str, Any]) -> list[str]:
    """The comparison in words, each sentence with its figures."""
    kid, diversity = report["kid"], report["diversity"]
    told = [
        f"KID-lite1 is {kid['value']:.3f}; two halves of the works differ by {kid['floor']:.3f}.",
        f"{_share(report['precision'])} of what it makes lies among the works; {_share(report['recall'])} of "
        "the works lie among what it makes.",
        f"What it makes differs {diversity['made'] / max(diversity['works'], 1e-9):.2f} times as much from "
        "one another as the works do.",
    ]
    for head in report["heads"]:
        most = max(
            sorted({*head["made"], *head["works"]}),
            key=lambda name: abs(head["made"].get(name, 0.0) - head["works"].get(name, 0.0)),
        )
        told.append(
            f"{head['title']}: {most} is {_share(head['made'].get(most, 0.0))} of what it makes and "
            f"{_share(head['works'].get(most, 0.0))} of the works, the largest difference."
        )
    return told


def _share(part: float) -> str:
    return f"{100.0 * part:.0f} %"
