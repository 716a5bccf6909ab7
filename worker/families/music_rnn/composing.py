"""Drafts are written in lockstep, step by step; what is given is kept, and steers what is free.

A causal network cannot see a given note that is yet to come. So a draft may have several particles: each is
a way to go on, weighed by how likely it makes the notes that were given, and the unlikely ones are replaced
by copies of the likely ones (sequential Monte Carlo, Doucet et al. 2001). With a reference the result is one
move of a Gibbs sampler from it (conditional SMC, Andrieu et al. 2010).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from worker.breathing import breathe

from .choosing import choose
from .layouts import AnyLayout, cut
from .network import MusicNetwork
from .plan import Plan
from .readers import reader_of
from .stepping import Stepper
from .voices_layout import HOLD

FREE = -1
#: Free too, but what sounds before it is not held on.
ANEW = -2
#: Particles are drawn anew when their weights are worth fewer than this share of them.
WORTH = 0.5
_STEPS_A_BREATH = 16


def is_given(codes: Tensor) -> Tensor:
    """Where codes of a draft are given: neither FREE nor ANEW."""
    return codes > FREE


@dataclass(frozen=True)
class Draft:
    """One piece to be written: int64 ``given`` (steps, slots), FREE or ANEW where the network chooses.

    ``seed`` and ``stream`` decide all chance. ``reference`` (steps, slots) is a whole piece to move from.
    """

    given: Tensor
    plan: Plan
    temperature: float
    top_p: float
    seed: int
    stream: int = 0
    particles: int = 1
    reference: Tensor | None = None

    def rows(self) -> Tensor:
        """``given`` of each particle: (particles, steps, slots)."""
        rows = self.given.expand(self.particles, -1, -1).clone()
        if self.reference is not None:
            rows[0] = self.reference
        return rows


@torch.inference_mode()
def write(network: MusicNetwork, drafts: Sequence[Draft], shape: int, device: str) -> list[Tensor]:
    """The codes (steps, slots) of each draft. The same draft gives the same codes in any company."""
    return _Table(network, drafts, shape, device).written()


class _Table:
    """The rows of all particles of all drafts, filled up to a multiple of the shape."""

    def __init__(self, network: MusicNetwork, drafts: Sequence[Draft], shape: int, device: str) -> None:
        self._layout: AnyLayout = network.layout  # type: ignore[assignment]
        self._drafts = drafts
        self._groups = list(_groups(drafts))
        filled = [*drafts, *[_filler(drafts[-1])] * (-self._groups[-1].stop % shape)]
        self._steps = max(len(one.given) for one in drafts)
        given = torch.cat([_padded(one.rows(), self._steps) for one in filled])
        # What weighs: what was given at first, also to the particle that is the reference.
        wanted = (is_given(one.given).expand(one.particles, -1, -1) for one in filled)
        # By step and slot: what is looked at together lies together.
        self._wanted = _turned(torch.cat([_padded(rows, self._steps) for rows in wanted]))
        self._given = _turned(given)
        self._forced, self._anew = is_given(self._given), self._given == ANEW
        found = (self._forced.any(-1), self._forced.all(-1), self._wanted.any(-1), self._anew.any(-1))
        self._some, self._all, self._weighing, self._begins = (one.tolist() for one in found)
        self._reader = reader_of(self._layout, [one.plan for one in filled for _ in range(one.particles)])
        self._temperature = _column(filled, "temperature")
        self._top_p = _column(filled, "top_p")
        self._weights = torch.zeros(len(given), dtype=torch.float64)
        self._weighed = any(one.particles > 1 for one in drafts)
        self._sources = [np.random.default_rng((one.seed, one.stream, 1)) for one in drafts]
        self._decide = self._decided()
        self._written = torch.zeros_like(given)
        self._stepper = Stepper(network, len(given), shape, device)
        self._going = [True] * len(drafts)

    def written(self) -> list[Tensor]:
        """Write everything; one row of each draft."""
        for step in range(self._steps):
            if step % _STEPS_A_BREATH == 0:
                breathe()
            self._step(step)
            if self._weighed and any(self._weighing[step]):
                self._replace()
            self._end(step)
            if not any(self._going):
                break
        return [self._pick(place) for place in range(len(self._drafts))]

    def _end(self, step: int) -> None:
        """Whose last step this was: no chance and no weight of theirs may hang on how long others go on."""
        done = self._reader.done().tolist()
        for place, (group, draft) in enumerate(zip(self._groups, self._drafts, strict=True)):
            if self._going[place] and (step + 1 == len(draft.given) or all(done[group])):
                self._going[place] = False
                self._wanted[:, :, group] = False

    def _step(self, step: int) -> None:
        fields, clock = self._reader.fields(), self._reader.clock()
        context = self._stepper.contexts(fields, clock)
        codes = self._written[:, step]
        for slot, given in enumerate(self._given[step]):
            weighing = self._weighed and self._weighing[step][slot]
            if self._all[step][slot]:
                codes[:, slot] = given
                if not weighing:
                    continue
            logits = self._stepper.logits(slot, context, fields, codes)
            if not self._all[step][slot]:
                if self._begins[step][slot]:
                    logits = _unheld(logits, self._anew[step, slot])
                chosen = choose(logits, self._temperature, self._top_p, self._decide[step, slot])
                if self._some[step][slot]:
                    chosen = torch.where(self._forced[step, slot], given, chosen)
                codes[:, slot] = chosen
            if weighing:
                self._weigh(logits, codes[:, slot], self._wanted[step, slot])
        self._reader.write(codes)
        self._stepper.write(codes)

    def _decided(self) -> Tensor:
        """Uniform numbers (steps, slots, rows), each draft's from its own source; what fills up has none."""
        found = torch.zeros(self._given.shape, dtype=torch.float64)
        for group, draft in zip(self._groups, self._drafts, strict=True):
            # Drawn step by step: how many steps others have changes nothing.
            shape = (self._steps, self._given.shape[1], draft.particles)
            numbers = np.random.default_rng((draft.seed, draft.stream)).random(shape)
            found[:, :, group] = torch.from_numpy(numbers)
        return found

    def _weigh(self, logits: Tensor, codes: Tensor, wanted: Tensor) -> None:
        told = torch.log_softmax(logits.double(), dim=-1).gather(-1, codes.unsqueeze(-1)).squeeze(-1)
        self._weights += torch.where(wanted, told, 0.0)

    def _replace(self) -> None:
        rows = torch.arange(len(self._written))
        everyone = zip(self._groups, self._drafts, self._sources, self._going, strict=True)
        for group, draft, source, going in everyone:
            if draft.particles == 1 or not going:
                continue
            shares = torch.softmax(self._weights[group], dim=0)
            if float(1.0 / (shares**2).sum()) >= WORTH * draft.particles:
                continue
            chosen = torch.from_numpy(_ancestors(shares.numpy(), source, keep=draft.reference is not None))
            rows[group] = group.start + chosen
            self._weights[group] = 0.0
        if not torch.equal(rows, torch.arange(len(rows))):
            self._reader.reorder(rows)
            self._stepper.reorder(rows)
            self._written = self._written[rows]

    def _pick(self, place: int) -> Tensor:
        group, draft = self._groups[place], self._drafts[place]
        row = 0
        if draft.particles > 1:
            shares = torch.softmax(self._weights[group], dim=0).numpy()
            row = int(self._sources[place].choice(draft.particles, p=shares / shares.sum()))
        return cut(self._written[group][row, : len(draft.given)].clone(), self._layout, draft.plan)


