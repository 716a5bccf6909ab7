"""The toy's networks: a 4 x 8 matrix that learns to undo noise."""

from __future__ import annotations

import json
import os
import random
import struct
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from shared.errors import BadFile, OutOfMemory
from tests.families.toy import crashes
from tests.families.toy.trainer import ToyTrainer
from worker.family import Checkin, Ingested, IngestedItem, Part, Product, Request, Trainer, TrainingJob
from worker.serving import faults

LATENT = 4
SIDE = 8
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass
class ToyLoaded:
    """The matrix; every pass multiplies ``shape`` latents with it."""

    weight: Tensor
    shape: int = 1

    @property
    def nbytes(self) -> int:
        return self.weight.numel() * self.weight.element_size()

    def shapes(self) -> Sequence[int]:
        return (1, 2, 4, 8)

    def rehearse(self, shape: int) -> None:
        self._pass([torch.zeros(LATENT)] * shape)

    def rows(self, latents: Sequence[Tensor]) -> Iterator[Tensor]:
        """One row of gray pixels for each latent."""
        for start in range(0, len(latents), self.shape):
            part = latents[start : start + self.shape]
            filled = [*part, *[part[-1]] * (self.shape - len(part))]
            yield from self._pass(filled)[: len(part)]

    def _pass(self, latents: Sequence[Tensor]) -> Tensor:
        return torch.sigmoid(torch.stack(list(latents)) @ self.weight).mul(255).to(torch.uint8)


class ToyEngine:
    """Every method does what the contract says; ``trouble`` in the input makes it fail."""

    def load(self, weights: Path, config: Mapping[str, Any], device: str) -> ToyLoaded:
        try:
            return ToyLoaded(load_file(weights, device=device)["weight"])
        except (SafetensorError, KeyError, OSError) as error:
            raise BadFile(f"these are no weights of a toy: {error}", code="bad_weights") from error

    def generate(self, loaded: ToyLoaded, requests: Sequence[Request]) -> Iterator[Part]:
        # Tests of served-in-place work rely on this: generating disturbs the global streams.
        torch.rand(3)
        random.random()
        drafts: list[tuple[int, int, Tensor]] = []
        for place, request in enumerate(requests):
            make_trouble(str(request.input.get("trouble", "none")))
            hoard(int(request.input.get("hoard_mb", 0)) * int(request.input.get("count", 1)))
            time.sleep(request.input.get("hold_ms", 0) / 1000)
            if request.input.get("trouble") == "sample_error":
                yield place, BadFile("this toy cannot be made", code="toy_broken")
            elif len(request.files.get("parent", b" " * 4 * LATENT)) != 4 * LATENT:
                yield place, BadFile("the parent is no toy", field="parent")
            elif not request.files.get("picture", PNG).startswith(PNG):
                yield place, BadFile("the picture is none", code="not_an_image", field="picture")
            else:
                drafts += [(place, position, latent) for position, latent in enumerate(_latents(request))]
        rows = loaded.rows([latent for *_, latent in drafts])
        for (place, position, latent), row in zip(drafts, rows, strict=True):
            yield place, partial(_products, requests[place], position, latent, row)
        if any(request.input.get("trouble") == "wrong_count" for request in requests):
            yield len(requests), list

    def trainer(self, job: TrainingJob, device: str) -> Trainer:
        return ToyTrainer(job)

    def ingest(self, request: Request, workspace: Path, checkin: Checkin) -> Ingested:
        items, refused = [], []
        for number, upload in enumerate(request.uploads):
            checkin(number / len(request.uploads), {"file": upload.name})
            time.sleep(request.input["hold_ms"] / 1000)
            data = upload.path.read_bytes()
            if not data.startswith(b"toy"):
                reason = "this is no toy"
                refused.append({"name": upload.name, "code": "not_a_toy", "reason": reason})
                continue
            path = workspace / f"{number}.bin"
            path.write_bytes(data)
            items.append(IngestedItem(path, upload.name, "application/octet-stream", thumbnail=data[:3]))
        if not items:
            raise BadFile("there is no toy among the files", code="no_toys")
        manifest = {"items": [item.name for item in items]}
        return Ingested(request.input["name"], "toy", items, manifest, refused)


def make_trouble(kind: str) -> None:
    """Fail in the way that ``kind`` names."""
    if kind == "error":
        raise RuntimeError("secret detail of the toy")
    if kind == "out_of_memory":
        raise OutOfMemory("the toy is too large")
    if kind == "memory_error":
        raise MemoryError
    if kind == "exit":
        os._exit(9)
    if kind == "spoil_device":
        spoil_device()


def spoil_device() -> None:
    """Fail as a kernel that reads past its memory does: afterwards nothing computes in this process.

    On CUDA by such a kernel. Elsewhere no device breaks like that, so what asks it is told so.
    """
    if torch.cuda.is_available():
        values = torch.zeros(1, device="cuda")
        float(values[torch.tensor([1 << 20], device="cuda")].item())
    faults.device_is_sound = lambda device: False
    raise RuntimeError("device-side assert triggered")


def hoard(megabytes: int) -> None:
    """Hold so much memory for a moment. Raises what the allocator raises."""
    torch.ones(megabytes << 18).sum()


def _latents(request: Request) -> Iterator[Tensor]:
    for position in range(int(request.input.get("count", 1))):
        heard = zlib.crc32(request.files.get("picture", b""))
        stream = torch.Generator().manual_seed(int(request.input["seed"]) + position + heard)
        latent = torch.randn(LATENT, generator=stream)
        if "parent" in request.files:
            latent = (latent + torch.frombuffer(bytearray(request.files["parent"]), dtype=torch.float32)) / 2
        yield latent


def _products(request: Request, position: int, latent: Tensor, row: Tensor) -> list[Product]:
    if request.input.get("trouble") == "encode_error":
        raise BadFile("this toy cannot be drawn", code="toy_smudged")
    recipe = {"operation": request.operation, "version": request.version_id, "input": request.input}
    name = f"toy-{position}"
    data = latent.numpy().tobytes()
    return [
        Product("output", f"{name}.png", "image/png", png(row), position, SIDE, 1, recipe),
        Product("latent", f"{name}.f32", "application/octet-stream", data, position),
    ]


def png(row: Tensor) -> bytes:
    """One row of gray pixels as a PNG."""
    header = struct.pack(">IIBBBBB", len(row), 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" + bytes(row.tolist()))
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return PNG + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def weights_file(seed: int = 0) -> bytes:
    """A version of the toy as a safetensors file."""
    from safetensors.torch import save

    weight = torch.randn(LATENT, SIDE, generator=torch.Generator().manual_seed(seed))
    return save({"weight": weight}, metadata={"toy": json.dumps(seed)})


def create() -> ToyEngine:
    """The entry point named in FAMILY."""
    crashes.arm()
    return ToyEngine()
