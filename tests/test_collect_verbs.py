"""aigc-lab collect and corpus: several sources in one call, one sentence for what fails, and what each verb shows."""

import io
import json
import shutil
from pathlib import Path

import corpus_fakes
import numpy as np
import pytest
from mixed_files import film, pan, sample
from PIL import Image
from typer.testing import CliRunner
from web_server import practice_server, without_proxies

from aigc_lab import LabError, cli
from aigc_lab.collect import blurring, manifest
from aigc_lab.collect.asking import parsed
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.detectors import faces
from aigc_lab.collect.manifest import Manifest
from aigc_lab.collect.samples import sample_table
from aigc_lab.collect.sources import archive, commons, local
from aigc_lab.media import check_sound, probe, read_frames, read_image
from aigc_lab.publish.gallery import Plate, gallery


@pytest.fixture
def run(chinese_folder, monkeypatch):
    """Run a verb in an empty folder with a Chinese name; returns (exit code, what it printed on one line)."""
    monkeypatch.chdir(chinese_folder)
    monkeypatch.setattr(cli.screen, "_width", 200)
    without_proxies(monkeypatch)

    def verb(*arguments):
        printed = io.StringIO()
        monkeypatch.setattr(cli.screen, "_file", printed)
        result = CliRunner().invoke(cli.app, [str(a) for a in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, " ".join((printed.getvalue() + result.output).split())

    return verb


@pytest.fixture
def pictures(chinese_folder):
    """A folder with two small pictures of one's own."""
    folder = chinese_folder / "照片"
    folder.mkdir()
    for name in ("coffee", "rocket"):
        Image.fromarray(sample(name)).save(folder / f"{name}.jpg")
    return folder


@pytest.fixture
def corpus(chinese_folder):
    """A corpus of planted rows: of the sea, a train, a person; one without rights; ten of one group."""
    folder = chinese_folder / "语料"
    titles = {"sea.txt": "Ocean waves on the beach 海浪", "train.txt": "A train at the station"}
    found = []
    for name, title in titles.items():
        item = corpus_fakes.planted(chinese_folder / "from", name, licence="CC-BY-4.0", group=name)
        found.append(item.__class__(**{**item.__dict__, "title": title}))
    found.append(corpus_fakes.planted(chinese_folder / "from", "whose.txt", licence=""))
    found += [corpus_fakes.planted(chinese_folder / "from", f"{n}.txt", group=f"g{n}") for n in range(8)]
    Corpus(folder).add(found, inspect=corpus_fakes.inspect)
    return folder


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("drawn:many", "write drawn:24"),
        ("drawn:0", "write drawn:24"),
        ("commons:", "commons:WORDS"),
        ("samples:3", "./samples:3"),
        ("youtube:cats", "name a folder, or one of samples, drawn:N"),
        ("pexels", "is no source"),
        ("a.mp4", "is a file"),
    ],
)
def test_what_is_no_source_is_said_before_anything_is_done(run, text, told):
    Path("a.mp4").touch()
    code, said = run("collect", "samples", text, "--into", "c")
    assert code == 1 and told in said
    assert not Path("c").exists()


def test_a_source_may_be_a_folder_whose_name_has_a_colon_or_is_that_of_a_drive():
    assert parsed("C:\\clips") == ("folder", "C:\\clips")
    assert parsed("drawn:12") == ("drawn", "12") and parsed("commons:海 浪:1") == ("commons", "海 浪:1")


def test_one_source_that_fails_does_not_stop_the_others_and_the_same_command_goes_on(run, pictures):
    code, said = run("collect", "nowhere", pictures, "pexels:sea", "--own", "--into", "c")
    assert code == 1 and "2 of 3 sources failed" in said
    assert "folder nowhere is not there" in said and "AIGC_LAB_PEXELS_KEY" in said
    assert "not for data sets or training" in said
    assert "2 pictures usable" in said and "corpus show c --sheet" in said
    before = Path("c", manifest.NAME).read_bytes()
    code, said = run("collect", pictures, "--own", "--into", "c")
    assert code == 0 and "2 there already" in said
    assert Path("c", manifest.NAME).read_bytes() == before


