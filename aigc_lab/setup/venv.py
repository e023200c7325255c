"""`.venv` from requirements.txt: made, filled, mended after an interruption, and filled again when the lock changed."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from aigc_lab.setup.pip import PIP, environment, interpreter, pip, say, site_packages
from aigc_lab.setup.troubles import ROOM, Trouble, check_machine, reason

# Packages that pip needs a word for. jieba has no wheel: it is built with the lock's own setuptools, without network.
# misaki says "Python < 3.13", but is plain Python and works there (tested).
ALONE = {"jieba": ["--no-build-isolation"], "misaki": ["--ignore-requires-python"]}
MODULES = {  # imported once after an install: these need libraries of the system
    "skia-python": "skia",
    "av": "av",
    "opencv-python-headless": "cv2",
    "onnxruntime": "onnxruntime",
    "tensorflow": "tensorflow",
}


def locked(lock: str) -> dict[str, str]:
    """Package name -> its lines (version, marker, hashes) in the text of a lock; one name may have several versions."""
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines():
        start = re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*)==", line)
        name = start[1].lower() if start else name
        if name and line and not line.startswith("#"):
            found[name] = found.get(name, "") + line + "\n"
    return found


def stamp(root: Path) -> dict:
    """What an install of the project at `root` is made from; when the stamp left in `.venv` differs, install again."""
    lock = (root / "requirements.txt").read_text(encoding="utf-8")
    project = (root / "pyproject.toml").read_text(encoding="utf-8")
    digest = hashlib.sha256((lock + project).encode()).hexdigest()
    return {"made_from": digest, "python": sys.version, "root": str(root), "packages": sorted(locked(lock))}


def setup(root: Path, wheelhouse: str = "") -> Path:
    """Make `.venv` (or AIGC_LAB_VENV) what requirements.txt says, if it is not yet, and return its Python.

    `wheelhouse`: a folder that packages are taken from instead of the network. Raises Trouble.
    """
    venv = venv_of(root)
    before, wanted = _read_stamp(venv), stamp(root)
    if before == wanted and interpreter(venv).exists():
        return interpreter(venv)
    if wheelhouse and not Path(wheelhouse).is_dir():
        raise Trouble(f"There is no folder {wheelhouse}: give the wheelhouse's path.", f"找不到离线包 {wheelhouse}。")
    packages = locked((root / "requirements.txt").read_text(encoding="utf-8"))
    check_machine(venv, ROOM if "tensorflow" in packages else 0)
    begin = time.monotonic()
    try:
        make_venv(venv)
        _mend(venv)
        _remove(venv, set(before.get("packages", ())) - set(packages))
        _install(venv, root, packages, wheelhouse)
        _try(venv, packages)
        _keep_jupyter_quiet(venv)
        partial = venv / "lab-stamp.part"
        partial.write_text(json.dumps(wanted), encoding="utf-8")
        partial.replace(venv / "lab-stamp.json")
    except OSError as error:
        raise reason(str(error)) from error
    say(f"Ready 安装完成 ({time.monotonic() - begin:.0f} s)")
    return interpreter(venv)


def venv_of(root: Path) -> Path:
    """The folder of the virtual environment: AIGC_LAB_VENV, else `.venv` in the project."""
    return Path(os.environ.get("AIGC_LAB_VENV") or root / ".venv").absolute()


def make_venv(venv: Path) -> None:
    """Make the virtual environment, anew unless the one there works and has this Python's version. Raises Trouble."""
    config = venv / "pyvenv.cfg"
    known = config.read_text(encoding="utf-8") if config.exists() else ""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    same = "version = {}.{}.".format(*sys.version_info[:2]) in known and interpreter(venv).exists()
    if same and not subprocess.call([str(interpreter(venv)), *PIP, "--version"], **quiet):
        return
    if not known and venv.exists() and any(venv.iterdir()):
        raise Trouble(f"{venv} is not a virtual environment: move it away.", f"{venv} 不是虚拟环境，请先把它移走。")
    say(f"Making 创建 {venv}")
    command = [sys.executable, "-m", "venv", "--clear", str(venv)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(), check=False)
    if done.returncode:
        config.unlink(missing_ok=True)
        raise reason(done.stdout.decode("utf-8", "replace"))


def _read_stamp(venv: Path) -> dict:
    try:
        return json.loads((venv / "lab-stamp.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _mend(venv: Path) -> None:
    """Forget packages whose install was killed half way (pip writes RECORD last), so that pip installs them again."""
    for info in site_packages(venv).glob("*.dist-info"):
        if not (info / "RECORD").exists():
            shutil.rmtree(info)


def _remove(venv: Path, names: set[str]) -> None:
    """Take out what an earlier lock brought and this one does not; what a person added stays."""
    if names:
        pip(venv, ["uninstall", "--yes", *sorted(names)])


def _install(venv: Path, root: Path, packages: dict[str, str], wheelhouse: str) -> None:
    """Bring the packages of the lock in, then the project itself (editable, without network)."""
    where = ["--no-index", "--find-links", str(Path(wheelhouse).absolute())] if wheelhouse else []
    rest = [name for name in packages if name not in ALONE]
    for names, extra in [(rest, []), *(([name], ALONE[name]) for name in ALONE if name in packages)]:
        part = venv / "lab-lock.txt"
        part.write_text("".join(packages[name] for name in names), encoding="utf-8")
        pip(venv, ["install", "--no-deps", "--no-compile", *where, *extra, "-r", str(part)], len(names))
    pip(venv, ["install", "--no-deps", "--no-index", "--no-build-isolation", "-e", str(root)])


def _keep_jupyter_quiet(venv: Path) -> None:
    """JupyterLab asks a newcomer, over the lesson, whether it may fetch news: say no beforehand."""
    settings = venv / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    told = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    (settings / "overrides.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


def _try(venv: Path, packages: dict[str, str]) -> None:
    """Import what needs libraries of the system, so that a missing one is told now and not in a lesson."""
    modules = [module for name, module in MODULES.items() if name in packages]
    if modules:
        say("Trying 检查 " + ", ".join(modules))
        command = [str(interpreter(venv)), "-c", "\n".join(f"import {module}" for module in modules)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(), check=False)
        if done.returncode:
            raise reason(done.stdout.decode("utf-8", "replace"))
