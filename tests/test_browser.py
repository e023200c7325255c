"""A lesson in JupyterLab as a newcomer meets it: it opens with its pictures, runs, and a slider makes a new clip.

Runs where Chromium (or Chrome, or Edge) and the package playwright are: `.ci/run` installs both.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge"))), ""
)
pytestmark = pytest.mark.skipif(not BROWSER, reason="no browser")
LESSON = "00_welcome.ipynb"
PATIENCE = 240_000  # milliseconds for a lesson in smoke mode, on a machine that does other things too


@pytest.fixture(scope="module")
def lab(root, tmp_path_factory):
    """A JupyterLab that nobody has used, over a copy of the lessons; gives the address of a file by its path."""
    place = tmp_path_factory.mktemp("浏览器 课程")
    for name in ("notebooks", "exercises", "docs"):
        shutil.copytree(root / name, place / name, ignore=shutil.ignore_patterns("src", "out", ".ipynb_checkpoints"))
    for lesson in place.glob(f"notebooks/**/{LESSON}"):
        text = lesson.read_text(encoding="utf-8").replace('mode = \\"quick\\"', 'mode = \\"smoke\\"')
        lesson.write_text(text, encoding="utf-8")
    own = {f"JUPYTER_{name}_DIR": str(place / ".own" / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **own, "PYTHONPATH": str(root), "IPYTHONDIR": str(place / ".own" / "ipython")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"]
    with open(place / "jupyter.log", "w", encoding="utf-8") as log:  # the server keeps its own copy of the open file
        server = subprocess.Popen(
            [*command, f"--ServerApp.root_dir={place}", "--IdentityProvider.token=",
             "--LabApp.expose_app_in_browser=True"],
            env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        address = ""
        for _ in range(300):
            said = (place / "jupyter.log").read_text(encoding="utf-8", errors="replace")
            if found := re.search(r"http://(?:localhost|127\.0\.0\.1):(\d+)/lab", said):
                address = f"http://127.0.0.1:{found[1]}"
                break
            time.sleep(0.2)
        assert address, said
        yield lambda path: f"{address}/lab/tree/{path}?reset"
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(20)
        server.kill()


@pytest.fixture(scope="module")
def browser():
    """A browser without a window."""
    with sync_api.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A new page, wide enough for the studio's two columns; what its console complains of is kept."""
    page = browser.new_page(viewport={"width": 1500, "height": 1400})
    page.set_default_timeout(60_000)
    yield page
    page.close()


def opened(page, address: str):
    """Open a notebook and wait until its cells are there; every cell is drawn, not only those in sight."""
    page.goto(address)
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell", state="attached")
    page.wait_for_function("() => window.jupyterapp && jupyterapp.shell.currentWidget?.context?.isReady")
    return page


def cell(page, name: str):
    """Scroll to a cell by its id, and give it."""
    page.evaluate(
        """async name => {
            const book = jupyterapp.shell.currentWidget.content;
            const at = book.widgets.findIndex(w => w.model.sharedModel.id === name);
            book.activeCellIndex = at;
            await book.scrollToItem(at, 'start');
            book.widgets[at].node.dataset.name = name;
        }""",
        name,
    )
    found = page.locator(f'[data-name="{name}"]')
    found.wait_for(state="visible")
    return found


def pictures(found) -> list[int]:
    """Widths of the pictures that a cell shows; 0 for one that is broken."""
    images = found.locator(".jp-OutputArea-output img")
    images.first.wait_for(state="visible")
    return images.evaluate_all("all => all.map(i => i.complete ? i.naturalWidth : 0)")


@pytest.mark.parametrize("folder", ["notebooks", "notebooks/zh"])
def test_the_lesson_shows_its_pictures_before_anything_is_run(page, lab, folder, tmp_path):
    opened(page, lab(f"{folder}/{LESSON}"))
    page.wait_for_timeout(1500)
    assert page.locator(".jp-Notebook").evaluate("n => n.scrollWidth <= n.clientWidth + 1"), "nothing sticks out"
    title = cell(page, "title").locator(".jp-RenderedMarkdown img")
    assert all(title.evaluate_all("all => all.map(i => i.naturalWidth)")), "the pictures of the title are found"
    for name in ("scene", "watch", "glance", "preview"):  # the studio's knobs come when its cell is run
        widths = pictures(cell(page, name))
        assert widths and all(width >= 60 for width in widths), name
    cell(page, "studio")
    assert not page.get_by_text("Would you like").count(), "no question lies over the lesson"
    page.screenshot(path=tmp_path / "before.png")


def test_the_lesson_runs_and_a_slider_makes_a_new_clip(page, lab, tmp_path):
    opened(page, lab(f"notebooks/{LESSON}"))
    page.wait_for_function(  # asked to run before its kernel is there, JupyterLab asks back which kernel to take
        "() => jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'", timeout=PATIENCE
    )
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(
        """() => {
            const cells = jupyterapp.shell.currentWidget.content.model.cells;
            return [...Array(cells.length).keys()].map(i => cells.get(i)).filter(c => c.type === 'code')
                .every(c => c.executionCount && !c.isDirty || c.outputs.toJSON().some(o => o.output_type === 'error'));
        }""",
        timeout=PATIENCE,
    )
    wrong = page.evaluate(
        """() => {
            const cells = jupyterapp.shell.currentWidget.content.model.cells;
            return [...Array(cells.length).keys()].map(i => cells.get(i)).filter(c => c.type === 'code')
                .flatMap(c => c.outputs.toJSON().filter(o => o.output_type === 'error').map(o => o.evalue));
        }"""
    )
    assert wrong == []
    studio = cell(page, "studio")
    clip = studio.locator("img.aigc-clip, .aigc-clip img").first
    clip.wait_for(state="visible")
    page.wait_for_function("() => document.querySelector('.aigc-clip')?.naturalWidth > 0", timeout=PATIENCE)
    before = clip.get_attribute("src")
    studio.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    begun = time.time()
    page.wait_for_function(
        "before => document.querySelector('.aigc-clip')?.src !== before", arg=before, timeout=PATIENCE
    )
    print(f"a new clip {time.time() - begun:.1f} s after the slider")
    page.screenshot(path=tmp_path / "studio.png")
    assert page.evaluate("document.querySelector('.aigc-clip').naturalWidth") > 0
    studio.get_by_role("button", name="Show as code").click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('textarea')].some(t => t.value.includes('preview_clip('))"
    )