def test_files_of_unknown_rights_wait_in_quarantine_until_somebody_tells_whose_they_are(run, pictures):
    code, said = run("collect", pictures, "--into", "c")
    assert code == 0 and "Nobody says whose it is" in said and "--own" in said and "2 files in quarantine" in said
    (pictures / "LICENSE").write_text("CC BY 4.0", encoding="utf-8", newline="\n")
    code, said = run("collect", pictures, "--into", "c")
    assert "2 told anew" in said and "0 files in quarantine" in said and "Read for titles and rights: LICENSE" in said
    assert {row.licence for row in Corpus("c").rows} == {"CC-BY-4.0"}


def test_a_recorded_consent_lets_people_be_trained_on(run, chinese_folder):
    folder = chinese_folder / "people"
    folder.mkdir()
    shutil.copy(sample_table()["astronaut"].path, folder)
    assert run("collect", folder, "--own", "--into", "c")[0] == 0
    assert Corpus("c").usable("train") == [] and len(Corpus("c").usable("publish")) == 1
    assert "1 told anew" in run("collect", folder, "--own", "--consent", "signed forms of May", "--into", "c")[1]
    assert [row.consent for row in Corpus("c").usable("train")] == ["signed forms of May"]


def test_ctrl_c_keeps_what_is_finished(run, pictures, monkeypatch):
    real = local.folder

    def stopped(*arguments):
        yield next(real(*arguments))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(local, "folder", stopped)
        code, said = run("collect", pictures, "--own", "--into", "c")
    assert code == 130 and "What is finished is kept" in said
    assert len(Corpus("c").rows) == 1
    code, said = run("collect", pictures, "--own", "--into", "c")
    assert code == 0 and "1 new, 1 there already" in said


def test_a_corpus_is_not_put_into_its_own_source(run, pictures):
    assert "lie in each other" in run("collect", pictures, "--into", pictures / "c")[1]
    assert "lie in each other" in run("collect", pictures, "--into", pictures)[1]
    assert run("collect", pictures, "--into", "a", "--kind", "song")[1].endswith("search for video or picture.")


def test_drawn_scenes_are_drawn_once(run, monkeypatch):
    assert "2 new" in run("collect", "drawn:2", "--seed", "40", "--into", "c")[1]
    drawn, real = [], local.draw_scene
    monkeypatch.setattr(
        local, "draw_scene", lambda spec, *more, **other: drawn.append(spec) or real(spec, *more, **other)
    )
    code, said = run("collect", "drawn:3", "--seed", "40", "--into", "c")
    assert code == 0 and "1 new" in said and "2 of these scenes were drawn before" in said and len(drawn) == 1
    assert sorted(row.address for row in Corpus("c").rows) == ["drawn/40", "drawn/41", "drawn/42"]
    assert [path.name for path in Path("c").iterdir() if path.name.startswith(".making")] == []


@pytest.fixture
def server(monkeypatch):
    """A server that answers like Commons, and no waiting between its answers."""
    monkeypatch.setattr("aigc_lab.collect.sources.fetch.time.sleep", lambda seconds: None)
    with practice_server() as running:
        monkeypatch.setattr(commons, "BASE", running.base)
        monkeypatch.setattr(archive, "BASE", running.base)
        yield running


def test_a_search_on_the_web_brings_works_with_their_rights(run, server):
    code, said = run("collect", "commons:sea", "--most", "2", "--private", "--into", "c")
    assert code == 0 and "commons:sea 2 new" in said
    assert {row.author for row in Corpus("c").rows} == {"Mei & Lin", "Unknown author"}
    asked = len(server.asked)
    assert "2 there already" in run("collect", "commons:sea", "--most", "2", "--private", "--into", "c")[1]
    assert len(server.asked) == asked


def test_private_addresses_are_not_fetched_unless_asked_for(run, server):
    Path("list.csv").write_text(f"{server.url('sea.png')}, CC BY 4.0, Mei\n", encoding="utf-8", newline="\n")
    code, said = run("collect", "addresses:list.csv", "archive:sea", "--into", "c")
    assert code == 1 and "private address" in said and server.asked == []
    code, said = run("collect", "addresses:list.csv", "--private", "--into", "c")
    assert code == 0 and "1 new" in said


