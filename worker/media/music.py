"""The taker of music: MIDI files on the grid, copies by their notes, transposed copies listed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from shared.errors import BadFile
from shared.media import MUSIC
from worker.media import sniff
from worker.media.candidates import Candidate
from worker.media.report import Kept, Refused, Remark, Twin
from worker.media.shelf import Shelf
from worker.media.taker import Copies, Findings
from worker.music.midi_in import read_midi
from worker.music.midi_out import write_midi
from worker.music.plain import notes_sha256, score_sha256
from worker.music.reading import Reading
from worker.music.roll import piano_roll
from worker.music.score import Part, Score
from worker.music.voices import voice_count

NAMES = (".mid", ".midi", ".smf", ".kar")
MEDIA_TYPE = "audio/midi"
#: Mean distance from the grid, in milliseconds, from which on a piece was likely played freely.
_FREE_MS = 10.0


class MusicTaker:
    """Takes MIDI files, recordings (to refuse them with their name), and whatever is called MIDI."""

    media: ClassVar[str] = MUSIC
    none_code: ClassVar[str] = "no_music"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._copies = Copies()
        self._shapes: dict[str, tuple[str, int]] = {}
        self.found = Findings()

    def wants(self, candidate: Candidate) -> bool:
        """By content, or by name when the content is nothing that is known."""
        kind = candidate.kind
        return kind == "MIDI" or kind in sniff.SOUNDS or (kind not in sniff.PICTURES and _is_named(candidate))

    def take(self, candidate: Candidate) -> None:
        """Keep the piece, or the reason why not. Raises BadFile: upload_too_large."""
        try:
            reading = read_midi(candidate.data)
        except BadFile as error:
            self.found.refused.append(Refused(candidate.name, error.code, error.message))
            return
        score = reading.score
        first = self._copies.of(notes_sha256(score), candidate.name)
        if first is not None:
            self.found.duplicates.append(Twin(candidate.name, first))
            return
        path = self._shelf.put(write_midi(score), "mid", piano_roll(score))
        style = f"MIDI {reading.original['format']}"
        original = {**reading.original, "format": style, "bytes": len(candidate.data)}
        self.found.kept.append(
            Kept(
                candidate.name,
                path,
                MEDIA_TYPE,
                score_sha256(score),
                original,
                facts=_facts(reading),
            )
        )
        self._remark(candidate.name, reading)
        self._compare(candidate.name, score)

    def finish(self) -> None:
        """Nothing is left to do."""

    def _remark(self, name: str, reading: Reading) -> None:
        if reading.remarks:
            self.found.remarks.append(Remark(name, "changed", " ".join(reading.remarks)))
        away = reading.quantisation["mean_ms"]
        if away > _FREE_MS:
            text = f"Its notes lie {away:.0f} ms from the grid on average: it was likely played freely."
            self.found.remarks.append(Remark(name, "off_grid", text))

    def _compare(self, name: str, score: Score) -> None:
        """List a piece that is an earlier one in another key."""
        low = min((note.pitch for part in score.parts if not part.drums for note in part.notes), default=0)
        first, height = self._shapes.setdefault(notes_sha256(_lowered(score, low)), (name, low))
        if first != name:
            self.found.near_duplicates.append(Twin(name, first, abs(low - height)))


def _is_named(candidate: Candidate) -> bool:
    return candidate.suffix in NAMES


def _lowered(score: Score, low: int) -> Score:
    parts = tuple(
        part
        if part.drums
        else Part(
            part.name, tuple(replace(note, pitch=note.pitch - low) for note in part.notes), part.program
        )
        for part in score.parts
    )
    return replace(score, parts=parts)


def _facts(reading: Reading) -> dict[str, Any]:
    """What is known of a piece: ``key`` and ``meter`` as its file names them, None where it does not."""
    score = reading.score
    return {
        "key": reading.original["key"],
        "meter": reading.original["meter"],
        "tempo": score.tempo,
        "bars": score.bars,
        "seconds": round(score.seconds, 3),
        "tracks": len(score.parts),
        "notes": sum(len(part.notes) for part in score.parts),
        "voices": voice_count(score),
        "quantisation": reading.quantisation,
    }
