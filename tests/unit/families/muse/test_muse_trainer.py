"""Getting to know a collection: every work once, exactly resumable, and only works of one medium."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from shared.errors import BadFile, InvalidInput
from tests.unit.families.muse.support import (
    item_of,
    load,
    make_trainer,
    music_items,
    picture,
    picture_items,
    train,
)
from worker import checkpoints
from worker.families.muse.index import config_of, weights_of
from worker.families.muse.loaded import LoadedMuse
from worker.families.muse.options import FEWEST_WORKS, chosen
from worker.families.muse.trainer import MuseTrainer
from worker.family import Item, Trained


def same(one: Trained, other: Trained) -> bool:
    equal = all(torch.equal(value, other.weights[name]) for name, value in one.weights.items())
    return equal and one.config == other.config


def test_each_work_is_looked_at_once(works: list[Item], pictures: LoadedMuse) -> None:
    assert [one.hash for one in pictures.index.entries] == [item.hash for item in works]
    assert [one.labels for one in pictures.index.entries] == [item.labels for item in works]


@pytest.mark.parametrize("stop", [1, 3])
def test_a_pause_changes_nothing(works: list[Item], stop: int) -> None:
    whole = train(make_trainer(works[:14]))
    first = make_trainer(works[:14])
    for _ in range(stop):
        first.step()
    kept = checkpoints.pack("job", stop, first.state())
    again = make_trainer(works[:14])
    again.restore(checkpoints.unpack(kept))
    assert again.step_count == stop
    assert same(train(again).finish(), whole.finish())
    ends = again.state().tensors, whole.state().tensors
    assert set(ends[0]) == set(ends[1]) and all(ends[0][name].equal(ends[1][name]) for name in ends[0])


def test_what_grows_with_the_collection_is_no_part_of_the_header(works: list[Item]) -> None:
    meta = train(make_trainer(works[:14])).state().meta
    assert set(meta) == {"steps", "seconds"}


def test_the_size_of_a_batch_changes_nothing(pieces: list[Item]) -> None:
    assert same(train(make_trainer(pieces, batch=3)).finish(), train(make_trainer(pieces, batch=16)).finish())


def test_it_tells_how_it_goes(pieces: list[Item]) -> None:
    trainer = make_trainer(pieces, batch=4)
    fractions, boards = [trainer.fraction], 0
    while not trainer.done:
        trainer.step()
        fractions.append(trainer.fraction)
        figures = trainer.progress()
        assert figures["works"] == min(len(pieces), 4 * trainer.step_count)
        if trainer.snapshot_due():
            snapshot = trainer.snapshot()
            (board,) = snapshot.products
            assert board.data.startswith(b"\x89PNG") and board.position == trainer.step_count
            boards += 1
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert 1 <= boards <= 4


def test_a_fresh_training_can_be_kept_and_restored(works: list[Item]) -> None:
    fresh = make_trainer(works)
    again = make_trainer(works)
    again.restore(checkpoints.unpack(checkpoints.pack("job", 0, fresh.state())))
    assert again.step_count == 0 and not again.done


def test_works_of_the_gallery_come_too_each_file_once(works: list[Item], tmp_path: Path) -> None:
    made = tmp_path / "made.png"
    picture("noon", 99).save(made)
    gallery = [item_of(made, {}), works[0]]
    index = load(tmp_path, train(make_trainer(works[:6], gallery))).index
    assert [one.name for one in index.entries] == [*(item.name for item in works[:6]), "made.png"]


def test_what_was_made_here_and_is_no_work_is_left_out(works: list[Item], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_bytes(b'{"kind": "inspiration"}')
    trained = train(make_trainer(works[:5], [item_of(report, {})])).finish()
    assert (trained.card["works"], trained.card["left_out"]) == (5, 1)


def test_works_of_another_medium_are_left_out(works: list[Item], pieces: list[Item], tmp_path: Path) -> None:
    trained = train(make_trainer([*works[:5], *pieces[:2]])).finish()
    assert (trained.card["media"], trained.card["works"], trained.card["left_out"]) == ("painting", 5, 2)


def test_the_card_tells_what_is_known(pieces: list[Item]) -> None:
    card = train(make_trainer(pieces)).finish().card
    assert (card["kind"], card["media"], card["works"]) == ("muse", "music", 14)
    assert card["labels"] == {"book": {"one": 9, "two": 5}}
    low, middle, high = card["figures"]["length.bars"]
    assert low <= middle <= high
    json.dumps(card, allow_nan=False)


def test_only_takes_a_part(works: list[Item]) -> None:
    trainer = make_trainer(works, only="kind=noon")
    assert {one.item.labels["kind"] for one in trainer.works} == {"noon"}
    with pytest.raises(InvalidInput, match="kind=dusk"):
        make_trainer(works, only="kind=dawn")


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_too_few_works_are_refused(works: list[Item], count: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        make_trainer(works[:count])
    assert (caught.value.field, caught.value.code) == ("dataset", "too_few_works")


def test_the_same_work_over_and_over_is_no_collection(works: list[Item]) -> None:
    with pytest.raises(InvalidInput, match="1 works"):
        chosen([works[0]] * 9, [], "")


def test_too_few_of_one_medium_are_refused_at_the_end(works: list[Item], pieces: list[Item]) -> None:
    trainer = train(make_trainer([*works[:2], *pieces[:4]]))
    with pytest.raises(InvalidInput, match="2 works"):
        trainer.finish()


def test_a_work_that_cannot_be_read_stops_it(works: list[Item], tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(works[0].path.read_bytes()[:60])
    with pytest.raises(BadFile):
        train(make_trainer([*works[:5], item_of(broken, {})]))


def test_any_size_of_picture_is_taken(tmp_path: Path) -> None:
    items = []
    for place, size in enumerate([(1, 1), (3, 700), (900, 40), (64, 64), (600, 500)]):
        path = tmp_path / f"{place}.png"
        Image.linear_gradient("L").resize(size).convert("RGB").save(path)
        items.append(item_of(path, {}))
    index = load(tmp_path, train(make_trainer(items))).index
    assert index.side == 512
    assert torch.isfinite(index.vectors.float()).all()


def test_it_needs_four_works_at_least() -> None:
    assert FEWEST_WORKS == 4


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    trainer: MuseTrainer = train(make_trainer(music_items(tmp_path / "m", 6)))
    trained = trainer.finish()
    index = load(tmp_path, trainer).index
    assert config_of(index) == trained.config
    again = weights_of(index)
    assert all(torch.equal(again[name], value) for name, value in trained.weights.items())


def test_pictures_are_alike_when_they_are_the_same_twice(tmp_path: Path) -> None:
    items = picture_items(tmp_path / "p", 6)
    copy = tmp_path / "copy.png"
    Image.open(items[2].path).save(copy, compress_level=1)
    index = load(tmp_path, train(make_trainer([*items, item_of(copy, {})]))).index
    vectors = index.vectors.float()
    cosines = vectors @ vectors[2]
    assert int(cosines[torch.arange(7) != 2].argmax()) == 5, "the copy, whatever its bytes"
