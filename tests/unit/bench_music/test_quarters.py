"""The protocol at quarters: what counts as a frame, the independent check, the files, the table."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import savemat

from bench.music import independent, quarters, quarters_table
from bench.music.joint import Recipe
from bench.music.rolls import SETS, SPLITS, Roll, rolls
from bench.music.tally import Tally
from tests.unit.bench_music.counting import counting
from tests.unit.bench_music.made_rolls import made_roll

CHORD = [60, 64, 67]


def data() -> dict[str, list[Roll]]:
    """Splits of 3, 2 and 1 pieces, 10 frames each and a few more."""
    counts = {"train": 3, "valid": 2, "test": 1}
    return {
        split: [made_roll([CHORD, [62, 65]] * (5 + n)) for n in range(count)]
        for split, count in counts.items()
    }


def written(folder: Path, pieces: dict[str, list[Roll]]) -> Path:
    """The splits as a file of ``poly_music``: a cell of rolls a split."""
    cells = {}
    for split, found in pieces.items():
        cell = np.empty((1, len(found)), dtype=object)
        for place, roll in enumerate(found):
            cell[0, place] = roll
        cells[f"{split}data"] = cell
    savemat(folder / "JSB_Chorales.mat", cells)
    return folder


def test_all_frames_count_the_same_and_first_ones_can_be_left_out() -> None:
    tally = Tally.of([torch.tensor([10.0, 1.0, 2.0]), torch.tensor([20.0, 3.0])])
    assert (tally.frames, tally.pieces) == (5, 2)
    assert tally.all == pytest.approx(36.0 / 5)
    assert tally.later == pytest.approx(6.0 / 3)


def test_a_network_that_knows_nothing_pays_88_coins_a_frame() -> None:
    network = independent.Independent("gru", 4, 0.0).eval()
    with torch.no_grad():
        for weights in network.parameters():
            weights.zero_()
    found = independent.score(network, [made_roll([CHORD] * 7), made_roll([[]] * 3)])
    assert found.all == pytest.approx(88 * math.log(2.0), rel=1e-6)
    assert found.later == pytest.approx(88 * math.log(2.0), rel=1e-6)
    assert (found.frames, found.pieces) == (10, 2)


def test_known_chances_give_the_known_nll() -> None:
    network = independent.Independent("gru", 4, 0.0).eval()
    chance = 0.1
    with torch.no_grad():
        for weights in network.parameters():
            weights.zero_()
        network.out.bias.fill_(math.log(chance / (1.0 - chance)))
    found = independent.score(network, [made_roll([CHORD, [60], []])])
    expected = -(4 * math.log(chance) + (3 * 88 - 4) * math.log(1.0 - chance))
    assert found.nll == pytest.approx(expected, rel=1e-5)
    assert found.first == pytest.approx(-(3 * math.log(chance) + 85 * math.log(1.0 - chance)), rel=1e-5)


def test_the_check_sees_only_earlier_frames() -> None:
    torch.manual_seed(0)
    network = independent.Independent("gru", 200, 0.0).eval()
    one, two = made_roll([CHORD] * 6), made_roll([CHORD] * 5 + [[50]])
    with torch.no_grad():
        found = network(torch.from_numpy(np.stack([one, two]).astype(np.float32)))
    assert torch.equal(found[0, :5], found[1, :5])
    assert found[0, 5] != found[1, 5]


def test_the_check_learns_and_keeps_what_validates_best() -> None:
    trained = independent.train(data(), 100.0, independent.Recipe(), clock=counting())
    assert trained.valid.later < 20.0
    again = independent.score(trained.network, data()["valid"])
    assert again.nll == pytest.approx(trained.valid.nll)
    assert not trained.network.training


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = rolls(written(tmp_path, data()), "jsb")
    assert tuple(found) == SPLITS
    for split, pieces in data().items():
        assert [roll.tolist() for roll in found[split]] == [roll.tolist() for roll in pieces]


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        rolls(tmp_path, "jsb")
    for wrong in (np.zeros((4, 87)), np.full((4, 88), 2.0)):
        folder = written(tmp_path, {**data(), "test": [wrong.astype(np.uint8)]})
        with pytest.raises(ValueError, match="88 pitches"):
            rolls(folder, "jsb")


def test_the_bench_prints_a_row_a_way_of_telling() -> None:
    plan = quarters.Plan(Recipe(batch=2, crop=8), members=2, shifts=[-1, 0, 1], scoring=0.3)
    rows = quarters.run_joint(data(), plan, 4.0, seed=0, clock=counting())
    assert [row.name for row in rows] == [
        "joint, one network",
        "joint, 2 networks",
        "joint, over 3 transpositions",
    ]
    for row in rows:
        assert (row.test.frames, row.test.pieces) == (10, 1)
        assert (row.valid.frames, row.valid.pieces) == (22, 2)
        assert 0.0 < row.test.later < 10.0
    assert rows[0].minutes <= rows[1].minutes <= rows[2].minutes
    shown = quarters_table.table(rows, "RNN-NADE 5.56").splitlines()
    assert len(shown) == 2 + len(rows)
    assert {line.count("|") for line in shown} == {7}
    assert f"{rows[0].test.later:.3f} | {rows[0].test.all:.3f} | {rows[0].valid.later:.3f}" in shown[2]
    assert all(line.endswith("| RNN-NADE 5.56 |") for line in shown[2:])


def test_every_set_and_output_has_its_published_figures() -> None:
    pairs = {(name, output) for name in SETS for output in ("independent", "joint")}
    assert set(quarters_table.PUBLISHED) == set(quarters.MINUTES) == pairs
    assert set(quarters.PLANS) == set(quarters.RECIPES) == set(SETS)
