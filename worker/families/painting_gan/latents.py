"""The latent kept beside every picture, as safetensors: what makes any result a possible parent."""

from __future__ import annotations

import json

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from shared.errors import BadFile, InvalidInput
from worker.schemas import LARGEST_SEED

from .network_config import GeneratorConfig

_MOST_BYTES = 1 << 20


class Latent:
    """Styles (layers, w_dim) float32, and the seed of the noise."""

    def __init__(self, ws: Tensor, noise_seed: int) -> None:
        self.ws, self.noise_seed = ws, noise_seed


def write_latent(ws: Tensor, noise_seed: int, version: str | None) -> bytes:
    """Safetensors bytes of a latent made with ``version``."""
    tensors = {"ws": ws.detach().float().cpu().contiguous().clone(), "noise_seed": torch.tensor([noise_seed])}
    about = {"kind": "latent", "family": "painting_gan", "version": version or ""}
    # One key only: safetensors writes several in an order of its own, and equal latents must be equal bytes.
    return save(tensors, metadata={"atelier": json.dumps(about, sort_keys=True)})


def read_latent(data: bytes, config: GeneratorConfig, version: str | None, field: str) -> Latent:
    """Read what ``write_latent`` wrote.

    Raises BadFile for anything else, InvalidInput for a latent of another version: styles mean nothing there.
    """
    tensors, made_with = _parse(data, field)
    ws, seed = tensors.get("ws"), tensors.get("noise_seed")
    if (
        ws is None
        or seed is None
        or ws.dtype != torch.float32
        or seed.dtype != torch.int64
        or seed.shape != (1,)
    ):
        raise BadFile("This file is not the latent of a picture.", code="not_a_latent", field=field)
    if made_with != (version or "") or ws.shape != (config.layers, config.w_dim):
        raise InvalidInput(
            "That result was made by another version; choose one made by this version.", field=field
        )
    if not bool(torch.isfinite(ws).all()) or not 0 <= int(seed) <= LARGEST_SEED:
        raise BadFile("The latent holds impossible numbers.", code="not_a_latent", field=field)
    return Latent(ws, int(seed))


def _parse(data: bytes, field: str) -> tuple[dict[str, Tensor], str]:
    try:
        if len(data) > _MOST_BYTES:
            raise ValueError("too long")
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
        return load(data), str(json.loads(header["__metadata__"]["atelier"])["version"])
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise BadFile(
            "This file is not the latent of a picture.", code="not_a_latent", field=field
        ) from error
