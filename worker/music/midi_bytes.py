"""The bytes of Standard MIDI Files: variable-length quantities, tracks, text events."""

from __future__ import annotations

from collections.abc import Iterator

#: The kind of a meta event that holds any text.
TEXT = 0x01
#: The longest variable-length quantity that the standard has, in bytes.
_LONGEST = 4
#: Data bytes of a channel message by its status's upper half.
_LENGTHS = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}


def variable(value: int) -> bytes:
    """A variable-length quantity: seven bits a byte, all but the last with the highest bit set.

    Raises:
        ValueError: it takes more than four bytes.
    """
    if not 0 <= value < 1 << 7 * _LONGEST:
        raise ValueError(f"MIDI has no quantity of {value}")
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def meta(kind: int, data: bytes) -> bytes:
    """A meta event."""
    return bytes([0xFF, kind]) + variable(len(data)) + data


def texts(data: bytes) -> Iterator[bytes]:
    """The text events of a file, track by track.

    Raises:
        IndexError: the file ends too early.
        KeyError: a message that cannot stand in a file.
        ValueError: it is no MIDI file.
    """
    if data[:4] != b"MThd":
        raise ValueError("no MIDI file")
    place = 8 + int.from_bytes(data[4:8])
    while place + 8 <= len(data):
        end = place + 8 + int.from_bytes(data[place + 4 : place + 8])
        if data[place : place + 4] == b"MTrk":
            yield from _track_texts(data[place + 8 : end])
        place = end


def _track_texts(body: bytes) -> Iterator[bytes]:
    place, status = 0, 0
    while place < len(body):
        place = _read_variable(body, place)[1]
        if body[place] & 0x80:
            status, place = body[place], place + 1
        if status in (0xF0, 0xF7, 0xFF):
            kind = body[place] if status == 0xFF else None
            length, place = _read_variable(body, place + (status == 0xFF))
            if kind == TEXT:
                yield body[place : place + length]
            place += length
        else:
            place += _LENGTHS[status >> 4]


def _read_variable(body: bytes, place: int) -> tuple[int, int]:
    """A variable-length quantity and the place behind it."""
    value = 0
    for length in range(_LONGEST):
        byte = body[place + length]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + length + 1
    raise ValueError("a quantity of more than four bytes")
