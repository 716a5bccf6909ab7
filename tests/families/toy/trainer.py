"""A training of the toy: Adam on a matrix, with noise from torch's global stream."""

from __future__ import annotations

import time
from typing import Any

import torch

from worker import checkpoints
from worker.distributed.share import here
from worker.family import Product, Snapshot, Trained, TrainerState, TrainingJob


class ToyTrainer:
    """Draws from the *global* random streams on purpose: whoever disturbs them changes the weights."""

    def __init__(self, job: TrainingJob) -> None:
        self._input: dict[str, Any] = job.input
        self._share = here()
        torch.manual_seed(int(job.input["seed"]))
        self._network = torch.nn.Linear(4, 8, bias=False)
        self._optimizer = torch.optim.Adam(self._network.parameters(), lr=0.01)
        self.step_count = 0
        self._loss = 0.0
        self._items = len(job.dataset.items)

    @property
    def done(self) -> bool:
        return self.step_count >= int(self._input["steps"])

    @property
    def fraction(self) -> float:
        return self.step_count / int(self._input["steps"])

    def step(self) -> None:
        if self.step_count == int(self._input.get("trouble_at", 0)):
            from tests.families.toy.engine import make_trouble

            make_trouble(str(self._input.get("trouble", "none")))
        time.sleep(int(self._input["step_ms"]) / 1000)
        noise = self._share.own(torch.randn(16, 4))
        loss = (self._network(noise) - noise.repeat(1, 2)).square().mean()
        self._optimizer.zero_grad()
        loss.backward()
        self._share.average_gradients(self._network.parameters())
        self._optimizer.step()
        self._loss = self._share.mean(loss.detach()).item()
        self.step_count += 1

    def progress(self) -> dict[str, float | str]:
        return {"step": self.step_count, "loss": self._loss, "phase": "toying"}

    def snapshot_due(self) -> bool:
        return self.step_count % int(self._input["snapshot_every"]) == 0

    def snapshot(self) -> Snapshot:
        name = f"grid-{self.step_count}.txt"
        grid = Product("grid", name, "text/plain", f"{self._loss:.6f}".encode(), self.step_count)
        return Snapshot([grid], {"kid": self._loss}, [f"snapshot at {self.step_count}"])

    def state(self) -> TrainerState:
        everything = {
            "network": dict(self._network.state_dict()),
            "optimizer": self._optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "step": self.step_count,
            "loss": self._loss,
        }
        return TrainerState(*checkpoints.flatten(everything))

    def restore(self, state: TrainerState) -> None:
        everything = checkpoints.unflatten(state.tensors, state.meta)
        self._network.load_state_dict(everything["network"])
        self._optimizer.load_state_dict(everything["optimizer"])
        torch.set_rng_state(everything["random"])
        self.step_count = everything["step"]
        self._loss = everything["loss"]

    def finish(self) -> Trained:
        card = {"steps": self.step_count, "items": self._items}
        grid = Product("grid", "grid.txt", "text/plain", b"the best")
        return Trained({"weight": self._network.weight.detach().T}, {"latent": 4}, card, [grid])
