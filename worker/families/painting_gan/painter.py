"""A generator in memory, and its passes of one fixed shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import torch
from torch import Tensor

from .generator import Generator
from .pictures import to_levels
from .sampling import Draft, noise_of

#: What may be tried. On a CPU small passes were the fastest ones at every resolution.
SHAPES = {"cpu": (1, 2, 4, 8, 16), "cuda": (1, 2, 4, 8, 16, 32, 64, 128)}
#: What every pass had before shapes were measured.
FIRST_SHAPE = {"cpu": 1, "cuda": 32}


class LoadedPainter:
    """A generator, ready to paint. Every pass has ``shape`` pictures, filled up where there are fewer, so
    that neighbors in a batch cannot change a picture's bytes.
    """

    def __init__(self, generator: Generator, device: str) -> None:
        self.generator = generator.eval().requires_grad_(False)
        self.device = device
        self._kind = device.partition(":")[0]
        self.shape = FIRST_SHAPE[self._kind]
        generator.to(device)
        generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        # Styles are drawn one by one from small inputs: on the CPU, whatever paints.
        generator.mapping.cpu()
        generator.w_center = generator.w_center.cpu()
        held = [*generator.parameters(), *generator.buffers()]
        self.nbytes = sum(x.numel() * x.element_size() for x in held)

    def shapes(self) -> Sequence[int]:
        """The shapes that may be tried."""
        return SHAPES[self._kind]

    def rehearse(self, shape: int) -> None:
        """Paint ``shape`` pictures of the mean style."""
        ws = self.generator.w_center[0].expand(self.generator.config.layers, -1)
        self._pass([Draft(ws, 0, {})] * shape)

    def paint(self, drafts: Iterable[Draft]) -> Iterator[Tensor]:
        """uint8 (3, r, r) on the CPU for each draft, as each pass gives them."""
        left = iter(drafts)
        while part := list(islice(left, self.shape)):
            yield from self._pass(part + [part[-1]] * (self.shape - len(part)))[: len(part)]

    @torch.inference_mode()
    def _pass(self, drafts: Sequence[Draft]) -> Tensor:
        ws = torch.stack([one.ws for one in drafts]).to(self.device)
        maps = zip(*(noise_of(self.generator, one.noise_seed) for one in drafts), strict=True)
        noise = [torch.cat(stage).to(self.device) for stage in maps]
        return to_levels(self.generator.synthesize(ws, noise)).cpu()
