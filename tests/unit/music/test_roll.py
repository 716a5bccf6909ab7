"""Piano rolls: what is where on the picture, in which ink, and that it is always the same picture."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from PIL import Image

from tests.unit.music.made_pieces import chorale, scores, tone
from worker.music.roll import SIDE, piano_roll
from worker.music.score import Note, Score, part_of

PAPER = (255, 253, 248)
SEAL, OCHRE, MOSS, INDIGO = (184, 50, 31), (201, 138, 43), (91, 111, 58), (39, 64, 107)


def pixels(data: bytes) -> NDArray[np.uint8]:
    """The picture as (rows, columns, red green blue)."""
    image = Image.open(io.BytesIO(data))
    assert image.format == "WEBP"
    assert image.mode == "RGB"
    return np.asarray(image)


def inked(picture: NDArray[np.uint8], ink: tuple[int, int, int]) -> NDArray[np.int64]:
    """Rows and columns of the pixels that have exactly this colour."""
    return np.argwhere((picture == ink).all(2))


def middle(picture: NDArray[np.uint8], ink: tuple[int, int, int]) -> tuple[float, float]:
    """The mean row and column of an ink."""
    row, column = inked(picture, ink).mean(0)
    return float(row), float(column)


def test_a_thumbnail_is_a_small_square() -> None:
    data = piano_roll(chorale(16))
    assert pixels(data).shape == (SIDE, SIDE, 3)
    assert SIDE == 256
    assert len(data) < 12_000


@pytest.mark.parametrize(("width", "height"), [(64, 64), (1024, 480), (97, 301)])
def test_other_sizes(width: int, height: int) -> None:
    assert pixels(piano_roll(chorale(), width, height)).shape == (height, width, 3)


def test_each_part_has_its_ink_and_high_is_up() -> None:
    picture = pixels(piano_roll(chorale()))
    rows = [middle(picture, ink)[0] for ink in (SEAL, OCHRE, MOSS, INDIGO)]
    assert rows == sorted(rows)


def test_time_runs_to_the_right_by_ticks() -> None:
    first = Score((part_of("a", [Note(0, 60, 24)]), part_of("b", [Note(72, 60, 24)])))
    picture = pixels(piano_roll(first))
    early, late = middle(picture, SEAL)[1], middle(picture, OCHRE)[1]
    inner = SIDE * (1 - 2 / 24)
    assert early == pytest.approx(SIDE / 24 + inner / 8, abs=1.5)
    assert late == pytest.approx(SIDE / 24 + inner * 7 / 8, abs=1.5)


def test_a_semitone_is_as_high_everywhere() -> None:
    notes = [part_of(str(n), [Note(24 * n, pitch, 24)]) for n, pitch in enumerate((84, 72, 48))]
    picture = pixels(piano_roll(Score(tuple(notes))))
    top, between, bottom = (middle(picture, ink)[0] for ink in (SEAL, OCHRE, MOSS))
    assert (bottom - between) / (between - top) == pytest.approx(2.0, abs=0.05)


def test_a_note_struck_again_shows() -> None:
    twice = Score((part_of("a", [Note(0, 60, 48), Note(48, 60, 48)]),))
    once = Score((part_of("a", [Note(0, 60, 96)]),))
    row = round(middle(pixels(piano_roll(once)), SEAL)[0])

    def gaps(score: Score) -> int:
        line = (pixels(piano_roll(score))[row] == SEAL).all(1)
        inside = line[np.flatnonzero(line)[0] : np.flatnonzero(line)[-1]]
        return int((~inside).sum())

    assert gaps(once) == 0
    assert 1 <= gaps(twice) <= 3


def test_what_was_given_is_paler() -> None:
    score = chorale()
    red, green, blue = (round(0.42 * a + 0.58 * b) for a, b in zip(SEAL, PAPER, strict=True))
    pale = (red, green, blue)
    whole = pixels(piano_roll(score))
    half = pixels(piano_roll(score, given=[(0, score.end // 2, -1)]))
    top = pixels(piano_roll(score, given=[(0, score.end, 0)]))
    assert len(inked(whole, pale)) == 0
    assert len(inked(half, SEAL)) == pytest.approx(len(inked(whole, SEAL)) / 2, rel=0.2)
    assert inked(half, pale)[:, 1].max() < inked(half, SEAL)[:, 1].min()
    assert len(inked(top, SEAL)) == 0
    assert len(inked(top, INDIGO)) == len(inked(whole, INDIGO))


def bar_lines(score: Score) -> list[int]:
    """Columns that are not paper in the top row, where no note reaches."""
    top = pixels(piano_roll(score))[0].astype(int)
    return np.flatnonzero(np.abs(top - PAPER).max(1) > 10).tolist()


def test_bar_lines_stand_at_the_bars_and_thin_out() -> None:
    # Four bars: where each begins and where the last one ends.
    assert len(bar_lines(chorale(bars=4, pickup=0))) == 5
    with_upbeat = bar_lines(chorale(bars=4, pickup=24))
    inner = SIDE * (1 - 2 / 24)
    wanted = [SIDE / 24 + inner * tick / (17 * 24) for tick in (24, 120, 216, 312, 408)]
    assert with_upbeat == pytest.approx(wanted, abs=1.0)
    many = Score((part_of("a", [Note(96 * n, 60, 96) for n in range(500)]),))
    gaps = np.diff(bar_lines(many))
    assert gaps.min() >= 6


def test_bar_lines_are_faint_beside_the_notes() -> None:
    picture = pixels(piano_roll(chorale(pickup=0))).astype(int)
    top = np.abs(picture[0] - PAPER).max(1)
    assert 10 < top.max() < 60


def test_one_note_is_no_wall() -> None:
    # Two octaves are always shown, so a single pitch is a thin line in the middle.
    picture = pixels(piano_roll(tone(60)))
    rows = np.unique(inked(picture, SEAL)[:, 0])
    assert len(rows) <= SIDE // 24
    assert abs(rows.mean() - SIDE / 2) < 6


def test_nothing_is_paper() -> None:
    picture = pixels(piano_roll(Score((part_of("a", []),))))
    assert (picture == PAPER).all(2).mean() > 0.97
    assert pixels(piano_roll(Score(()))).shape == (SIDE, SIDE, 3)


def test_a_short_note_in_a_long_piece_is_still_seen() -> None:
    score = Score((part_of("a", [Note(0, 60, 1), Note(24 * 2000, 72, 1)]),))
    picture = pixels(piano_roll(score)).astype(int)
    red = (picture[:, :, 0] - picture[:, :, 2]) > 60
    assert np.flatnonzero(red.any(0)).tolist()[0] < SIDE // 12
    assert np.flatnonzero(red.any(0)).tolist()[-1] > SIDE - SIDE // 12


def test_the_ninth_part_begins_the_inks_anew() -> None:
    parts = tuple(part_of(str(n), [Note(0, 90 - 5 * n, 24)]) for n in range(9))
    picture = pixels(piano_roll(Score(parts)))
    assert len(np.unique(inked(picture, SEAL)[:, 0])) > 8
    assert len(inked(picture, INDIGO)) > 0


@settings(max_examples=25)
@given(scores(parts=10))
def test_any_piece_is_drawn_inside_its_margins(score: Score) -> None:
    data = piano_roll(score)
    assert data == piano_roll(score)
    picture = pixels(data).astype(int)
    strong = np.abs(picture - PAPER).max(2) > 70
    assert strong.any()
    edge = SIDE // 48
    inside = np.zeros_like(strong)
    inside[edge:-edge, edge:-edge] = True
    assert not (strong & ~inside).any()


def test_the_title_and_the_sound_change_nothing() -> None:
    score = chorale()
    assert piano_roll(score) == piano_roll(replace(score, title="", tempo=200.0, key=None))
