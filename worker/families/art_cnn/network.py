"""The network: one trunk, and a linear head for each question, over what the trunk sees on average."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from worker.vision.efficientnet import NormedConv, SameConv, load_lite

from .network_config import BLOCKS, NetworkConfig
from .small import SmallTrunk

DROPOUT = 0.2
LITE_CHANNELS = 1280


class ArtNetwork(nn.Module):
    """Pictures (n, 3, p, p) in [-1, 1] to logits (n, all classes), the heads' one after the other.

    With ``learning`` the batch norms stand beside their convolutions; a version has them folded in.
    """

    def __init__(self, config: NetworkConfig, *, learning: bool = False) -> None:
        super().__init__()
        self.config = config
        self.trunk: nn.Module
        if config.trunk == "small":
            self.trunk, channels = SmallTrunk(), SmallTrunk.channels
        else:
            self.trunk, channels = LiteTrunk(config, learning=learning), LITE_CHANNELS
        self.sizes = [len(head.classes) for head in config.heads]
        self.dropout = nn.Dropout(DROPOUT)
        self.heads = nn.Linear(channels, sum(self.sizes))

    def maps(self, x: Tensor) -> Tensor:
        """What the trunk sees where: (n, channels, h, w)."""
        return torch.as_tensor(self.trunk(x))

    def answers(self, pooled: Tensor) -> Tensor:
        """Logits of pooled maps (n, channels)."""
        return torch.as_tensor(self.heads(self.dropout(pooled)))

    def forward(self, x: Tensor) -> Tensor:
        return self.answers(self.maps(x).mean(dim=(2, 3)))

    def by_head(self, logits: Tensor) -> list[Tensor]:
        """The logits of each head."""
        return list(torch.split(logits, self.sizes, dim=-1))

    def own_state(self) -> dict[str, Tensor]:
        """The tensors that are this network's own: all but those of the package."""
        state = dict(self.state_dict())
        if not isinstance(self.trunk, LiteTrunk):
            return state
        own = {f"trunk.{name}" for name in self.trunk.own_names()}
        return {name: value for name, value in state.items() if name in own or name.startswith("heads.")}

    @torch.no_grad()
    def folded(self) -> ArtNetwork:
        """The same network as a version has it, on the CPU, in evaluation mode."""
        found = ArtNetwork(self.config).eval().requires_grad_(False)
        if isinstance(self.trunk, LiteTrunk) and isinstance(found.trunk, LiteTrunk):
            self.trunk.fold_into(found.trunk)
            found.heads.load_state_dict(self.heads.state_dict())
        else:
            found.load_state_dict(self.state_dict())
        return found

    @torch.no_grad()
    def begin_from(self, other: ArtNetwork) -> None:
        """Take the trunk of a version, and the heads of the questions that are the same."""
        if isinstance(self.trunk, LiteTrunk) and isinstance(other.trunk, LiteTrunk):
            self.trunk.unfold_from(other.trunk)
        else:
            self.trunk.load_state_dict(other.trunk.state_dict())
        starts = dict(zip(other.config.heads, _starts(other.sizes), strict=True))
        for head, start in zip(self.config.heads, _starts(self.sizes), strict=True):
            if head in starts:
                size, place = len(head.classes), starts[head]
                self.heads.weight[start : start + size] = other.heads.weight[place : place + size]
                self.heads.bias[start : start + size] = other.heads.bias[place : place + size]


class LiteTrunk(nn.Module):
    """EfficientNet-Lite0 with the weights of its package, of which the blocks from ``learned_from`` on learn.

    ``config.norms`` lets their batch norms take the means of the batches, which wants many pictures;
    otherwise they stay as they were on ImageNet.
    """

    def __init__(self, config: NetworkConfig, *, learning: bool) -> None:
        super().__init__()
        self.network = load_lite("lite0", normed=learning)
        self._norms = config.norms
        self._learned: list[nn.Module] = [*self.network.blocks[config.learned_from :]]
        if config.learned_from == 0:
            self._learned.append(self.network.stem)
        if config.learned_from <= BLOCKS:
            self._learned.append(self.network.head)
        for module in self._learned:
            module.requires_grad_(learning)
        self.eval()

    def train(self, mode: bool = True) -> LiteTrunk:
        super().train(False)
        for module in self._learned:
            module.train(mode and self._norms)
        return self

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.network.head(self.network.features(x)[-1]))

    def own_names(self) -> set[str]:
        """The names of the tensors that are not the package's."""
        own = {id(value) for module in self._learned for value in module.state_dict(keep_vars=True).values()}
        return {name for name, value in self.state_dict(keep_vars=True).items() if id(value) in own}

    def fold_into(self, other: LiteTrunk) -> None:
        """Write this trunk, with its norms, into one without."""
        for mine, theirs in _pairs(self, other):
            assert isinstance(mine, NormedConv)
            mine.fold_into(theirs)

    def unfold_from(self, other: LiteTrunk) -> None:
        """Take a trunk without norms."""
        for mine, theirs in _pairs(self, other):
            assert isinstance(mine, NormedConv)
            mine.unfold_from(theirs)


def _pairs(one: LiteTrunk, other: LiteTrunk) -> list[tuple[SameConv, SameConv]]:
    mine, theirs = (
        [module for module in trunk.network.modules() if isinstance(module, SameConv)]
        for trunk in (one, other)
    )
    return list(zip(mine, theirs, strict=True))


def _starts(sizes: list[int]) -> list[int]:
    return [sum(sizes[:place]) for place in range(len(sizes))]
