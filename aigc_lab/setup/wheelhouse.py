"""A folder of package files from which `lab.py setup --wheelhouse DIR` installs without network, e.g. a USB stick."""

import argparse
import platform
import subprocess
import sys
from pathlib import Path

from aigc_lab.setup.pip import interpreter, pip, say
from aigc_lab.setup.troubles import Trouble
from aigc_lab.setup.venv import ALONE, locked, make_venv, venv_of

SYSTEMS = {  # tags of the wheels that fit, and the system as the markers of the lock see it
    "windows": (["win_amd64"], {"sys_platform": "win32", "os_name": "nt", "platform_machine": "AMD64"}),
    "macos": (["macosx_14_0_arm64"], {"sys_platform": "darwin", "os_name": "posix", "platform_machine": "arm64"}),
    "linux": (
        [f"manylinux_2_{n}_x86_64" for n in range(28, 4, -1)] + [f"manylinux{n}_x86_64" for n in (2014, 2010, 1)],
        {"sys_platform": "linux", "os_name": "posix", "platform_machine": "x86_64"},
    ),
}
# Run by the Python of .venv, whose pip can read markers: prints the lines of the lock that hold for the target.
CHOOSE = """
import sys, json
from pip._vendor.packaging.markers import Marker
lines, target = json.load(sys.stdin)
for line in lines:
    pin, _, rest = line.partition(" ;")
    marker, _, hashes = rest.partition(" --hash") if rest else ("", "", "")
    if not rest:
        print(line)
    elif Marker(marker).evaluate(target):
        print(pin + " --hash" + hashes if hashes else pin)
"""
README = """\
Packages of the AIGC Short-Video Lab for {system}, Python {python}: {count} files, {size:.1f} GB.
On the machine without network, in the project's folder, with Python {python} (64-bit) installed:

    python lab.py setup --wheelhouse {folder}

AIGC 短视频实验室离线安装包，适用于 {system}、Python {python}：{count} 个文件，{size:.1f} GB。
在没有网络的电脑上，先安装 Python {python}（64 位），然后在项目文件夹中运行上面的命令
（把最后一项换成本文件夹在那台电脑上的路径）。
"""


def fill(root: Path, arguments: list[str]) -> int:
    """`wheelhouse DIR [--for SYSTEM] [--python 3.12]`: download every package of the lock; the exit code.

    Files that are there already are kept, so an interrupted run goes on. Raises Trouble.
    """
    here = {"Windows": "windows", "Darwin": "macos"}.get(platform.system(), "linux")
    parser = argparse.ArgumentParser(prog="lab.py wheelhouse")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--for", dest="system", choices=sorted(SYSTEMS), default=here)
    parser.add_argument("--python", choices=("3.11", "3.12", "3.13"), default="{}.{}".format(*sys.version_info[:2]))
    asked = parser.parse_args(arguments)
    venv = venv_of(root)
    make_venv(venv)
    try:
        asked.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble(f"Cannot write to {asked.folder}: {error.strerror}.", f"无法写入 {asked.folder}。") from error
    packages = locked((root / "requirements.txt").read_text(encoding="utf-8"))
    rest = [name for name in packages if name not in ALONE]
    for names in (rest, [name for name in ALONE if name in packages]):
        lines = choose(venv, "".join(packages[name] for name in names), asked.system, asked.python)
        part = venv / "lab-lock.txt"
        part.write_text("".join(lines), encoding="utf-8")
        extra = [] if names is rest else ["--ignore-requires-python"]
        tags = [word for tag in SYSTEMS[asked.system][0] for word in ("--platform", tag)]
        only = ["--python-version", asked.python, "--implementation", "cp", *tags]
        pip(venv, ["download", "--no-deps", "--dest", str(asked.folder), *only, *extra, "-r", str(part)], len(lines))
    _describe(asked.folder, asked.system, asked.python)
    return 0


def choose(venv: Path, lock: str, system: str, python: str) -> list[str]:
    """The requirement lines of a lock, without markers, that hold for a system and Python version."""
    import json

    lines = lock.replace("\\\n", " ").splitlines()
    target = {"python_version": python, "python_full_version": python + ".9", "implementation_name": "cpython"}
    request = json.dumps([[" ".join(line.split()) for line in lines], {**target, **SYSTEMS[system][1]}])
    command = [str(interpreter(venv)), "-c", CHOOSE]
    return subprocess.run(command, input=request, capture_output=True, text=True, check=True).stdout.splitlines(True)


def _describe(folder: Path, system: str, python: str) -> None:
    files = [file for file in folder.iterdir() if file.suffix in (".whl", ".gz")]
    size = sum(file.stat().st_size for file in files) / 1e9
    text = README.format(system=system, python=python, count=len(files), size=size, folder=folder)
    (folder / "README.txt").write_text(text, encoding="utf-8-sig")  # Notepad of old Windows wants the mark
    say(f"{folder}: {len(files)} files 个文件, {size:.1f} GB")
