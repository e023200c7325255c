"""What every test stands on: nobody's own settings, no network keys, the same random examples each time."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

OWN = ("AIGC_LAB_", "OPENAI_", "DEEPSEEK_", "DASHSCOPE_")  # names of settings that a person may have
LONGEST = ("test_course_lessons", "test_production", "test_browser", "test_voice", "test_render", "test_train")
KEPT = ("AIGC_LAB_VENV", "AIGC_LAB_THREADS", "AIGC_LAB_DATA")


def pytest_configure(config: pytest.Config) -> None:
    """Before anything is imported: an empty profile folder, no endpoint, quiet models, examples that do not change."""
    for name in [name for name in os.environ if name.startswith(OWN) and name not in KEPT]:
        del os.environ[name]
    config.lab_profile = tempfile.mkdtemp(prefix="aigc-lab-profile-")
    os.environ["AIGC_LAB_CONFIG"] = config.lab_profile
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    hypothesis_settings.register_profile("lab", derandomize=True, deadline=None, database=None)
    hypothesis_settings.load_profile("lab")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    shutil.rmtree(config.lab_profile, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that none is left over when the other process has nothing to do."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """What two processes share out: a file's tests together, which have fixtures in common.

    The tests that run whole notebooks have none: each goes where there is time. xdist's own marks for groups do
    nothing under pytest 9.2 (pytest-xdist issue 1386).
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            return nodeid if file.endswith("test_course_lessons.py") else file

    return ByFile(config, log)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture
def chinese_folder(tmp_path: Path) -> Path:
    """An empty folder whose name has Chinese letters and a space."""
    folder = tmp_path / "视频 实验"
    folder.mkdir()
    return folder


@pytest.fixture
def gbk() -> dict[str, str]:
    """The environment of a program whose output goes to a Chinese Windows console: GBK, no UTF-8 mode."""
    return {**os.environ, "PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0"}


@pytest.fixture
def learner_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder with a Chinese name and a space, to work in as a notebook does, with messages in English."""
    from aigc_lab.course.page import use_language

    folder = tmp_path / "我的 练习"
    folder.mkdir()
    monkeypatch.chdir(folder)
    use_language("en")
    yield folder
    use_language("en")
