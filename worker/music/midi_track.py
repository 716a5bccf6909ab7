"""One track of a Standard MIDI File, event by event: what counts is kept, everything is counted."""

from __future__ import annotations

from shared.errors import BadFile

#: Data bytes of a channel message by the upper half of its status.
_LENGTHS = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
_TEXT, _NAME, _END, _TEMPO, _METER, _KEY = 0x01, 0x03, 0x2F, 0x51, 0x58, 0x59
_END_EVENT = b"\x00\xff\x2f\x00"
LONGEST_NAME = 100


class TrackWalk:
    """A walk over the bytes of a track, without its chunk's head; at most ``most`` events of it.

    After ``run``: ``length`` is where the track ends, ``ended`` whether it says so, ``tick`` where that is,
    ``last_note`` the tick of the last event of a note.
    """

    def __init__(self, body: bytes, most: int) -> None:
        self._body = body
        self._most = most
        self._name_kinds: list[int] = []
        self.length = 0
        self.ended = False
        self.tick = 0
        self.last_note = 0
        self.events = 0
        self.strikes = 0
        self.name = ""
        self.tempos: list[tuple[int, int]] = []
        self.meters: list[tuple[int, int, int]] = []
        self.keys: list[tuple[int, int, int]] = []

    def run(self) -> None:
        """Walk to the end of the track.

        Raises:
            IndexError: an event needs more bytes than there are.
            BadFile: damaged_midi, midi_tempo or midi_too_many_events.
        """
        body, size, status, at = self._body, len(self._body), 0, 0
        while at < size and not self.ended:
            delta, at = self._quantity(at)
            self.tick += delta
            self.events += 1
            if self.events > self._most:
                raise BadFile("There are too many events in the MIDI file.", code="midi_too_many_events")
            first = body[at]
            if first >= 0xF0:
                status = 0
                at = self._meta(at + 1) if first == 0xFF else self._system(first, at + 1)
                continue
            if first & 0x80:
                status, at = first, at + 1
            at = self._message(status, at)
        self.length = at

    def clean(self, name: str) -> bytes:
        """The chunk of this track: named ``name``, ended where its events end, its own names made texts."""
        body = bytearray(self._body[: self.length])
        for at in self._name_kinds:
            body[at] = _TEXT
        begin = bytes((0, 0xFF, _NAME, len(name))) + name.encode("ascii")
        whole = begin + bytes(body) + (b"" if self.ended else _END_EVENT)
        return b"MTrk" + len(whole).to_bytes(4) + whole

    def _quantity(self, at: int) -> tuple[int, int]:
        """A variable-length quantity and the place behind it."""
        body, value = self._body, 0
        for place in range(at, at + 4):
            byte = body[place]
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value, place + 1
        raise _damaged("a number has more than four bytes")

    def _message(self, status: int, at: int) -> int:
        kind = status >> 4
        if kind not in _LENGTHS:
            raise _damaged("a message has no status")
        end = at + _LENGTHS[kind]
        if max(self._body[end - 1], self._body[at]) > 0x7F:
            raise _damaged("a message is broken off")
        if kind in (0x8, 0x9):
            self.last_note = self.tick
            self.strikes += kind == 0x9 and self._body[at + 1] > 0
        return end

    def _system(self, status: int, at: int) -> int:
        if status not in (0xF0, 0xF7):
            raise _damaged("it holds a message that cannot stand in a file")
        return self._payload(at)[1]

    def _meta(self, at: int) -> int:
        kind = self._body[at]
        begin, end = self._payload(at + 1)
        data = self._body[begin:end]
        if kind == _END:
            self.ended = True
        elif kind == _NAME:
            self._name_kinds.append(at)
            self.name = self.name or readable(data)
        elif kind == _TEMPO and len(data) == 3:
            self._tempo(int.from_bytes(data))
        elif kind == _METER and len(data) == 4:
            self.meters.append((self.tick, data[0], data[1]))
        elif kind == _KEY and len(data) == 2:
            self.keys.append((self.tick, int.from_bytes(data[:1], signed=True), data[1]))
        return end

    def _tempo(self, micros: int) -> None:
        if micros == 0:
            raise BadFile("The MIDI file has a tempo of zero.", code="midi_tempo")
        self.tempos.append((self.tick, micros))

    def _payload(self, at: int) -> tuple[int, int]:
        """Where the bytes of a meta or system event begin and end."""
        length, begin = self._quantity(at)
        if begin + length > len(self._body):
            raise IndexError
        return begin, begin + length


def readable(data: bytes) -> str:
    """A name from outside, fit to be shown: UTF-8, else Windows-1252. The standard names no encoding."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "ignore")
    return "".join(char for char in text if char.isprintable()).strip()[:LONGEST_NAME]


def _damaged(what: str) -> BadFile:
    return BadFile(f"The MIDI file is damaged: {what}.", code="damaged_midi")
