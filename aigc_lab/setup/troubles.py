"""What can go wrong while setting up, and what to do about it, in English and in Chinese."""

import platform
import re
import shutil
import sys
import sysconfig
from pathlib import Path

LONGEST = 175  # letters of the longest file name inside a package (tensorflow's headers)
ROOM = 4.5e9  # bytes that a new .venv needs
# What pip's log says: what to do about it. The first that fits is told.
REASONS = [
    (
        r"No space left|Errno 28|WinError 112|Disk quota|Errno 27|File too large|not enough space",
        "The disk is full. Make room (about 5 GB) or set AIGC_LAB_VENV to a folder on another disk; run this again.",
        "磁盘空间不足。请腾出约 5 GB，或用 AIGC_LAB_VENV 指定其他磁盘上的文件夹，然后重新运行。",
    ),
    (
        r"WinError 206|File name too long|Errno 36|[Ll]ong [Pp]ath",
        "The folder's path is too long. Move the project to a short one like C:\\lab, or turn on Windows' long paths.",
        "文件夹路径太长。请把项目移到较短的路径（例如 C:\\lab），或在 Windows 中启用长路径。",
    ),
    (
        r"ProxyError|[Cc]annot connect to proxy|407 Proxy",
        "The proxy refused. Check HTTPS_PROXY or `pip config list`; then run this again, finished downloads are kept.",
        "代理服务器拒绝了连接。请检查 HTTPS_PROXY 或 `pip config list`，然后重新运行；已下载的部分会保留。",
    ),
    (
        r"not a trusted or secure host",
        "pip does not trust a mirror without encryption: give its https address, pip config set global.index-url https://...",
        "pip 不信任未加密的镜像。请改用 https 地址：pip config set global.index-url https://...",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
        "The package index's certificate is not trusted here. Give pip your network's: pip config set global.cert FILE",
        "本机不信任软件源的证书。请向网络管理员索取证书，并运行：pip config set global.cert 文件",
    ),
    (
        r"DO NOT MATCH THE HASHES|BadZipFile|is an invalid wheel|has an invalid wheel",
        "A package file is damaged or not the one of requirements.txt. Run `python -m pip cache purge`, or copy the "
        "wheelhouse again; then try again.",
        "有软件包文件损坏，或与 requirements.txt 不一致。请运行 `python -m pip cache purge`，"
        "或重新复制离线包，然后再试。",
    ),
    (
        r"NewConnectionError|Max retries|getaddrinfo|[Tt]imed? ?out|[Cc]onnection (refused|reset|broken|aborted)"
        r"|name resolution|RemoteDisconnected|IncompleteRead|ProtocolError|Network is unreachable",
        "The package index cannot be reached. Check the network and pip's mirror and proxy (`pip config list`), then "
        "run this again: it goes on where it was. Without network: python lab.py setup --wheelhouse DIR",
        "无法连接软件源。请检查网络以及 pip 的镜像和代理（`pip config list`），然后重新运行，会从中断处继续。"
        "无网络时：python lab.py setup --wheelhouse 文件夹",
    ),
    (
        r"No matching distribution found for (?P<what>[^\s(]+)",
        "{what} is not offered there for this Python and system. A wheelhouse: fill it for this system. A mirror: take "
        "one that is up to date.",
        "那里没有适用于本机 Python 和系统的 {what}。离线包：请为本系统重新准备；镜像：请换一个更新及时的。",
    ),
    (
        r"Permission denied|PermissionError|WinError 5\b|WinError 32|Access is denied|Read-only file system",
        "A file cannot be written. Close Jupyter and what else uses .venv, check that the folder is yours; try again.",
        "文件无法写入。请关闭正在使用 .venv 的 Jupyter 等程序，确认对文件夹有写权限，然后重新运行。",
    ),
    (
        r"ensurepip|No module named '?venv|No module named '?pip",
        "This Python has no venv module. Debian, Ubuntu: sudo apt install python3-venv (of its version); try again.",
        "此 Python 缺少 venv 模块。Debian / Ubuntu 请运行：sudo apt install python3-venv（对应版本），然后重试。",
    ),
    (
        r"lib(GL|EGL)\S*: cannot open",
        "Two system libraries for drawing are missing. Debian, Ubuntu: sudo apt install libgl1 libegl1; try again.",
        "缺少两个绘图用的系统库。Debian / Ubuntu 请运行：sudo apt install libgl1 libegl1，然后重试。",
    ),
    (
        r"DLL load failed",
        "A Windows library is missing: install the Microsoft Visual C++ Redistributable (x64, 2015-2022); try again.",
        "缺少 Windows 运行库：请安装 Microsoft Visual C++ Redistributable（x64，2015–2022），然后重试。",
    ),
    (
        r"MemoryError|Cannot allocate memory|bad_alloc",
        "There is not enough memory. Close other programs and run this again.",
        "内存不足。请关闭其他程序，然后重新运行。",
    ),
]


class Trouble(Exception):
    """What went wrong and what to do, in English and in Chinese."""


def reason(said: str, log: Path | None = None) -> Trouble:
    """The trouble that the words of pip, venv or an import tell of; `log` is where all of them stand."""
    where = f" ({log})" if log else ""
    for pattern, english, chinese in REASONS:
        found = re.search(pattern, said)
        if found:
            what = found.groupdict().get("what") or ""
            return Trouble(english.replace("{what}", what) + where, chinese.replace("{what}", what) + where)
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "no output")
    return Trouble(f"The install failed: {last[:300]}{where}", f"安装失败：{last[:300]}{where}")


def check_machine(venv: Path, room: float = ROOM) -> None:
    """Raise Trouble when the lock cannot be installed on this machine, before minutes are spent on it.

    `room`: bytes that must be free where a new `.venv` will be.
    """
    system, machine = platform.system(), platform.machine().lower()
    if sys.maxsize < 2**32:
        raise Trouble("This is a 32-bit Python: install the 64-bit Python 3.12.", "请安装 64 位的 Python 3.12。")
    if platform.python_implementation() != "CPython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise Trouble(
            "Only the usual CPython works: install Python 3.12.", "只支持普通的 CPython：请安装 Python 3.12。"
        )
    if (system == "Windows" and sysconfig.get_platform() != "win-amd64") or (system == "Darwin" and machine != "arm64"):
        raise Trouble(
            "TensorFlow has no package for this Python: take x64 Windows, macOS 14+ on Apple silicon, or Linux.",
            "TensorFlow 不支持此 Python：请使用 Windows（x64 版 Python）、Apple 芯片的 macOS 14+ 或 Linux。",
        )
    if system == "Windows" and len(str(venv / "Lib" / "site-packages")) + 1 + LONGEST > 259 and not long_paths():
        raise Trouble(*REASONS[1][1:])
    folder = next(parent for parent in (venv, *venv.parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    if not (venv / "pyvenv.cfg").exists() and free < room:
        raise Trouble(*(f"{text} ({folder}: {free / 1e9:.1f} GB)" for text in REASONS[0][1:]))


def long_paths() -> bool:
    """Whether Windows takes paths of more than 259 letters."""
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except OSError:
        return False
