"""Files from outside that an input names: uploads sent before, and files that came inside the request."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from shared.errors import AtelierError
from shared.files import Artifact
from web import uploads
from web.data_uris import Inside

#: Stands for the id of a file that is not stored yet.
NO_ID = "0" * 26


@dataclass(frozen=True, slots=True)
class FilesNamed:
    """The files by field: ``uploads`` have an id, those ``inside`` get one when the job is queued."""

    uploads: Mapping[str, Artifact] = field(default_factory=dict)
    inside: Mapping[str, Inside] = field(default_factory=dict)

    def by_content(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The input with hashes in place of ids: requests with equal files are equal, however they came."""
        hashes = {name: upload.hash for name, upload in self.uploads.items()}
        return dict(given) | hashes | {name: file.blob.hash for name, file in self.inside.items()}

    @contextmanager
    def stored(self) -> Iterator[dict[str, Artifact]]:
        """What came inside the request as uploads, which are forgotten again when the block is refused.

        Raises:
            StorageFull: nothing is kept.
        """
        made: dict[str, Artifact] = {}
        try:
            for name, file in self.inside.items():
                made[name] = uploads.keep(file.data, file.media_type, file.name)
            yield made
        except AtelierError:
            uploads.forget(list(made.values()))
            raise

    def into(self, values: Mapping[str, Any], made: Mapping[str, Artifact]) -> dict[str, Any]:
        """The values of a new job whose input names these files, ``made`` among them."""
        ids = {name: file.id for name, file in (dict(self.uploads) | dict(made)).items()}
        if not ids:
            return dict(values)
        given = dict(values["input"])
        return dict(values) | {"input": given | ids, "attached": ids, "request": self.by_content(given)}
