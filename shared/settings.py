"""The only reader of the environment. Every setting is ATELIER_<NAME>; docs/operating.md explains each."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import ConfigurationError

#: Linux allows 108 bytes for a unix socket's path.
LONGEST_SOCKET_PATH = 100


class Settings(BaseSettings):
    """How this process finds its parts; the defaults run everything on one machine."""

    model_config = SettingsConfigDict(env_prefix="ATELIER_", frozen=True, extra="ignore")

    home: Path = Field(default_factory=lambda: Path.home() / ".atelier")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    database_url: str = ""
    redis_url: str = ""
    store_url: str = ""
    password: str | None = None
    password_file: Path | None = None
    families: str = ""
    lanes: str = "interactive,training,ingest"
    device: str = "auto"
    threads: int = Field(default=0, ge=0, le=1024)
    lease_seconds: float = Field(default=30.0, ge=0.5, le=3600)
    sweep_seconds: float = Field(default=5.0, ge=0.1, le=3600)
    checkpoint_seconds: float = Field(default=60.0, ge=0, le=86400)
    weights_cache_mb: int = Field(default=1024, ge=1)
    batch_limit: int = Field(default=256, ge=1, le=1024)
    affinity_seconds: float = Field(default=1.0, ge=0, le=60)
    max_attempts: int = Field(default=3, ge=1, le=100)
    max_queued: int = Field(default=1000, ge=1)
    max_upload_mb: int = Field(default=512, ge=1)
    log_level: str = "INFO"

    def resolved(self) -> "Settings":
        """These settings with every URL and path filled in."""
        home = self.home.expanduser().absolute()
        changes: dict[str, Any] = {"home": home}
        if not self.database_url:
            changes["database_url"] = f"sqlite:///{home / 'atelier.db'}"
        if not self.redis_url:
            changes["redis_url"] = f"unix://{bell_socket(home)}"
        if not self.store_url:
            changes["store_url"] = f"file://{home / 'store'}"
        if self.password_file is not None:
            changes["password"] = self.password_file.read_text(encoding="utf-8").strip()
        return self.model_copy(update=changes)


def bell_socket(home: Path) -> Path:
    """Where the embedded bell listens: under ``home``, or in the temporary folder when that is too long."""
    socket = home / "run" / "bell.sock"
    if len(str(socket).encode()) <= LONGEST_SOCKET_PATH:
        return socket
    name = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"atelier-{name}" / "bell.sock"


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process: keyword overrides first, then the environment, then defaults.

    Raises:
        ConfigurationError: if a setting has a value that cannot be used; the message names it.
    """
    try:
        return Settings(**{k: v for k, v in overrides.items() if v is not None}).resolved()
    except ValidationError as error:
        first = error.errors()[0]
        name = "ATELIER_" + "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigurationError(f"{name}: {first['msg']}", field=name) from None
    except OSError as error:
        raise ConfigurationError(f"ATELIER_PASSWORD_FILE: {error}", field="ATELIER_PASSWORD_FILE") from None