def test_data_sets_come_with_their_terms(run, chinese_folder):
    np.save("digits.npy", np.random.default_rng(1).integers(0, 255, (20, 2, 64, 64), dtype=np.uint8))
    walking = chinese_folder / "ucf" / "Walking"
    walking.mkdir(parents=True)
    film(walking / "v_Walking_g01_c01.avi", pan(sample("rocket")), "mpeg4")
    code, said = run("collect", "moving-mnist:digits.npy", "classes:ucf", "--most", "1", "--into", "c")
    assert code == 0 and "Moving MNIST" in said and "UCF-101" in said
    rows = {row.source: row for row in Corpus("c").rows}
    assert set(rows) == {"moving-mnist", "ucf-101"} and not any(row.may_publish for row in rows.values())


VERBS = [
    ("show",),
    ("search", "sea"),
    ("check",),
    ("split",),
    ("credits",),
    ("card",),
    ("blur", "abcd", "--out", "a.mp4"),
]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_what_is_no_corpus_an_empty_or_a_damaged_one_is_one_sentence(run, chinese_folder, verb):
    name, *more = verb
    Path("plain").mkdir()
    manifest.write(chinese_folder, Manifest())
    for folder, told in [("nowhere", "is not there"), ("plain", "has no manifest.parquet"), (".", "is empty")]:
        code, said = run("corpus", name, folder, *more)
        assert code == 1 and told in said and "aigc-lab collect SOURCE --into" in said
    Path("plain", manifest.NAME).write_bytes(b"PAR1 nothing of the kind")
    code, said = run("corpus", name, "plain", *more)
    assert code == 1 and "is damaged" in said


def test_show_counts_rows_and_tells_what_may_be_done_with_them(run, corpus):
    code, said = run("corpus", "show", corpus, "--rows", "2", "--quarantine")
    assert code == 0 and "10 texts usable, 1 file in quarantine" in said
    assert "CC0-1.0 8, CC-BY-4.0 2, LicenseRef-Unknown 1" in said and "train 10" in said
    row = Corpus(corpus).rows[0]
    assert row.id[:8] in said and "Ocean waves" in said and "whose.txt Nobody says whose it is" in said


def test_search_finds_the_sea_in_either_language_and_shows_how_well_it_fits(run, corpus):
    for query in ("海浪", "waves"):
        code, said = run("corpus", "search", corpus, query, "--use", "train")
        first = said.partition("what it shows ")[2]
        assert code == 0 and first.startswith(("0.9", "1.0")) and Corpus(corpus).rows[0].id[:8] in first[:20]
    assert "no use 'lend'" in run("corpus", "search", corpus, "sea", "--use", "lend")[1]
    assert run("corpus", "search", corpus, "volcano")[0] == 1


def test_check_tells_what_was_changed_and_ends_with_1(run, corpus):
    code, said = run("corpus", "check", corpus)
    assert code == 0 and "until somebody names a licence" in said and "nothing is missing or changed" in said
    row = Corpus(corpus).rows[1]
    (corpus / row.path).unlink()
    (corpus / Corpus(corpus).rows[0].path).write_bytes(b"other")
    code, said = run("corpus", "check", corpus)
    assert code == 1 and "2 things are wrong" in said and "is missing: add train.txt again" in said


def test_split_writes_the_shares_that_were_asked_for(run, corpus):
    code, said = run("corpus", "split", corpus, "--shares", "train=0.5,test=0.5", "--seed", "3")
    assert code == 0 and {row.split for row in Corpus(corpus).rows} == {"train", "test", ""}
    assert "test" in said and "50%" in said
    assert "cannot be read" in run("corpus", "split", corpus, "--shares", "train:1")[1]
    assert run("corpus", "split", corpus, "--shares", "train=-1")[0] == 1


def test_credits_and_card_name_the_authors_and_the_next_commands(run, corpus):
    assert "Li 李 (CC-BY-4.0)" in run("corpus", "credits", corpus)[1]
    assert run("corpus", "credits", corpus, "--language", "zh", "--out", "署名.md")[0] == 0
    assert "署名" in Path("署名.md").read_text(encoding="utf-8")
    assert run("corpus", "card", corpus)[0] == 0
    for name, language in (("CARD.md", ""), ("CARD.zh-CN.md", " --language zh")):
        card = (corpus / name).read_text(encoding="utf-8")
        assert f"`aigc-lab corpus credits CORPUS{language}`" in card and "`aigc-lab corpus split CORPUS`" in card


