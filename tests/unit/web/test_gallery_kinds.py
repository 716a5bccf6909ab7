"""The gallery's filter by kind: each title is true of every work under it, whatever family made it."""

import html
import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from shared.catalogue import OperationDescription, announce
from shared.library import Model
from tests.unit.web.families import PAINTER
from tests.unit.web.music import COMPOSER, Musicians
from tests.unit.web.test_music_pages import text
from tests.unit.web.test_pages import page


def renamed(operation: OperationDescription, name: str, title: str) -> OperationDescription:
    return replace(operation, name=name, title=title)


@pytest.fixture
def both(musicians: Musicians, chorales: Model, music_version: str) -> dict[str, list[str]]:
    """A painter and a composer whose operations share names and titles crosswise, with works of each."""
    generate, neighbours, train = PAINTER.operations
    painted = (generate, neighbours, renamed(neighbours, "interpolate", "Travel"), train)
    compose, follow, *rest = COMPOSER.operations
    composed = (
        renamed(compose, "generate", "Compose"),
        renamed(follow, "variations", "Variations"),
        renamed(follow, "interpolate", "Bridge two"),
        *rest,
    )
    announce(musicians.db, [replace(PAINTER, operations=painted), replace(COMPOSER, operations=composed)])
    model = musicians.model()
    version = musicians.version(model, musicians.dataset())
    return {
        "Generate": musicians.make(model, version, count=1, seed=1),
        "Compose": musicians.perform(chorales, music_version, "generate"),
        "Travel": musicians.make(model, version, "interpolate", count=1, seed=2),
        "Bridge two": musicians.perform(chorales, music_version, "interpolate"),
        "Variations": [
            *musicians.make(model, version, "neighbours", count=1, seed=3),
            *musicians.perform(chorales, music_version, "variations"),
        ],
    }


def chips(shown: str, label: str) -> dict[str, str]:
    row = shown.split(f'aria-label="{label}"')[1].split("</ul>")[0]
    found = re.findall(r'class="chip" href="([^"]+)"[^>]*>([^<]+)</a>', row)
    assert len({title for _, title in found}) == len(found), "no title stands there twice"
    return {title: html.unescape(address) for address, title in found}


def test_each_kind_has_one_chip_and_only_its_works_under_it(
    client: FlaskClient, both: dict[str, list[str]]
) -> None:
    kinds = chips(page(client, "/gallery"), "Filter by kind")
    for title, works in both.items():
        shown = page(client, kinds[title])
        assert set(re.findall(r'href="/works/(\w+)"', shown)) == set(works), title
        assert f'aria-current="true">{title}</a>' in shown
    assert "Nothing of that kind yet" in page(client, kinds["Harmonise"])


def test_a_bridge_between_pieces_is_not_called_a_walk(
    client: FlaskClient, both: dict[str, list[str]]
) -> None:
    listed = text(page(client, "/jobs"))
    assert "Bridge two, Chorales" in listed and "A walk, Edo prints" in listed
    assert "A walk, Chorales" not in listed


def test_models_without_a_version_are_no_chips(client: FlaskClient, musicians: Musicians) -> None:
    musicians.version(musicians.model(), musicians.dataset())
    musicians.model("Empty", "empty")
    assert list(chips(page(client, "/gallery"), "Filter by model")) == ["all models", "Edo prints"]
    assert "Nothing of that kind yet" in page(client, "/gallery?model=empty")
