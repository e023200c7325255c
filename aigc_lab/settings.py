"""Every knob that comes from the environment or from a place on disk; secrets stay secrets."""

import os
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path, user_config_path
from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from aigc_lab import LabError


class Settings(BaseSettings):
    """Read from the environment: AIGC_LAB_DATA, AIGC_LAB_LLM, OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL ..."""

    model_config = SettingsConfigDict(env_prefix="AIGC_LAB_", extra="ignore", populate_by_name=True)

    data: Path | None = None
    config: Path | None = None
    threads: int = 0  # 0: as many as this process may use
    contact: str = ""  # told to the web services that are asked: an address or a mail
    pexels_key: SecretStr = SecretStr("")
    pixabay_key: SecretStr = SecretStr("")
    llm: str = ""  # a preset: deepseek, qwen, ollama, openai
    llm_timeout: float = 60.0
    base_url: str = Field("", validation_alias=AliasChoices("AIGC_LAB_BASE_URL", "OPENAI_BASE_URL"))
    api_key: SecretStr = Field(SecretStr(""), validation_alias=AliasChoices("AIGC_LAB_API_KEY", "OPENAI_API_KEY"))
    model: str = Field("", validation_alias=AliasChoices("AIGC_LAB_MODEL", "OPENAI_MODEL"))


def settings() -> Settings:
    """The settings as they are now (read anew, so that a test or a notebook may change the environment)."""
    return Settings()


def data_path(*parts: str) -> Path:
    """A file or folder of `data/`: AIGC_LAB_DATA if set, else the folder beside the package.

    Raises LabError when it is not there.
    """
    root = settings().data or Path(__file__).resolve().parent.parent / "data"
    path = Path(root).joinpath(*parts)
    if not path.exists():
        raise LabError(f"{path} is missing: work in a clone of the project, or set AIGC_LAB_DATA to its data folder.")
    return path


def config_path() -> Path:
    """The folder of the profile file (AIGC_LAB_CONFIG, else the platform's own place); it may not exist yet."""
    return settings().config or user_config_path("aigc-lab", appauthor=False)


@cache
def cache_path() -> Path:
    """A folder for files that can be made again (joined voice models); it is made here."""
    path = user_cache_path("aigc-lab", appauthor=False)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(
            f"Cannot write to {path} ({error.strerror}): set XDG_CACHE_HOME to a folder with room."
        ) from error
    return path


def threads() -> int:
    """How many threads heavy work may use: AIGC_LAB_THREADS, else the cores this process may run on."""
    if settings().threads > 0:
        return settings().threads
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
