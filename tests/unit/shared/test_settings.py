from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.settings import LONGEST_SOCKET_PATH, bell_socket, load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("ATELIER_"):
            monkeypatch.delenv(name)


def test_defaults_run_everything_under_home(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/atelier.db"
    assert settings.store_url == f"file://{tmp_path}/store"
    assert settings.redis_url == f"unix://{tmp_path}/run/bell.sock"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)


def test_the_environment_and_overrides_are_read_in_that_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    monkeypatch.setenv("ATELIER_PORT", "9000")
    assert load_settings().port == 9000
    assert load_settings(port=7000).port == 7000
    assert load_settings(port=None).home == tmp_path


def test_a_bad_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATELIER_PORT", "many")
    with pytest.raises(ConfigurationError, match="ATELIER_PORT"):
        load_settings()


def test_a_long_home_moves_the_socket_where_it_fits(tmp_path: Path) -> None:
    home = tmp_path / ("x" * 120)
    socket = bell_socket(home)
    assert len(str(socket)) <= LONGEST_SOCKET_PATH
    assert socket == bell_socket(home) and socket != bell_socket(tmp_path / ("y" * 120))


def test_the_password_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("open sesame\n")
    assert load_settings(home=tmp_path, password_file=secret).password == "open sesame"
    with pytest.raises(ConfigurationError, match="ATELIER_PASSWORD_FILE"):
        load_settings(home=tmp_path, password_file=tmp_path / "missing")
