"""What each rank keeps of a batch, and the sums over ranks, in real processes that talk through gloo."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from worker.distributed.share import Share, here

ROOT = Path(__file__).parents[3]


def test_a_process_that_is_no_rank_has_everything() -> None:
    x = torch.randn(6, 3, requires_grad=True)
    share = here()
    assert share == Share(0, 1)
    assert share.own(x) is x and share.mean(x) is x
    assert torch.equal(share.variance(x, (0,)), x.var(dim=0))
    share.average_gradients([x])
    assert x.grad is None


@pytest.mark.parametrize(
    ("groups", "rows"), [(1, [[0, 1, 2, 3], [4, 5, 6, 7]]), (4, [[0, 2, 4, 6], [1, 3, 5, 7]])]
)
def test_every_row_is_one_rank_s(groups: int, rows: list[list[int]]) -> None:
    whole = torch.arange(8)
    assert [Share(rank, 2).own(whole, groups).tolist() for rank in (0, 1)] == rows


def test_members_of_a_group_stay_together() -> None:
    whole = torch.arange(16)
    groups = whole.reshape(4, 4).T.tolist()
    kept = [Share(rank, 2).own(whole, 4).reshape(4, 2).T.tolist() for rank in (0, 1)]
    assert [*kept[0], *kept[1]] == groups


RANK = """
import os, sys, torch
from torch import distributed
from worker.distributed.share import here
place = "file://" + sys.argv[1]
distributed.init_process_group("gloo", init_method=place, rank=int(sys.argv[2]), world_size=2)
share = here()
torch.manual_seed(3)
whole = torch.randn(8, 5)
weight = torch.randn(5, 4, requires_grad=True)

def loss(x, share):
    # A mean and a variance over the whole batch, each with an effect on every row.
    y = x @ weight
    center = share.mean(y.mean(dim=0))
    spread = share.variance(y, (0,))
    return ((y - center) / (spread + 1e-3).sqrt()).pow(3).mean() + spread.sum()

total = share.mean(loss(share.own(whole, 4), share))
total.backward()
share.average_gradients([weight])
figure = share.mean_figures({"rank": torch.tensor(float(share.rank))})["rank"]
mine, weight.grad = weight.grad, None
alone = type(share)()
expected = loss(whole, alone)
expected.backward()
assert torch.allclose(total, expected, rtol=1e-5), (total, expected)
assert torch.allclose(mine, weight.grad, rtol=1e-4, atol=1e-6), (mine, weight.grad)
assert figure == 0.5
# As a rank ends: threads of gloo must not hold up the end, or break it.
os._exit(0)
"""


def test_two_ranks_find_the_loss_and_the_gradient_of_the_whole_batch(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RANK, str(tmp_path / "meeting")]
    ranks = [
        subprocess.Popen([*command, str(rank)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for rank in (0, 1)
    ]
    told = [rank.communicate(timeout=120)[1] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], told
