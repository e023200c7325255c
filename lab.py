"""One command for everything, on Windows, macOS and Linux, with nothing but Python installed. 一条命令，无需其他准备。

python lab.py setup                 make .venv and fill it (all other commands do it too)   安装
python lab.py video [FLAGS]         a finished short in out/tech-innovation                 生成示例短视频
python lab.py make BRIEF --out DIR  any verb of aigc-lab: make, draft, voices ...           其他命令
python lab.py notebooks             the course in JupyterLab                                打开课程
python lab.py test [FLAGS]          the tests                                               运行测试
python lab.py bench                 measure; the numbers go to out/bench.json               性能测试
python lab.py wheelhouse DIR [--for windows|macos|linux] [--python 3.12]
                                    fill a folder for machines without network              准备离线安装包
... --wheelhouse DIR                with setup: install from such a folder                  离线安装
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PYTHONS = ((3, 12), (3, 13), (3, 11))  # those of the lock, the likeliest to have every package first
TWO_AT_ONCE = ("-n", "2", "--dist", "loadscope", "--no-loadscope-reorder")  # tests/conftest.py says what stays together
BRIEF = ROOT / "data" / "briefs" / "tech-innovation.zh.yaml"


def find_python() -> "list[str]":
    """The command of a Python that the lock is made for, [] if this machine shows none."""
    for version in PYTHONS:
        name = "{}.{}".format(*version)
        for command in (["py", "-" + name], ["python" + name]) if os.name == "nt" else (["python" + name],):
            probe = [*command, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
            try:
                said = subprocess.check_output(probe, stderr=subprocess.DEVNULL)
            except (OSError, subprocess.CalledProcessError):
                continue
            if said.decode("ascii", "replace").strip() == name:
                return command
    return []


def other_python(arguments: "list[str]") -> int:
    """Run this file with a Python that fits, or say which one to install."""
    command = find_python()
    if command:
        return subprocess.call([*command, str(ROOT / "lab.py"), *arguments])
    have = "{}.{}".format(*sys.version_info[:2])
    print("This is Python " + have + ". Install Python 3.12 (64-bit) from python.org, then: python3.12 lab.py")
    print("当前是 Python " + have + "。请从 python.org 安装 Python 3.12（64 位），然后运行：python3.12 lab.py")
    return 1


def take(arguments: "list[str]", flag: str) -> str:
    """Remove `flag VALUE` from the arguments and return the value, "" if it is not there."""
    if flag not in arguments:
        return ""
    at = arguments.index(flag)
    value = arguments[at + 1 : at + 2]
    del arguments[at : at + 2]
    if not value:
        raise SystemExit(f"{flag} needs a value. {flag} 后面需要一个值。")
    return value[0]


def run(python: Path, arguments: "list[str]", folder: Path) -> int:
    """Run Python in `.venv` with these arguments in a folder; its exit code."""
    from aigc_lab.setup.pip import environment

    process = subprocess.Popen([str(python), *arguments], env=environment(), cwd=folder)
    while True:
        try:
            code = process.wait()
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:  # the program was told too: let it put its things in order
            continue


def command_line(verb: str, rest: "list[str]") -> "list[str]":
    """What to run in `.venv` for a verb of this file or of aigc-lab."""
    cli = ["-m", "aigc_lab"]
    return {
        "video": [*cli, "make", str(BRIEF), *([] if "--out" in rest else ["--out", "out/tech-innovation"]), *rest],
        "test": ["-m", "pytest", *TWO_AT_ONCE, *rest],
        "notebooks": [
            "-m",
            "jupyterlab",
            f"--ServerApp.root_dir={ROOT}",
            "--LabApp.default_url=/lab/tree/notebooks",
            *rest,
        ],
        "bench": [str(ROOT / "tests" / "benchmarks"), *rest],
    }.get(verb, [*cli, verb, *rest])


def main(arguments: "list[str]") -> int:
    """Do what the command line asks for; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        encoding = None if stream.isatty() or os.environ.get("PYTHONIOENCODING") else "utf-8"
        if hasattr(stream, "reconfigure"):  # Python 3.6, which is only told to fetch a newer one, has none
            stream.reconfigure(encoding=encoding, errors="replace")
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(__doc__)
        return 0 if arguments else 2
    if sys.version_info[:2] not in PYTHONS:
        return other_python(arguments)
    from aigc_lab.setup.troubles import Trouble
    from aigc_lab.setup.venv import setup
    from aigc_lab.setup.wheelhouse import fill

    verb, rest = arguments[0], list(arguments[1:])
    try:
        if verb == "wheelhouse":
            return fill(ROOT, rest)
        python = setup(ROOT, take(rest, "--wheelhouse"))
    except Trouble as trouble:
        print(*trouble.args, sep="\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; run it again and it goes on. 已停止，再次运行会继续。", file=sys.stderr)
        return 130
    folder = ROOT if verb in ("test", "bench") else Path.cwd()
    return 0 if verb == "setup" else run(python, command_line(verb, rest), folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
