"""Labels of works: from a CSV file inside the archive, or from the folders the works lie in."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from worker.media.limits import Limits

FILES = ("labels.csv", "metadata.csv")
NAME_COLUMNS = ("file", "file_name", "filename", "image")


@dataclass
class LabelTable:
    """What a label file says: labels by path as written (below the file's own folder) and by bare file
    name.
    """

    source: str = ""
    by_path: dict[str, dict[str, str]] = field(default_factory=dict)
    by_name: dict[str, dict[str, str]] = field(default_factory=dict)

    def find(self, name: str) -> dict[str, str]:
        """The labels of the picture `name`; its path counts first, then its file name alone."""
        found = self.by_path.get(name)
        if found is None:
            found = self.by_name.get(PurePosixPath(name).name, {})
        return dict(found)


def is_label_file(name: str) -> bool:
    """Whether an archive entry is a label file, by its name."""
    return PurePosixPath(name).name.lower() in FILES


def read_table(name: str, data: bytes, limits: Limits) -> LabelTable:
    """The label file `name`.

    Raises:
        ValueError: with a clause for people, when it cannot be used; the pictures then have no labels.
    """
    if len(data) > limits.label_file:
        raise ValueError(f"it is larger than {limits.label_file >> 20} MiB")
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text; save it as “CSV UTF-8”") from None
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        column = _name_column(rows.fieldnames or [])
        return _fill(name, rows, column, limits)
    except csv.Error as error:
        raise ValueError(f"it is not a table: {error}") from None


def _name_column(columns: Sequence[str]) -> str:
    for column in columns:
        if column is not None and column.strip().lower() in NAME_COLUMNS:
            return column
    raise ValueError("it has no column “file”")


def _fill(name: str, rows: csv.DictReader[str], column: str, limits: Limits) -> LabelTable:
    table = LabelTable(source=name)
    folder = PurePosixPath(name).parent
    wanted = [one for one in rows.fieldnames or [] if one and one != column][: limits.label_columns]
    clashing: set[str] = set()
    for number, row in enumerate(rows):
        if number >= limits.entries:
            raise ValueError(f"it has more than {limits.entries} rows")
        file = (row.get(column) or "").strip().replace("\\", "/").removeprefix("./")
        if not file:
            continue
        labels = {
            key: value for one in wanted if (key := _trim(one, limits)) and (value := _trim(row[one], limits))
        }
        table.by_path[(folder / file).as_posix()] = labels
        bare = PurePosixPath(file).name
        if table.by_name.setdefault(bare, labels) != labels:
            clashing.add(bare)
    for bare in clashing:
        del table.by_name[bare]
    return table


def _trim(value: str | None, limits: Limits) -> str:
    text = "".join(char for char in value or "" if char.isprintable())
    return text.strip()[: limits.label_length]


def folder_labels(names: list[str]) -> dict[str, dict[str, str]]:
    """`{name: {"folder": its folder}}` when the pictures lie in at least two folders, else nothing.

    Folders that all pictures share are left out of the label; a picture outside any folder gets none.
    """
    folders = {name: PurePosixPath(name).parent.parts for name in names}
    shared = _shared_length(list(folders.values()))
    labels = {name: "/".join(parts[shared:]) for name, parts in folders.items()}
    if len(set(labels.values()) - {""}) < 2:
        return {}
    return {name: {"folder": label} for name, label in labels.items() if label}


def _shared_length(paths: list[tuple[str, ...]]) -> int:
    length = 0
    for column in zip(*paths, strict=False):
        if len(set(column)) > 1:
            break
        length += 1
    return length
