"""`python lab.py bench [NAME ...]`: run every bench_*.py here (or those named) and write out/bench.json."""

import importlib.util
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any

from aigc_lab import LabError, __version__
from aigc_lab.media import atomic
from aigc_lab.settings import threads

HERE = Path(__file__).resolve().parent
OUT = Path("out") / "bench.json"


def measure(file: Path) -> dict[str, Any]:
    """The numbers that one benchmark's `run()` returns."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module.run()


def main(names: list[str]) -> int:
    """Run the benchmarks one after the other, print and write their numbers; 1 if one of them failed."""
    files = [file for file in sorted(HERE.glob("bench_*.py")) if not names or file.stem.removeprefix("bench_") in names]
    if not files:
        print(f"No benchmark is called {' or '.join(names) or 'bench_*.py'} in {HERE}.", file=sys.stderr)
        return 1
    sys.path.insert(0, str(HERE))
    numbers: dict[str, Any] = {
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "threads": threads(),
    }
    failed = 0
    for file in files:
        start = time.monotonic()
        print(f"== {file.stem}", flush=True)
        try:
            found = measure(file)
        except LabError as error:
            print(f"{file.stem}: {error}", file=sys.stderr)
            failed = 1
            continue
        found = {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}
        numbers |= found
        for name, value in found.items():
            print(f"{name:28} {value}")
        print(f"   {time.monotonic() - start:.0f} s", flush=True)
        with atomic(OUT) as part:
            part.write_text(json.dumps(numbers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
