"""The repository keeps its promises: one cv2, all pinned, nothing of one machine, text that every system reads."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import aigc_lab

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ".".join(map(str, sys.version_info[:3]))
LARGE = {  # files over 3 MB that have earned their place
    "data/weights/autoencoder.safetensors": "half of what generates pictures",
    "data/weights/generator.safetensors": "the other half",
}
IMPORTS = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "skia": "skia-python",
    "xdist": "pytest-xdist",
    "yaml": "pyyaml",
}
IMPORTS |= {
    "opencc": "opencc-python-reimplemented",
    "hibari": "hibari-tts",
    "fontTools": "fonttools",
    "scenedetect": "scenedetect-headless",
}
LOCAL = {"aigc_lab", "lab", "tests", "conftest"} | {f.stem for f in Path(__file__).with_name("benchmarks").glob("*.py")}


def files() -> list[Path]:
    """The project's files: what git knows or would take, or, in a download without git, all but what was made here."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8").split("\0")
        found = [ROOT / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        parts = ((file, file.relative_to(ROOT).parts) for file in ROOT.rglob("*"))
        hidden = re.compile(r"out$|__pycache__$|.*\.egg-info$|\.(?!ci$|git(ignore|attributes)$)")
        found = [file for file, names in parts if not any(hidden.match(name) for name in names)]
    return [file for file in found if file.is_file()]


def texts() -> list[tuple[str, bytes]]:
    """(name, bytes) of every text file."""
    read = ((file.relative_to(ROOT).as_posix(), file.read_bytes()) for file in files())
    return [(name, data) for name, data in read if b"\0" not in data[:8000]]


def pins() -> list[Requirement]:
    """The requirements of the lock, hashes aside."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line.removesuffix("\\")) for line in lines if re.match(r"[A-Za-z0-9]", line)]


def project() -> dict:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def wanted(*extras: str) -> list[Requirement]:
    """What pyproject.toml asks for."""
    table = project()["project"]
    more = [line for extra in extras for line in table["optional-dependencies"][extra]]
    return [Requirement(line) for line in [*table["dependencies"], *more]]


def test_one_package_provides_cv2_and_it_is_the_headless_one():
    assert set(importlib.metadata.packages_distributions()["cv2"]) == {"opencv-python-headless"}
    taken = [pin for pin in pins() if "'never'" not in str(pin.marker).replace('"', "'")]  # overridden: never installed
    assert [pin.name for pin in taken if "opencv" in pin.name] == ["opencv-python-headless"]


def test_every_package_of_the_lock_has_one_version_and_hashes():
    blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / "requirements.txt").read_text(encoding="utf-8"))[1:]
    assert len(blocks) == len(pins()) > 150
    for block in blocks:
        assert re.match(r"[\w.-]+==[\w.]+( ;[^\n]*?)? \\\n", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block
        assert "://" not in block


def test_the_lock_holds_what_the_project_asks_for():
    locked = {canonicalize_name(pin.name): pin for pin in pins()}
    for need in wanted("test"):
        version = str(locked[canonicalize_name(need.name)].specifier).removeprefix("==")
        assert need.specifier.contains(version), f"{need} is locked at {version}: make the lock again"


def test_what_is_installed_is_what_the_lock_says():
    for pin in pins():
        if pin.marker is None or pin.marker.evaluate():
            assert pin.specifier.contains(importlib.metadata.version(pin.name)), f"{pin}: python lab.py setup"


def test_only_misaki_is_installed_against_its_own_python_limit():
    refused = {
        pin.name
        for pin in pins()
        if (pin.marker is None or pin.marker.evaluate())
        and not SpecifierSet(importlib.metadata.metadata(pin.name).get("Requires-Python") or "").contains(PYTHON)
    }
    assert refused <= {"misaki"}


def test_every_import_is_of_something_the_project_asks_for():
    names = {canonicalize_name(need.name) for need in wanted("test")}
    for file in files():
        if file.suffix != ".py" or "notebooks" in file.parts:
            continue
        local = (
            LOCAL
            | {other.stem for other in file.parent.iterdir()}
            | {other.stem for other in file.parent.parent.iterdir()}
        )
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            found = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            for module in (name.split(".")[0] for name in found):
                if module not in local and module not in sys.stdlib_module_names:
                    package = canonicalize_name(IMPORTS.get(module, module))
                    assert package in names or package == "packaging", f"{file.name} imports {module}"


def test_no_file_names_a_package_registry_or_a_path_of_one_machine():
    registries = ["pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "npm" + "mirror.com"]
    ask = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    asked = subprocess.run(ask, capture_output=True, text=True, check=False)
    registries += re.findall(r"//(?:[^/@]*@)?([^/:\s]+)", asked.stdout)
    path = re.compile(r"(^|[^A-Za-z0-9._~-])/(work|root|farm)/[a-z.]")
    for name, data in texts():
        text = data.decode("utf-8")
        for word in registries:
            assert word not in text, f"{name} names {word}"
        if not name.endswith(".svg"):
            assert not path.search(text), f"{name}: {path.search(text)[0]}"


def test_text_is_utf8_without_a_mark_and_with_plain_line_ends():
    for name, data in texts():
        data.decode("utf-8")
        assert not data.startswith(b"\xef\xbb\xbf"), f"{name} begins with a byte order mark"
        assert b"\r" not in data, f"{name} has Windows line ends"


def test_no_file_is_large_without_a_reason():
    for file in files():
        name = file.relative_to(ROOT).as_posix()
        assert file.stat().st_size < 3e6 or name in LARGE, f"{name} is {file.stat().st_size / 1e6:.1f} MB"


def test_every_file_and_function_can_be_read_in_a_sitting():
    for file in files():
        if file.suffix != ".py" or file.is_relative_to(ROOT / "notebooks"):
            continue
        source = file.read_text(encoding="utf-8")
        assert source.count("\n") <= 350, f"{file.name} has {source.count(chr(10))} lines"
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 50, f"{file.name}: {node.name} is too long"
        for node in tree.body if file.is_relative_to(ROOT / "aigc_lab") else []:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{file.name}: {node.name} has no docstring"


def test_every_shipped_font_voice_and_outline_is_named_with_its_licence():
    named = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
    shipped = [file for file in files() if file.is_relative_to(ROOT / "data")]
    of_others = [file.name for file in shipped if file.suffix in (".ttf", ".otf", ".npy", ".bin")]
    assert len(of_others) >= 5
    for name in [*of_others, "subjects.json"]:
        assert name in named, f"THIRD_PARTY.md does not name {name}"


def test_the_version_is_the_same_everywhere():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert project()["project"]["version"] == aigc_lab.__version__
    assert f"\nversion: {aigc_lab.__version__}\n" in citation


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_commands_and_links_of_the_readme_exist(name):
    from typer.main import get_command

    from aigc_lab.cli import app

    text = (ROOT / name).read_text(encoding="utf-8")
    verbs = get_command(app).commands
    own = {"setup", "video", "test", "notebooks", "bench", "wheelhouse"}
    commands = re.findall(r"python lab\.py ([\w-]+)([^\n`#]*)", text)
    assert {"video", "test"} <= {verb for verb, _ in commands}
    for verb, rest in commands:
        assert verb in own or verb in verbs, f"{name}: python lab.py {verb}"
        below = getattr(verbs.get(verb), "commands", {})
        assert not below or rest.split()[0] in below, f"{name}: python lab.py {verb}{rest}"
        command = below[rest.split()[0]] if below else verbs.get(verb)
        for flag in re.findall(r"(?<=\s)--[a-z-]+", rest) if command else []:
            assert any(flag in option.opts for option in command.params), f"{name}: {verb} {flag}"
    for link in re.findall(r"\]\(([^)#]+)\)|src=\"([^\"]+)\"", text):
        target = "".join(link)
        assert "://" in target or (ROOT / target).exists(), f"{name} links {target}"
