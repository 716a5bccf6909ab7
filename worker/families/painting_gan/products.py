"""What a request gives: pictures, their thumbnails and latents, or an animation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from worker.family import Product, Request
from worker.recipes import recipe

from . import FAMILY
from .encode import Levels, animation, png, thumbnail
from .grids import sheet
from .latents import write_latent
from .sampling import Draft

_SHEET_COLUMNS = 8


@dataclass(frozen=True)
class Piece:
    """What is encoded as one: a picture and what stands beside it, or a whole sequence."""

    request: Request
    drafts: Sequence[Draft]
    position: int


def pieces_of(request: Request, drafts: Sequence[Draft]) -> list[Piece]:
    """A request's pieces in order."""
    if request.operation == "interpolate":
        return [Piece(request, drafts, 0)]
    return [Piece(request, [one], position) for position, one in enumerate(drafts)]


def products_of(piece: Piece, levels: Sequence[Tensor]) -> list[Product]:
    """The products of a piece from its rendered pictures, uint8 (3, r, r) each."""
    if piece.request.operation == "interpolate":
        return _sequence(piece.request, piece.drafts[0].input, levels)
    return _picture(piece.request, piece.drafts[0], _hwc(levels[0]), piece.position)


def recipe_of(request: Request, data: dict[str, Any]) -> dict[str, Any]:
    """What makes the same bytes again when it is submitted."""
    return recipe(FAMILY.description, request, data)


def _picture(request: Request, one: Draft, picture: Levels, position: int) -> list[Product]:
    recipe = recipe_of(request, one.input)
    height, width = picture.shape[:2]
    stem = f"{request.operation}-{one.input.get('seed', one.noise_seed)}"
    latent = write_latent(one.ws, one.noise_seed, request.version_id)
    return [
        Product("output", f"{stem}.png", "image/png", png(picture, recipe), position, width, height, recipe),
        Product("thumbnail", f"{stem}.webp", "image/webp", thumbnail(picture), position),
        Product("latent", f"{stem}.safetensors", "application/octet-stream", latent, position),
    ]


def _sequence(request: Request, data: dict[str, Any], levels: Sequence[Tensor]) -> list[Product]:
    recipe = recipe_of(request, data)
    frames = [_hwc(picture) for picture in levels]
    if data["format"] == "sheet":
        laid = sheet(torch.stack(list(levels)), _SHEET_COLUMNS)
        made, media_type, ending = png(laid, recipe), "image/png", "png"
        height, width = laid.shape[:2]
    else:
        shown = frames + frames[-2:0:-1] if data["back"] else frames
        made, media_type, ending = animation(shown, data["format"], round(1000 / data["fps"]), recipe)
        height, width = frames[0].shape[:2]
    return [
        Product("output", f"interpolate.{ending}", media_type, made, 0, width, height, recipe),
        Product("thumbnail", "interpolate.webp", "image/webp", thumbnail(frames[0]), 0),
    ]


def _hwc(picture: Tensor) -> Levels:
    return np.ascontiguousarray(picture.permute(1, 2, 0).numpy())
