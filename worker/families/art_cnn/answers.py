"""What a version answers about a picture, as a report tells it."""

from __future__ import annotations

from typing import Any

import torch

from .card import title_of
from .loaded import Seen
from .version import Version

MOST_CLASSES = 5
MOST_NEIGHBOURS = 6
#: Below this cosine distance two pictures differ by no more than encoding them anew makes them differ.
_ALIKE = 0.005


def answers_of(version: Version, seen: Seen) -> list[dict[str, Any]]:
    """The heads' answers: the likeliest classes, and whether it is sure enough to say so."""
    inside = seen.inside
    found = []
    for head, how, likely in zip(
        version.network.config.heads, version.judgement.heads, seen.probabilities, strict=True
    ):
        order = torch.argsort(likely, descending=True, stable=True)[:MOST_CLASSES]
        classes = [
            {"name": head.classes[int(place)], "probability": round(float(likely[place]), 4)}
            for place in order
        ]
        found.append(
            {
                "name": head.name,
                "title": title_of(head.name),
                "classes": classes,
                "probabilities": {
                    name: round(float(one), 4) for name, one in zip(head.classes, likely, strict=True)
                },
                "sure": inside and float(likely[order[0]]) >= how.threshold,
                "threshold": round(how.threshold, 4),
                "accuracy": round(how.accuracy, 4) if how.coverage else None,
                "coverage": round(how.coverage, 4),
                "gradcam": True,
            }
        )
    return found


def domain_of(version: Version, seen: Seen) -> dict[str, Any]:
    """Whether the picture is of the kind that was learned from."""
    bound = version.judgement.bound
    inside = seen.inside
    text = (
        "It lies among the pictures that this analyser learned from."
        if inside
        else "It is unlike the pictures that this analyser learned from: what it says of it is not to be "
        "believed."
    )
    return {"distance": round(seen.distance, 4), "bound": round(bound, 4), "inside": inside, "text": text}


def originality_of(version: Version, seen: Seen) -> dict[str, Any]:
    """The works learned from that are nearest, and how far off they are beside what is usual."""
    nearest = version.works.nearest(seen.feature, MOST_NEIGHBOURS)
    if not nearest:
        return {"distance": None, "percentile": None, "neighbours": [], "text": ""}
    distance = nearest[0][1]
    percentile = version.judgement.percentile(distance)
    neighbours: list[dict[str, Any]] = [
        {"work": version.works.entries[place], "distance": far} for place, far in nearest
    ]
    return {
        "distance": distance,
        "percentile": round(percentile, 1),
        "neighbours": neighbours,
        "text": _sentence(distance, percentile, str(neighbours[0]["work"]["name"]).rpartition("/")[2]),
    }


def _sentence(distance: float, percentile: float, name: str) -> str:
    if distance < _ALIKE and not percentile:
        return (
            f"To this analyser it is all but the same as “{name}”: the same picture, a copy of it, or one "
            "very much like it."
        )
    if percentile <= 5.0:
        return f"It lies nearer to “{name}” than nearly all unseen pictures of the data set lie to any."
    if percentile >= 95.0:
        return "It lies farther from every work learned from than nearly all unseen pictures of the data set."
    return (
        f"It is as far from the nearest work, “{name}”, as unseen pictures of the data set usually are: "
        f"{percentile:.0f} in 100 of them lie nearer to one."
    )
