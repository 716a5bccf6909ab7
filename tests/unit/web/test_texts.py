"""The catalogue is whole: every text has Chinese, every placeholder is kept, the compiled file is current."""

import io
import re

import pytest
from babel.messages.mofile import read_mo
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web import browser, catalog
from tests.unit.web.seed import Studio

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: Names and signs that read the same in both languages.
SAME = re.compile(r"^[A-Za-z]+$")


def texts(message: object) -> list[str]:
    return list(message) if isinstance(message, tuple | list) else [str(message)]


def test_every_text_of_the_source_and_of_the_families_has_chinese() -> None:
    known = {str(message.id): message for message in catalog.chinese() if message.id}
    missing = []
    for message in catalog.wanted():
        if not message.id:
            continue
        found = known.get(str(message.id))
        if found is None or not all(texts(found.string)) or not found.string:
            missing.append(message.id)
    assert missing == [], "run python -m tests.unit.web.catalog and fill them in"


def test_the_catalogue_holds_nothing_that_is_no_longer_said() -> None:
    wanted = {str(message.id) for message in catalog.wanted()}
    assert [message.id for message in catalog.chinese() if message.id and str(message.id) not in wanted] == []


def test_translations_keep_every_placeholder() -> None:
    for message in catalog.chinese():
        if message.id:
            wanted = {name for text in texts(message.id) for name in PLACEHOLDER.findall(text)}
            for translated in texts(message.string):
                assert set(PLACEHOLDER.findall(translated)) == wanted, message.id


def test_translations_are_chinese() -> None:
    for message in catalog.chinese():
        plain = PLACEHOLDER.sub("", str(texts(message.string)[0])) if message.id else ""
        if plain and not SAME.match(plain) and re.search(r"[A-Za-z]{4}", plain.replace("KID-lite", "")):
            assert CHINESE.search(plain), message.id


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    # Not byte for byte: the header names the version of Babel that wrote it.
    found, told = (
        {str(message.id): message.string for message in read_mo(io.BytesIO(data)) if message.id}
        for data in ((catalog.FOLDER / "messages.mo").read_bytes(), catalog.compiled(catalog.chinese()))
    )
    assert len(told) > 500 and found == told


@pytest.mark.parametrize(
    ("accepted", "language", "title"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans", "数据集"),
        ("zh-TW", "zh-Hans", "数据集"),
        ("fr,de;q=0.5", "en", "Data sets"),
        ("de,zh;q=0.5", "zh-Hans", "数据集"),
        ("en-GB,zh;q=0.1", "en", "Data sets"),
        ("", "en", "Data sets"),
    ],
)
def test_the_browser_chooses_the_language(
    client: FlaskClient, accepted: str, language: str, title: str
) -> None:
    page = client.get("/datasets", headers={**browser.HTML, "Accept-Language": accepted}).text
    assert f'<html lang="{language}"' in page and f"<h1>{title}</h1>" in page


def test_the_switch_outweighs_the_browser(client: FlaskClient) -> None:
    answer = browser.send(client, "/preferences", language="zh", back="/jobs")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/jobs")
    assert "<h1>任务</h1>" in client.get("/jobs", headers={**browser.HTML, "Accept-Language": "en"}).text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
def test_the_switch_never_leads_away(client: FlaskClient, back: str) -> None:
    assert browser.send(client, "/preferences", theme="dark", back=back).headers["Location"] == "/"


def test_a_made_up_theme_is_refused(client: FlaskClient) -> None:
    assert browser.send(client, "/preferences", theme="pink").status_code == 422


def test_every_page_is_chinese_when_asked(
    app: Flask, client: FlaskClient, studio: Studio, dataset_id: str
) -> None:
    for path in (
        "/",
        "/gallery",
        "/jobs",
        "/datasets",
        f"/datasets/{dataset_id}/train",
        "/models",
        "/workers",
        "/analyze",
        "/muse",
    ):
        page = client.get(path, headers={**browser.HTML, "Accept-Language": "zh"}).text
        heading = page.split("<h1>")[1].split("</h1>")[0]
        assert CHINESE.search(heading), path