def _unheld(logits: Tensor, rows: Tensor) -> Tensor:
    """``logits`` (rows, size) that leave no way to hold on in ``rows`` (rows,)."""
    found = logits.clone()
    found[rows, HOLD] = float("-inf")
    return found


def _ancestors(shares: np.ndarray, source: np.random.Generator, *, keep: bool) -> np.ndarray:
    """For each particle the one it goes on as, by systematic resampling; ``keep`` leaves the first alone."""
    count = len(shares)
    sums = np.cumsum(shares / shares.sum())
    if not keep:
        points = (source.random() + np.arange(count)) / count
        return np.minimum(np.searchsorted(sums, points, side="right"), count - 1)
    rest = np.minimum(np.searchsorted(sums, source.random(count - 1), side="right"), count - 1)
    return np.concatenate([[0], rest])


def _groups(drafts: Sequence[Draft]) -> Iterator[slice]:
    start = 0
    for draft in drafts:
        yield slice(start, start + draft.particles)
        start += draft.particles


def _filler(like: Draft) -> Draft:
    return Draft(torch.zeros_like(like.given[:1]), like.plan, 1.0, 1.0, 0)


def _padded(rows: Tensor, steps: int) -> Tensor:
    padding = rows.new_zeros(rows.shape[0], steps - rows.shape[1], rows.shape[2])
    return torch.cat([rows, padding], dim=1)


def _turned(rows: Tensor) -> Tensor:
    return rows.permute(1, 2, 0).contiguous()


def _column(drafts: Sequence[Draft], name: str) -> Tensor:
    return torch.tensor(
        [getattr(one, name) for one in drafts for _ in range(one.particles)], dtype=torch.float64
    )
