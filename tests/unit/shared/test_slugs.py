import pytest

from shared.library import NAME, slug


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Edo prints", "edo-prints"),
        ("  Old  Masters! ", "old-masters"),
        ("浮世絵", "model"),
        ("a" * 100, "a" * 60),
        ("Café №5", "caf-5"),
    ],
)
def test_a_title_becomes_a_model_name(title: str, name: str) -> None:
    assert slug(title) == name and NAME.fullmatch(slug(title))
