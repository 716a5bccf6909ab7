"""A training's whole state as one safetensors file: tensors as tensors, everything else as JSON beside them.

``flatten`` and ``unflatten`` carry nested state (an optimizer's ``state_dict``, say) in that form, exactly:
types, key types and dtypes come back as they were. Nothing is pickled.
"""

from __future__ import annotations

import json
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from shared.errors import ArtifactDamaged
from worker.family import TrainerState

METADATA_KEY = "atelier"
FORMAT = 1


def pack(job_id: str, step: int, state: TrainerState) -> bytes:
    """``state`` as a file. The job and step inside make the bytes, and so the blob, this job's own."""
    header = {"format": FORMAT, "job": job_id, "step": step, "meta": state.meta}
    tensors = {name: own(tensor) for name, tensor in state.tensors.items()}
    return save(tensors, metadata={METADATA_KEY: json.dumps(header)})


def unpack(data: bytes) -> TrainerState:
    """The state in a file made by ``pack``.

    Raises:
        ArtifactDamaged: if the bytes are not such a file.
    """
    try:
        size = int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8 : 8 + size])["__metadata__"]
        header = json.loads(metadata[METADATA_KEY])
        tensors = load(data)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ArtifactDamaged(f"the checkpoint cannot be read: {error}") from error
    if header.get("format") != FORMAT:
        raise ArtifactDamaged(f"the checkpoint has format {header.get('format')}, this worker reads {FORMAT}")
    return TrainerState(tensors, header["meta"])


def flatten(value: Any) -> tuple[dict[str, Tensor], Any]:
    """Split nested dicts, lists, tuples, scalars and tensors into tensors by name and JSON.

    Raises:
        TypeError: for a value of another type.
    """
    tensors: dict[str, Tensor] = {}
    return tensors, _flatten(value, "", tensors)


def unflatten(tensors: dict[str, Tensor], meta: Any) -> Any:
    """What ``flatten`` was given."""
    if not isinstance(meta, dict):
        return meta
    (kind, content), = meta.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "dict":
        return {key: unflatten(tensors, item) for key, item in content}
    items = [unflatten(tensors, item) for item in content]
    return tuple(items) if kind == "tuple" else items


def _flatten(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Tensor):
        name = path or "value"
        while name in tensors:  # {"a/b": x} beside {"a": {"b": y}}, or the keys 1 and "1"
            name += "'"
        tensors[name] = value
        return {"tensor": name}
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, (str, int)):
                kind = type(key).__name__
                raise TypeError(f"a state's keys are strings or integers, not {kind} (at {path!r})")
        return {"dict": [[key, _flatten(item, _below(path, key), tensors)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_flatten(item, _below(path, i), tensors) for i, item in enumerate(value)]}
    raise TypeError(f"a state cannot hold a {type(value).__name__} (at {path!r})")


def _below(path: str, key: str | int) -> str:
    return f"{path}/{key}" if path else str(key)


def own(tensor: Tensor) -> Tensor:
    """A contiguous copy on the CPU that nothing else refers to."""
    # safetensors refuses tensors that share memory, and a later step must not change what is being written.
    return tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
