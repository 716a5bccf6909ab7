"""One optimizer step of generator and discriminator, for each of the two discriminators."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from worker.distributed.share import here

from .augment import augment
from .discriminators import ProjectedDiscriminator
from .generator import Generator
from .losses import Loss, gradient_penalty, sign_statistic
from .moments import moment_distance
from .scratch import ScratchDiscriminator


@dataclass(frozen=True)
class Deal:
    """What one step is played with: real pictures and the latents, noise and classes for made ones.

    Where ranks share a batch, this one's part of it.
    """

    real: Tensor
    z: Tensor
    noise: list[Tensor]
    labels: Tensor | None


@dataclass(frozen=True)
class Players:
    """The networks' common surroundings. ``trained`` are the discriminator's trainable parameters."""

    generator: Generator
    maker: Optimizer
    critic: Optimizer
    trained: list[nn.Parameter]
    loss: Loss
    policy: tuple[str, ...]
    source: torch.Generator
    autocast: bool


class Adversary:
    """Plays one step. Losses come back as tensors, so that nothing waits for the device."""

    def __init__(self, players: Players) -> None:
        self.players = players

    def play(self, deal: Deal, *, maker_rests: bool = False) -> dict[str, Tensor]:
        """Update D, then G (unless it rests); the losses and D's sign statistic by name."""
        raise NotImplementedError

    def _augment(self, pictures: Tensor) -> Tensor:
        return augment(pictures, self.players.policy, self.players.source)

    def _cast(self) -> torch.autocast:
        return torch.autocast(
            self.players.trained[0].device.type, torch.bfloat16, enabled=self.players.autocast
        )

    def _update(self, optimizer: Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        here().average_gradients(p for group in optimizer.param_groups for p in group["params"])
        optimizer.step()


class ProjectedAdversary(Adversary):
    """Heads on frozen features. The made pictures' features are computed once and serve D, cut off, and then
    G.
    """

    def __init__(self, players: Players, discriminator: ProjectedDiscriminator, matching: float) -> None:
        super().__init__(players)
        self.discriminator, self.matching = discriminator, matching

    def play(self, deal: Deal, *, maker_rests: bool = False) -> dict[str, Tensor]:
        players, judge, labels = self.players, self.discriminator.judge, deal.labels
        with self._cast():
            with torch.no_grad():
                real = self.discriminator.features(self._augment(deal.real))
            made = players.generator(deal.z, labels, deal.noise)
            fake = self.discriminator.features(self._augment(made))
            real_logits = judge(real, labels)
            critic_loss = players.loss.critic(real_logits, judge([x.detach() for x in fake], labels))
        self._update(players.critic, critic_loss)
        for parameter in players.trained:
            parameter.requires_grad_(False)
        with self._cast():
            again = judge(real, labels) if players.loss.paired else []
            maker_loss = players.loss.maker(again, judge(fake, labels))
            distance = moment_distance(fake[:-1], real[:-1])
        if not maker_rests:
            self._update(players.maker, maker_loss + self.matching * distance)
        for parameter in players.trained:
            parameter.requires_grad_(True)
        return {
            "d_loss": critic_loss.detach(),
            "g_loss": maker_loss.detach(),
            "moments": distance.detach(),
            "d_sign": sign_statistic(real_logits),
        }


class ScratchAdversary(Adversary):
    """A whole discriminator with gradient penalties on real (R1) and made (R2) pictures at every step."""

    def __init__(self, players: Players, discriminator: ScratchDiscriminator, gamma: float) -> None:
        super().__init__(players)
        self.discriminator, self.gamma = discriminator, gamma

    def play(self, deal: Deal, *, maker_rests: bool = False) -> dict[str, Tensor]:
        players = self.players
        with torch.no_grad(), self._cast():
            made = players.generator(deal.z, deal.labels, deal.noise).float()
        real, fake = deal.real.detach().requires_grad_(), made.requires_grad_()
        real_logits, fake_logits = self._judge(real, deal.labels), self._judge(fake, deal.labels)
        critic_loss = players.loss.critic(real_logits, fake_logits)
        penalty = gradient_penalty(real_logits, real) + gradient_penalty(fake_logits, fake)
        self._update(players.critic, critic_loss + 0.5 * self.gamma * penalty)
        for parameter in players.trained:
            parameter.requires_grad_(False)
        with self._cast():
            made = players.generator(deal.z, deal.labels, deal.noise)
        again = self._judge(deal.real.detach(), deal.labels) if players.loss.paired else []
        maker_loss = players.loss.maker(again, self._judge(made.float(), deal.labels))
        if not maker_rests:
            self._update(players.maker, maker_loss)
        for parameter in players.trained:
            parameter.requires_grad_(True)
        figures = {"d_loss": critic_loss, "g_loss": maker_loss, "penalty": penalty}
        return {name: value.detach() for name, value in figures.items()} | {
            "d_sign": sign_statistic(real_logits)
        }

    def _judge(self, pictures: Tensor, labels: Tensor | None) -> list[Tensor]:
        return self.discriminator.judge(self.discriminator.features(self._augment(pictures)), labels)
