"""Lessons and solutions are run in place: what comes in are outputs and the stamp of the code that made them."""

from collections.abc import Iterable
from pathlib import Path

from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from aigc_lab import LabError
from aigc_lab.course.notebook import (
    KERNEL,
    LANGUAGE,
    WIDGETS,
    code_hash,
    notebook_text,
    read_notebook,
    read_stamp,
    write_notebook,
)
from aigc_lab.course.records import set_aside

MODES = ("smoke", "quick", "full")
MOST_BYTES = 500_000  # of a notebook with its outputs
RUN_ME = {
    "en": "Here are knobs to turn: run this cell (Shift+Enter) to see them.",
    "zh": "这里有可以拧的旋钮：运行这一格（Shift+Enter）就能看到。",
}
INJECTED = "injected-parameters"  # papermill's tag for the cell with its values


def execute(paths: Path | Iterable[Path], mode: str = "quick", timeout: float = 600) -> list[Path]:
    """Run built lessons and solutions, each in its own folder and kernel, and write their outputs and stamp.

    `mode` (smoke, quick, full) goes in as papermill does it, in a cell after the one with the parameters, which is
    taken out again. `timeout`: seconds for one cell. Gives back what was run. Raises LabError, and leaves that notebook
    as it was, when a cell fails (with its error, lesson and cell), when the kernel dies, or when the result is over
    500 kB.
    """
    if mode not in MODES:
        raise LabError(f"No mode {mode!r}: choose {', '.join(MODES)}.")
    listed = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    for path in listed:
        notebook = read_notebook(path)
        found = read_stamp(notebook)
        if found is None:
            raise LabError(f"{path.as_posix()} was not built from a master: course build makes notebooks to run.")
        if found[0].kind == "exercise":
            raise LabError(f"{path.as_posix()} is an exercise, which is handed out without outputs: run its solution.")
        _run(notebook, path, mode, timeout)
        found[1]["executed_sha256"], found[1]["executed_mode"] = code_hash(notebook), mode
        _check_size(notebook, path)
        write_notebook(path, notebook)
    return listed


def _run(notebook: NotebookNode, path: Path, mode: str, timeout: float) -> None:
    """Fill in the outputs of a notebook, and nothing else."""
    cells = list(notebook.cells)
    at = next((at for at, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", [])), None)
    if at is not None and any(line.split("=")[0].strip() == "mode" for line in cells[at].source.split("\n")):
        injected = new_code_cell(f"mode = {mode!r}", metadata={"tags": [INJECTED]})
        notebook.cells = [*cells[: at + 1], injected, *cells[at + 1 :]]
    notebook.metadata.pop("widgets", None)
    with set_aside(path.resolve().parent):
        _client(notebook, path, timeout)
    notebook.cells = cells
    count = 0
    for cell in cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        count += 1 if cell.source.strip() else 0
        cell.execution_count = count if cell.source.strip() else None
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
            if WIDGETS in output.get("data", {}):  # seen until the cell is run: better than the name of a Python class
                output.data["text/plain"] = RUN_ME[read_stamp(notebook)[0].language]
    notebook.metadata["kernelspec"], notebook.metadata["language_info"] = KERNEL, LANGUAGE


def _client(notebook: NotebookNode, path: Path, timeout: float) -> None:
    running: list[NotebookNode] = []
    client = NotebookClient(
        notebook, kernel_name=KERNEL["name"], timeout=timeout, record_timing=False, coalesce_streams=True,
        store_widget_state=False,  # JupyterLab shows widgets when their cell is run, and their state is large
        resources={"metadata": {"path": str(path.resolve().parent)}},
        extra_arguments=["--log-level=40"],  # errors only: what a kernel says when it starts helps nobody here
        on_cell_start=lambda cell, cell_index: running.append(cell),
    )  # fmt: skip
    try:
        client.execute()
    except CellExecutionError as error:
        raise LabError(f"{_where(path, running)} failed with {error.ename}: {error.evalue}") from error
    except CellTimeoutError as error:
        raise LabError(f"{_where(path, running)} took longer than {timeout:g} s: make it shorter.") from error
    except DeadKernelError as error:
        raise LabError(f"{_where(path, running)} ended its kernel: is there enough memory for it?") from error
    except NoSuchKernel as error:
        raise LabError("There is no Python kernel to run notebooks with: python lab.py setup installs it.") from error


def _where(path: Path, running: list[NotebookNode]) -> str:
    return f"{path.as_posix()}: cell {running[-1].get('id')!r}" if running else f"{path.as_posix()}"


def _check_size(notebook: NotebookNode, path: Path) -> None:
    size = len(notebook_text(notebook).encode("utf-8"))
    if size > MOST_BYTES:
        largest = max(notebook.cells, key=lambda cell: len(str(cell.get("outputs", ""))))
        raise LabError(
            f"{path.as_posix()} has {size // 1000} kB with its outputs, {MOST_BYTES // 1000} kB at most: "
            f"make what cell {largest.id!r} shows smaller."
        )
