"""lab.py on a small project of its own: it sets up, notices changes, goes on after a stop, and says what went wrong."""

import base64
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from aigc_lab.setup import troubles
from aigc_lab.setup.troubles import Trouble, check_machine, reason
from aigc_lab.setup.venv import locked
from aigc_lab.setup.wheelhouse import SYSTEMS, choose

BACKEND = """
import os, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name, info = "tiny_lab-1.0-py3-none-any.whl", "tiny_lab-1.0.dist-info/"
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny-lab\\nVersion: 1.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("tiny_lab.pth", os.getcwd())
        wheel.writestr(info + "RECORD", "")
    return name
"""
CLI = "import os, sys; print('ran', os.getcwd(), sys.argv[1:], chr(0x2713)); sys.exit(7)"
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def wheel(folder: Path, name: str, version: str, size: int = 10) -> str:
    """Make a small package file in `folder`; its line for a lock."""
    folder.mkdir(exist_ok=True)
    info, file = f"{name}-{version}.dist-info/", folder / f"{name}-{version}-py3-none-any.whl"
    module = f"version = {version!r}\n".encode() + b"#" * size
    held = {
        f"{name}.py": module,
        info + "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        info + "WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    sums = {
        at: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=") for at, data in held.items()
    }
    record = "".join(f"{at},sha256={sums[at]},{len(held[at])}\n" for at in held) + f"{info}RECORD,,\n"
    with zipfile.ZipFile(file, "w") as archive:
        for at, data in {**held, info + "RECORD": record.encode()}.items():
            archive.writestr(at, data)
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


class Lab:
    """A project with lab.py, two tiny packages and a wheelhouse; commands run in processes of their own."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder, self.house = folder, folder / "wheelhouse"
        shutil.copy(root / "lab.py", folder)
        shutil.copytree(root / "aigc_lab" / "setup", folder / "aigc_lab" / "setup")
        for name in ("aigc_lab/__init__.py", "aigc_lab/quiet.py"):
            self.write(name, (root / name).read_text(encoding="utf-8"))
        self.write("aigc_lab/__main__.py", CLI)
        self.write("backend.py", BACKEND)
        self.write("pyproject.toml", PROJECT)
        self.lock(wheel(self.house, "tinyone", "1.0"), wheel(self.house, "tinytwo", "1.0"))

    def write(self, name: str, text: str) -> None:
        """Write one file of the project."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def lock(self, *lines: str) -> None:
        """Write requirements.txt."""
        self.write("requirements.txt", "# a lock\n" + "".join(lines))

    def environment(self, **more: str) -> dict[str, str]:
        """No settings of this machine's pip, no cache: only what a test says."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "PYTHON", "AIGC_LAB_VENV"))
        }
        return {**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", "PIP_RETRIES": "1", **more}

    def __call__(
        self, *words: str, cwd: Path | None = None, limit: int = 0, **more: str
    ) -> subprocess.CompletedProcess:
        """Run `python lab.py ...`; `limit`: the largest file in bytes that it may write."""
        before = (lambda: __import__("resource").setrlimit(1, (limit, limit))) if limit else None  # 1: RLIMIT_FSIZE
        command = [sys.executable, str(self.folder / "lab.py"), *words]
        place = {"cwd": cwd or self.folder, "env": self.environment(**more)}
        return subprocess.run(command, capture_output=True, preexec_fn=before, timeout=120, check=False, **place)

    def setup(self) -> str:
        """Set up from the wheelhouse; what it said."""
        done = self("setup", "--wheelhouse", str(self.house))
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8")

    def has(self, module: str) -> str:
        """The version of a package inside .venv, "" without it."""
        python = self.folder / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        code = f"import {module}; print({module}.version)"
        return subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()


@pytest.fixture(scope="module")
def lab(tmp_path_factory, root) -> Lab:
    """One project in a folder with Chinese letters, set up once."""
    folder = tmp_path_factory.mktemp("lab") / "视频 实验"
    folder.mkdir()
    made = Lab(folder, root)
    assert "安装完成" in made.setup()
    return made


def told(done: subprocess.CompletedProcess, english: str, chinese: str) -> bool:
    """Whether a command failed with a sentence in both languages and no traceback."""
    said = done.stderr.decode("utf-8")
    assert done.returncode == 1 and "Traceback" not in said, said
    assert english in said and chinese in said, said
    return True


def test_a_finished_setup_is_not_done_twice(lab):
    lab.setup()
    assert lab.has("tinyone") == lab.has("tinytwo") == "1.0"
    start = time.monotonic()
    assert lab.setup() == ""
    assert time.monotonic() - start < 2


def test_a_changed_lock_brings_and_removes_packages_but_leaves_what_a_person_added(lab):
    mine = wheel(lab.folder / "mine", "tinymine", "1.0").split()[0]
    python = lab.folder / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    own = [python, "-m", "pip", "install", "--no-index", "--find-links", lab.folder / "mine", mine]
    subprocess.run(own, env=lab.environment(), check=True, capture_output=True)
    lab.lock(wheel(lab.house, "tinyone", "2.0"), wheel(lab.house, "tinythree", "1.0"))
    lab.setup()
    assert (lab.has("tinyone"), lab.has("tinytwo"), lab.has("tinythree"), lab.has("tinymine")) == (
        "2.0",
        "",
        "1.0",
        "1.0",
    )


def test_a_package_whose_install_was_killed_half_way_is_installed_again(lab):
    (module,) = (lab.folder / ".venv").rglob("tinyone.py")
    module.unlink()
    next(module.parent.glob("tinyone-*.dist-info")).joinpath("RECORD").unlink()
    (lab.folder / ".venv" / "lab-stamp.json").unlink()
    lab.setup()
    assert lab.has("tinyone")


def test_a_verb_runs_where_the_caller_stands_and_its_exit_code_is_passed_on(lab, tmp_path):
    done = lab("make", "a brief.yaml", "--out", "数据", cwd=tmp_path)
    assert done.returncode == 7
    assert (
        done.stdout.decode("utf-8")
        .split(maxsplit=1)[1]
        .startswith(f"{tmp_path} ['make', 'a brief.yaml', '--out', '数据']")
    )
    video = lab("video", "--seed", "8").stdout.decode("utf-8")
    assert "tech-innovation.zh.yaml', '--out', 'out/tech-innovation', '--seed', '8']" in video


def test_a_gbk_console_gets_gbk_and_no_crash(lab):
    (lab.folder / ".venv" / "lab-stamp.json").unlink()
    done = lab("make", "--wheelhouse", str(lab.house), PYTHONIOENCODING="gbk")
    assert done.returncode == 7, done.stderr.decode("gbk")
    assert "安装完成" in done.stdout.decode("gbk") and done.stdout.decode("gbk").rstrip().endswith("?")


def test_a_wheelhouse_can_be_filled_and_installed_from(lab, tmp_path):
    index = tmp_path / "simple"
    for name in ("tinyfive", "tinysix"):
        (index / name).mkdir(parents=True)
        lab.lock(*(wheel(index / at, at, "3.0") for at in ("tinyfive", "tinysix") if (index / at).exists()))
        file = next((index / name).glob("*.whl")).name
        (index / name / "index.html").write_text(f'<a href="{file}">{file}</a>', encoding="utf-8")
    house = tmp_path / "u盘"
    filled = lab("wheelhouse", str(house), "--for", "windows", "--python", "3.12", PIP_INDEX_URL=index.as_uri())
    assert filled.returncode == 0, filled.stderr.decode()
    assert "windows、Python 3.12：2 个文件" in (house / "README.txt").read_text(encoding="utf-8-sig")
    assert lab("setup", "--wheelhouse", str(house)).returncode == 0
    assert lab.has("tinysix") == "3.0"


def test_an_index_that_cannot_be_reached_is_told(lab):
    lab.lock(wheel(lab.house, "tinyone", "4.0"))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound but not listening: it refuses
        index = f"http://127.0.0.1:{closed.getsockname()[1]}/simple"
        assert told(lab("setup", PIP_INDEX_URL=index), "Check the network", "请检查网络")
        proxy = lab("setup", PIP_INDEX_URL="https://index.invalid/simple", HTTPS_PROXY=index, https_proxy=index)
        bare = lab("setup", PIP_INDEX_URL="http://index.invalid/simple")
        assert told(bare, "https address", "改用 https")
        assert told(proxy, "proxy refused", "代理服务器")
    lab.setup()
    assert lab.has("tinyone") == "4.0"


def test_a_wheelhouse_that_lacks_or_damaged_a_package_is_told(lab):
    assert told(lab("setup", "--wheelhouse", "nowhere", AIGC_LAB_VENV="other"), "no folder nowhere", "找不到离线包")
    lab.lock("tinyone==9.9 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    assert told(lab("setup", "--wheelhouse", str(lab.house)), "tinyone==9.9 is not offered", "没有适用于本机")
    line = wheel(lab.house, "tinyone", "5.0")
    wheel(lab.house, "tinyone", "5.0", size=11)
    lab.lock(line)
    assert told(lab("setup", "--wheelhouse", str(lab.house)), "damaged", "损坏")


if os.name == "posix":

    def test_a_full_disk_is_told(lab):
        lab.lock(wheel(lab.house, "tinyone", "6.0", size=2_000_000))
        full = lab("setup", "--wheelhouse", str(lab.house), limit=1_000_000)
        assert told(full, "disk is full", "磁盘空间不足")
        lab.setup()
        assert lab.has("tinyone") == "6.0"

    def test_ctrl_c_stops_at_once_and_the_next_run_goes_on(lab):
        lab.lock(wheel(lab.house, "tinyone", "7.0"))
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()  # takes the connection and never answers
            index = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
            # a job in the background is born deaf to Ctrl-C: the first program only mends that
            hears = "import os, signal, sys; signal.signal(2, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
            command = [sys.executable, "-c", hears, sys.executable, str(lab.folder / "lab.py"), "setup"]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True}
            process = subprocess.Popen(command, env=lab.environment(PIP_INDEX_URL=index), **pipes)
            silent.settimeout(60)
            silent.accept()
            os.killpg(process.pid, signal.SIGINT)
            said = process.communicate(timeout=20)[1].decode("utf-8")
        assert process.returncode == 130
        assert "再次运行会继续" in said and "Traceback" not in said
        lab.setup()
        assert lab.has("tinyone") == "7.0"


def test_a_python_without_venv_is_told(lab, tmp_path):
    debian = "The virtual environment was not created successfully because ensurepip is not available."
    (tmp_path / "venv.py").write_text(f"raise SystemExit({debian!r})", encoding="utf-8")
    done = lab("setup", PYTHONPATH=str(tmp_path), AIGC_LAB_VENV=str(tmp_path / "new"))
    assert told(done, "sudo apt install python3-venv", "缺少 venv 模块")


def test_a_folder_that_is_no_environment_is_left_alone(lab, tmp_path):
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    assert told(lab("setup", AIGC_LAB_VENV=str(tmp_path)), "not a virtual environment", "不是虚拟环境")
    assert (tmp_path / "letter.txt").exists()


def test_a_wrong_python_hands_over_to_a_right_one_or_says_which_to_install(lab, tmp_path):
    patched = "import runpy, sys; sys.version_info = (3, 9, 0); sys.argv = ['lab.py', 'make']; "
    code = patched + "runpy.run_path('lab.py', {}, '__main__')"
    old = [sys.executable, "-c", code]
    alone = subprocess.run(
        old, cwd=lab.folder, env=lab.environment(PATH=str(tmp_path)), capture_output=True, check=False
    )
    assert alone.returncode == 1
    assert "Install Python 3.12" in alone.stdout.decode("utf-8") and "请从 python.org 安装" in alone.stdout.decode(
        "utf-8"
    )
    beside = str(Path(sys._base_executable).parent)
    found = subprocess.run(old, cwd=lab.folder, env=lab.environment(PATH=beside), capture_output=True, check=False)
    assert found.returncode in (0, 1, 7) and "Install Python 3.12" not in found.stdout.decode("utf-8")


def test_a_machine_that_cannot_work_is_told_before_anything_is_made(tmp_path, monkeypatch):
    check_machine(tmp_path / ".venv", room=1)
    with pytest.raises(Trouble, match="disk is full"):
        check_machine(tmp_path / ".venv", room=1e18)
    monkeypatch.setattr(troubles.platform, "system", lambda: "Windows")
    monkeypatch.setattr(troubles.sysconfig, "get_platform", lambda: "win-amd64")
    monkeypatch.setattr(troubles, "long_paths", lambda: False)
    check_machine(Path("C:/lab/.venv"), room=0)
    with pytest.raises(Trouble, match="too long"):
        check_machine(Path("C:/Users/student/" + "x" * 60 + "/.venv"), room=0)
    monkeypatch.setattr(troubles.sysconfig, "get_platform", lambda: "win-arm64")
    with pytest.raises(Trouble, match="x64 Windows"):
        check_machine(Path("C:/lab/.venv"), room=0)
    monkeypatch.setattr(troubles.sys, "maxsize", 2**31 - 1)
    with pytest.raises(Trouble, match="32-bit"):
        check_machine(Path("C:/lab/.venv"), room=0)


@pytest.mark.parametrize(
    ("said", "english"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("OSError: [Errno 2] No such file; HINT: enable Windows Long Path support", "too long"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))", "certificate"),
        (
            "WARNING: Retrying ... NewConnectionError\nERROR: No matching distribution found for av==1",
            "Check the network",
        ),
        ("PermissionError: [WinError 5] Access is denied: 'C:\\lab\\.venv\\Scripts\\python.exe'", "Close Jupyter"),
        ("ImportError: libEGL.so.1: cannot open shared object file", "libgl1 libegl1"),
        ("ImportError: DLL load failed while importing _pywrap_tensorflow_internal", "Visual C++"),
        ("something nobody has seen", "something nobody has seen"),
    ],
)
def test_what_pip_and_the_system_say_becomes_advice(said, english):
    assert english in reason(said).args[0] and len(reason(said).args) == 2


def test_the_wheelhouse_takes_the_lines_of_the_target_and_no_other(root):
    packages = locked((root / "requirements.txt").read_text(encoding="utf-8"))
    for system in SYSTEMS:
        for python in ("3.11", "3.12", "3.13"):
            lines = choose(Path(sys.prefix), "".join(packages.values()), system, python)
            names = [line.split("==")[0] for line in lines]
            assert len(names) == len(set(names)) > 180
            assert all("--hash=sha256:" in line and ";" not in line for line in lines)
            assert ("pywinpty" in names) == ("colorama" in names) == (system == "windows")
            assert ("appnope" in names) == (system == "macos")