def test_the_sheet_shows_each_picture_with_title_and_licence(run, pictures):
    assert run("collect", pictures, "--own", "--into", "c")[0] == 0
    for language in ("en", "zh"):
        assert run("corpus", "show", "c", "--sheet", "sheet.png", "--language", language)[0] == 0
        assert read_image(Path("sheet.png")).shape[1] == 1600
    assert run("corpus", "show", "c", "--sheet", "sheet.txt")[0] == 1


def test_a_page_of_pictures_is_filled_from_edge_to_edge():
    shapes = [(90, 160), (160, 90), (100, 100), (60, 200), (120, 90), (90, 160), (160, 90)]
    plates = [
        Plate(np.full((*shape, 3), 200, np.uint8), "A long title " * 9, "CC0 · somebody", "2 s") for shape in shapes
    ]
    page = gallery(plates, "语料", "7 pictures", wide=800, tall=150)
    filled = (page == 200).all(axis=2)
    assert page.shape[1] == 800 and 0.3 < filled.mean() < 0.8
    assert {int(np.flatnonzero(row)[0]) for row in filled if row.sum() > 300} <= set(range(28, 37))
    with pytest.raises(LabError, match="no picture"):
        gallery([], "x")


def test_a_clip_is_blurred_so_that_no_frame_shows_a_face(run, chinese_folder):
    folder = chinese_folder / "people"
    folder.mkdir()
    film(folder / "她.mp4", pan(sample("astronaut"), seconds=1.1), sound=True)
    assert run("collect", folder, "--own", "--into", "c")[0] == 0
    row = Corpus("c").rows[0]
    assert any(faces(frame) for _, frame in read_frames(folder / "她.mp4"))
    code, said = run("corpus", "blur", "c", row.id[:6], "--out", "blurred/她.mp4")
    assert code == 0 and "1 face blurred" in said
    out = Path("blurred/她.mp4")
    assert not any(faces(frame) for _, frame in read_frames(out))
    assert probe(out).seconds == pytest.approx(1.1, abs=0.15)
    check_sound(out)
    assert json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))["licence"] == "LicenseRef-Own"
    for wrong, told in [("zzzz", "no row"), (row.id[:2], "no row")]:
        assert told in run("corpus", "blur", "c", wrong, "--out", "x.mp4")[1]
    assert "end it with .mp4" in run("corpus", "blur", "c", row.id[:6], "--out", "x.png")[1]


def test_a_face_that_is_lost_for_some_frames_stays_covered_there(monkeypatch, tmp_path):
    film(tmp_path / "a.mp4", pan(sample("astronaut"), seconds=1.5), fps=12)
    seen = iter(range(1000))
    box = [(100, 60, 60, 80)]
    monkeypatch.setattr(
        blurring, "faces", lambda frame: box if (n := next(seen)) < 18 and n not in range(6, 12) else []
    )
    assert blurring.blur_video(tmp_path / "a.mp4", tmp_path / "b.mp4") == 1
    for (_, before), (_, after) in zip(read_frames(tmp_path / "a.mp4"), read_frames(tmp_path / "b.mp4"), strict=True):
        change = np.abs(before.astype(int) - after)
        assert change[70:130, 105:155].mean() > 4 * max(change[:, 260:].mean(), 1)


def test_faces_that_cross_stay_two_and_are_interpolated():
    seen = [(0.0, [(0.1, 0.4, 0.1, 0.2), (0.8, 0.4, 0.1, 0.2)]), (0.1, []), (0.2, [(0.14, 0.4, 0.1, 0.2)])]
    first, second = blurring.followed(seen)
    assert first.at(0.1) == pytest.approx((0.12, 0.4, 0.1, 0.2))
    assert first.at(0.3) == pytest.approx((0.16, 0.4, 0.1, 0.2))  # it moves on as it did
    assert second.at(0.2) == pytest.approx((0.8, 0.4, 0.1, 0.2)) and second.at(0.6) is None


def test_a_picture_is_blurred_and_what_may_not_be_changed_is_not(run, chinese_folder):
    folder = chinese_folder / "people"
    folder.mkdir()
    shutil.copy(sample_table()["astronaut"].path, folder)
    assert run("collect", folder, "--into", "c")[0] == 0
    row = Corpus("c").rows[0]
    assert "is not for blurring" in run("corpus", "blur", "c", row.id, "--out", "b.png")[1]
    run("collect", folder, "--own", "--into", "c")
    assert run("corpus", "blur", "c", row.id, "--out", "b.png")[0] == 0
    assert faces(read_image(Path("b.png"))) == []
