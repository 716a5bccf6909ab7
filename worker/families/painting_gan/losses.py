"""Adversarial losses. Each takes the logits of one or more heads, (n, cells) each, and averages over
heads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

Logits = Sequence[Tensor]


@dataclass(frozen=True)
class Loss:
    """``critic(real, fake)`` is what D lowers, ``maker(real, fake)`` what G lowers; ``paired`` if G needs
    ``real``.
    """

    critic: Callable[[Logits, Logits], Tensor]
    maker: Callable[[Logits, Logits], Tensor]
    paired: bool = False


def _mean(terms: Sequence[Tensor]) -> Tensor:
    return torch.stack([term.mean() for term in terms]).mean()


def hinge_critic(real: Logits, fake: Logits) -> Tensor:
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z))) (Lim and Ye 2017)."""
    return _mean([F.relu(1.0 - r) for r in real]) + _mean([F.relu(1.0 + f) for f in fake])


def hinge_maker(_real: Logits, fake: Logits) -> Tensor:
    """-D(G(z))."""
    return -_mean(fake)


def relativistic_critic(real: Logits, fake: Logits) -> Tensor:
    """softplus(-(D(x) - D(G(z)))) over pairs (Jolicoeur-Martineau 2018; R3GAN, Huang et al. 2024)."""
    return _mean([F.softplus(f - r) for r, f in zip(real, fake, strict=True)])


def relativistic_maker(real: Logits, fake: Logits) -> Tensor:
    """The same pairs the other way round."""
    return _mean([F.softplus(r - f) for r, f in zip(real, fake, strict=True)])


def minimax_critic(real: Logits, fake: Logits) -> Tensor:
    """-log sigmoid(D(x)) - log(1 - sigmoid(D(G(z)))): the loss of the first GAN (Goodfellow et al. 2014)."""
    return _mean([F.softplus(-r) for r in real]) + _mean([F.softplus(f) for f in fake])


def nonsaturating_maker(_real: Logits, fake: Logits) -> Tensor:
    """-log sigmoid(D(G(z))), the same paper's advice for G."""
    return _mean([F.softplus(-f) for f in fake])


LOSSES = {
    "hinge": Loss(hinge_critic, hinge_maker),
    "relativistic": Loss(relativistic_critic, relativistic_maker, paired=True),
    "minimax": Loss(minimax_critic, nonsaturating_maker),
}


def gradient_penalty(logits: Logits, pictures: Tensor) -> Tensor:
    """Mean squared length of D's gradient at ``pictures`` (Mescheder et al. 2018): R1 on real ones, R2 on
    made ones.
    """
    total = torch.stack([x.mean(dim=1).sum() for x in logits]).mean()
    (gradient,) = torch.autograd.grad(total, pictures, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean()


def sign_statistic(real: Logits) -> Tensor:
    """E[sign D(x)]: near 1 D knows every real picture by heart, near 0 it cannot tell (Karras et al.
    2020).
    """
    return torch.stack([x.detach().float().mean(dim=1).sign().mean() for x in real]).mean()
