"""What EfficientNet-Lite0 sees in pictures: features to compare them by, and the manner of their surface.

Features are the 1,280 pooled ones of a network trained on ImageNet (Tan and Le 2019). The style vector holds
means and deviations of the channels at four strides, as in Huang and Belongie 2017 (AdaIN).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from worker.breathing import breathe
from worker.vision.efficientnet import TAP_CHANNELS, load_lite

Levels = NDArray[np.uint8]
Vectors = NDArray[np.float32]

#: Pixels along each side at which the network looks: details of a brush stroke still show.
PIXELS = 160
FEATURES = 1280
#: Means and deviations of the channels of the four taps.
STYLE = 2 * sum(TAP_CHANNELS)
LOOK = FEATURES + STYLE
#: The part of the features in a look; the rest is style. Measured on paintings against drawings, clip art and
#: noise: features alone take a third of the drawn faces for paintings; style alone finds poor neighbours.
OF_FEATURES = 0.3
#: Rows of every pass: a row's bytes may depend on how many there are, so there are always as many; and one
#: picture that comes alone is what people wait for.
ROWS = 1


def squared(picture: Levels, pixels: int = PIXELS) -> Tensor:
    """uint8 (h, w, 3) as uint8 (3, pixels, pixels): the whole picture, its sides stretched to a square."""
    image = Image.fromarray(picture).resize((pixels, pixels), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


class Eye:
    """A frozen Lite0 in memory. The same picture gives the same bytes, whatever stands beside it."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self.network = load_lite("lite0").to(device)

    @property
    def nbytes(self) -> int:
        """Bytes the network holds."""
        return sum(one.numel() * one.element_size() for one in self.network.buffers())

    def looks(self, pictures: Sequence[Levels]) -> Vectors:
        """What is shown and how it is done in one unit vector, float32 (n, LOOK): the cosine distance of two
        is that of their features and that of their style, weighted.
        """
        features, style = self.look(pictures)
        if not len(features):
            return np.zeros((0, LOOK), np.float32)
        parts = [features * OF_FEATURES**0.5, style * (1.0 - OF_FEATURES) ** 0.5]
        return np.concatenate(parts, axis=1)

    def features(self, pictures: Sequence[Levels]) -> Vectors:
        """Unit vectors, float32 (n, 1280)."""
        return self.look(pictures)[0]

    @torch.no_grad()
    def look(self, pictures: Sequence[Levels]) -> tuple[Vectors, Vectors]:
        """The features of pictures, float32 (n, 1280), and their style, float32 (n, d); all unit vectors."""
        found, styles = [], []
        for rows, count in self._passes(pictures):
            taps = self.network.features(rows)
            pooled = self.network.head(taps[-1]).mean(dim=(2, 3))
            means = torch.cat([tap.mean(dim=(2, 3)) for tap in taps], dim=1)
            spreads = torch.cat([tap.std(dim=(2, 3)) for tap in taps], dim=1)
            found.append(F.normalize(pooled, dim=1)[:count].cpu())
            styles.append(F.normalize(torch.cat([means, spreads], dim=1), dim=1)[:count].cpu())
            breathe()
        if not found:
            return np.zeros((0, FEATURES), np.float32), np.zeros((0, 0), np.float32)
        return torch.cat(found).numpy(), torch.cat(styles).numpy()

    def _passes(self, pictures: Sequence[Levels]) -> Iterator[tuple[Tensor, int]]:
        for start in range(0, len(pictures), ROWS):
            chosen = [squared(picture) for picture in pictures[start : start + ROWS]]
            filled = chosen + [torch.zeros_like(chosen[0])] * (ROWS - len(chosen))
            yield torch.stack(filled).to(self.device).float() / 127.5 - 1.0, len(chosen)
