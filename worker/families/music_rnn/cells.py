"""The recurrent cells that a network may be built of."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

#: What a layer carries from one step to the next: h, and c beside it for LSTM; (1, batch, hidden) each.
State = tuple[Tensor, ...]


class Layer(nn.Module):
    """One recurrent layer.

    ``elman`` is h_t = tanh(W x_t + R h_(t-1) + b) (Elman 1990), ``gru`` that of Cho et al. 2014, ``lstm``
    that of Hochreiter & Schmidhuber 1997 with forget gates.
    """

    def __init__(self, cell: str, width: int, hidden: int) -> None:
        super().__init__()
        kinds: dict[str, Callable[..., nn.RNNBase]] = {"elman": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
        self.cell, self.hidden = cell, hidden
        self.rnn = kinds[cell](width, hidden, batch_first=True)

    def start(self, like: Tensor) -> State:
        """The state before the first step for a batch like ``like`` (batch, ...)."""
        # A tensor each: a stepper writes into them.
        return tuple(
            like.new_zeros(1, like.shape[0], self.hidden) for _ in range(2 if self.cell == "lstm" else 1)
        )

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """(batch, T, width) and a state to (batch, T, hidden) and the state after it."""
        out, after = self.rnn(x, state if self.cell == "lstm" else state[0])
        return out, after if self.cell == "lstm" else (after,)
