"""What the ranks and the child that leads them tell each other: lines of JSON, and files beside them.

Everything lies in one private folder that the child makes and removes. Tensors go as safetensors files, a
product's bytes as a file of their own; nothing is pickled.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from safetensors.torch import load, save

from shared import errors
from shared.errors import AtelierError
from worker import checkpoints
from worker.family import Dataset, Item, Product, Snapshot, Trained, TrainingJob

#: Names inside the folder.
ASSIGNMENT, LINE, STATE, WEIGHTS = "assignment.json", "line", "state.safetensors", "weights.safetensors"


@dataclass(frozen=True)
class Assignment:
    """What the ranks train: the job, the family's engine (``module:callable``), a device for each rank."""

    engine: str
    devices: tuple[str, ...]
    job: TrainingJob


@dataclass(frozen=True)
class Status:
    """Where the training is after a command: what a trainer's properties say."""

    step_count: int
    fraction: float
    done: bool
    snapshot_due: bool


def write_assignment(folder: Path, assignment: Assignment) -> None:
    """Leave it in ``folder`` for the ranks."""
    text = json.dumps(asdict(assignment), default=str)
    (folder / ASSIGNMENT).write_text(text, encoding="utf-8")


def read_assignment(folder: Path) -> Assignment:
    """What ``write_assignment`` left."""
    found = json.loads((folder / ASSIGNMENT).read_text(encoding="utf-8"))
    job, data = found["job"], found["job"]["dataset"]
    items = [Item(**item | {"path": Path(item["path"])}) for item in data["items"]]
    base = Path(job["base"]) if job["base"] is not None else None
    training = TrainingJob(**job | {"dataset": Dataset(data["name"], data["hash"], items), "base": base})
    return Assignment(found["engine"], tuple(found["devices"]), training)


def put_snapshot(folder: Path, snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as JSON, its products as files."""
    return {
        "products": _put(folder, snapshot.products),
        "metrics": snapshot.metrics,
        "notes": snapshot.notes,
    }


def take_snapshot(folder: Path, told: dict[str, Any]) -> Snapshot:
    """What ``put_snapshot`` was given; its files are removed."""
    return Snapshot(_take(folder, told["products"]), told["metrics"], told["notes"])


def put_trained(folder: Path, trained: Trained) -> dict[str, Any]:
    """The version as JSON, its weights and products as files."""
    (folder / WEIGHTS).write_bytes(
        save({name: checkpoints.own(tensor) for name, tensor in trained.weights.items()})
    )
    return {
        "config": trained.config,
        "card": trained.card,
        "products": _put(folder, trained.products),
        # A safetensors file has an order of its own.
        "order": list(trained.weights),
    }


def take_trained(folder: Path, told: dict[str, Any]) -> Trained:
    """What ``put_trained`` was given; its files are removed."""
    weights = load(_taken(folder / WEIGHTS))
    ordered = {name: weights[name] for name in told["order"]}
    return Trained(ordered, told["config"], told["card"], _take(folder, told["products"]))


def put_error(folder: Path, rank: int, error: AtelierError) -> None:
    """Leave why a rank ends; whoever finds the file finds it whole."""
    written = folder / f"error-{rank}.part"
    told = {
        "kind": type(error).__name__,
        "message": error.message,
        "field": error.field,
        "code": error.code,
        "detail": error.detail,
    }
    written.write_text(json.dumps(told), encoding="utf-8")
    written.rename(folder / f"error-{rank}.json")


def find_error(folder: Path) -> AtelierError | None:
    """The error of the first rank that left one."""
    for path in sorted(folder.glob("error-*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        kind = getattr(errors, told.pop("kind"), AtelierError)
        error: AtelierError = kind(told.pop("message"), **told)
        return error
    return None


def _put(folder: Path, products: Sequence[Product]) -> list[dict[str, Any]]:
    told = []
    for number, product in enumerate(products):
        (folder / f"product-{number}").write_bytes(product.data)
        told.append(asdict(replace(product, data=b"")) | {"data": None})
    return told


def _take(folder: Path, told: Sequence[dict[str, Any]]) -> list[Product]:
    return [
        Product(**product | {"data": _taken(folder / f"product-{number}")})
        for number, product in enumerate(told)
    ]


def _taken(path: Path) -> bytes:
    data = path.read_bytes()
    path.unlink()
    return data
