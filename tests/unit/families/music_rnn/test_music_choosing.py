"""From logits to a code."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.unit.families.music_rnn.support import tries
from worker.families.music_rnn.choosing import choose

LOGITS = torch.tensor([0.5, 0.125, 0.25, 0.125]).log()
LAST = float(np.nextafter(1.0, 0.0))


def chosen(decide: list[float], *, temperature: float = 1.0, top_p: float = 1.0) -> list[int]:
    """The codes on which these numbers fall."""
    rows = len(decide)
    found = choose(
        LOGITS.expand(rows, -1),
        torch.full((rows,), temperature, dtype=torch.float64),
        torch.full((rows,), top_p, dtype=torch.float64),
        torch.tensor(decide, dtype=torch.float64),
    )
    return found.tolist()


def test_the_likeliest_come_first_and_equal_ones_in_order() -> None:
    assert chosen([0.0, 0.49, 0.51, 0.74, 0.76, 0.87, 0.88, LAST]) == [0, 0, 2, 2, 1, 1, 3, 3]


@pytest.mark.parametrize(
    ("top_p", "expected"),
    [(1.0, 3), (0.9, 3), (0.876, 3), (0.874, 1), (0.76, 1), (0.74, 2), (0.51, 2), (0.49, 0), (1e-9, 0)],
)
def test_the_last_number_falls_on_the_last_code_that_is_kept(top_p: float, expected: int) -> None:
    assert chosen([LAST], top_p=top_p) == [expected]
    assert chosen([0.0], top_p=top_p) == [0]


def test_a_number_on_the_line_belongs_to_the_code_behind_it() -> None:
    half, one = (torch.tensor([value], dtype=torch.float64) for value in (0.5, 1.0))
    assert choose(torch.zeros(1, 2), one, one, half).tolist() == [1]
    assert choose(torch.zeros(1, 4), one, one, half).tolist() == [2]
    # Half of it is reached by the first code alone.
    assert choose(torch.zeros(1, 2), one, half, half).tolist() == [0]


def test_what_is_kept_is_shared_out_anew() -> None:
    # 2/3 and 1/3 of what is left.
    assert chosen([0.66, 0.67], top_p=0.7) == [0, 2]


def test_temperature_sharpens_and_flattens() -> None:
    decide = ((np.arange(4000) + 0.5) / 4000).tolist()
    for temperature in (0.5, 1.0, 2.0):
        shares = np.bincount(chosen(decide, temperature=temperature), minlength=4) / 4000
        expected = torch.softmax(LOGITS.double() / temperature, 0).numpy()
        assert shares == pytest.approx(expected, abs=1e-3)


def test_each_row_has_its_own_dials() -> None:
    column = [torch.tensor(x, dtype=torch.float64) for x in ([1.0, 1.0, 0.01], [1.0, 0.3, 1.0], [0.99] * 3)]
    assert choose(LOGITS.expand(3, -1), *column).tolist() == [3, 0, 0]


@tries
@given(
    st.lists(st.floats(-80, 80), min_size=1, max_size=30),
    st.floats(0.1, 2.0),
    st.floats(0.05, 1.0),
    st.floats(0.0, LAST),
)
def test_a_code_is_always_among_the_likeliest(
    logits: list[float], temperature: float, top_p: float, decide: float
) -> None:
    told = torch.tensor([logits], dtype=torch.float64)
    columns = [torch.tensor([x], dtype=torch.float64) for x in (temperature, top_p, decide)]
    code = int(choose(told, *columns))
    shares: Tensor = torch.softmax(told[0] / temperature, 0)
    before = float(shares[shares > shares[code]].sum())
    assert shares[code] > 0 or len(set(logits)) == 1
    assert before < top_p + 1e-12


def test_numbers_that_rounding_shares_out_badly_still_give_a_code() -> None:
    # A thousand equal shares add up to a little less or more than one.
    logits = torch.zeros(1, 1000)
    one = torch.ones(1, dtype=torch.float64)
    assert choose(logits, one, one, torch.tensor([LAST], dtype=torch.float64)).tolist() == [999]
