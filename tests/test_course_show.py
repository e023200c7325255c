"""What notebooks show: small GIFs with a link to the MP4, sheets, comparisons, tables, each with a description."""

import base64
import io
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from aigc_lab import LabError
from aigc_lab.course import show
from aigc_lab.course.gif import MOST_FLASHES, calm, gif
from aigc_lab.course.page import use_language
from aigc_lab.measures import flashes, luminance
from aigc_lab.media import Clip, read_clip, write_clip
from aigc_lab.publish.captions import Card

pytestmark = pytest.mark.usefixtures("learner_folder")


@pytest.fixture(scope="module")
def ball():
    """Two seconds at 15 frames a second: a bright ball crosses a shaded ground; odd width."""
    y, x = np.mgrid[0:160, 0:91]
    ground = np.stack([40 + y // 2, 60 + x // 2, 120 + 0 * x], -1).astype(np.uint8)
    frames = np.repeat(ground[None], 30, 0)
    for i, frame in enumerate(frames):
        frame[(x - 10 - 2.4 * i) ** 2 + (y - 80) ** 2 < 120] = (250, 200, 40)
    return Clip(frames, 15.0)


class Page(HTMLParser):
    """The tags of a view's HTML, which must all close."""

    def __init__(self, view):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(view.html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, name):
        return [attrs for tag, attrs in self.tags if tag == name]


def picture(view):
    """The picture that the HTML itself carries."""
    (image,) = Page(view).all("img")
    head, data = image["src"].split(",", 1)
    assert re.fullmatch(r"data:image/(gif|jpeg);base64", head)
    assert base64.b64decode(data) == view.data
    return Image.open(io.BytesIO(view.data))


def lasting(image):
    """Seconds that a GIF plays."""
    total = 0
    for i in range(image.n_frames):
        image.seek(i)
        total += image.info["duration"]
    return total / 1000


def test_a_clip_plays_as_a_gif_as_long_as_itself_with_a_link_to_its_mp4(ball, learner_folder):
    view = show.clip(ball, alt="a ball crosses", width=91, out_dir="out 一", name="ball")
    image = picture(view)
    assert image.format == "GIF" and image.is_animated and image.info["loop"] == 0
    assert lasting(image) == pytest.approx(ball.seconds, abs=0.011)
    assert 18 <= image.n_frames <= 20 and image.width == 91
    (link,) = Page(view).all("a")
    assert unquote(link["href"]) == "out 一/ball.mp4" and " " not in link["href"]
    written = read_clip(learner_folder / unquote(link["href"]))
    assert written.frames.shape == (30, 160, 92, 3) and written.fps == 15
    assert Page(view).all("img")[0]["alt"] == "a ball crosses" in view.text and "out 一/ball.mp4" in view.text


def test_the_ball_moves_in_the_gif_and_the_colours_are_kept(ball):
    image = picture(show.clip(ball, alt="a ball", width=91))
    places = []
    for i in (0, image.n_frames - 1):
        image.seek(i)
        frame = np.asarray(image.convert("RGB")).astype(int)
        bright = np.abs(frame - (250, 200, 40)).sum(-1) < 60
        assert 300 < bright.sum() < 460
        places.append(np.nonzero(bright)[1].mean())
    assert places[1] - places[0] > 55
    assert np.abs(frame[5, 5] - ball.frames[-1][5, 5].astype(int)).max() < 16


@pytest.mark.parametrize("kilobytes", [400, 100, 30])
def test_a_gif_keeps_to_its_size_and_length_whatever_it_shows(kilobytes):
    draw = np.random.default_rng(3)
    rough = np.repeat(np.repeat(draw.integers(0, 256, (45, 32, 18, 3), np.uint8), 5, 1), 5, 2)
    data = gif(Clip(rough, 15.0), 270, kilobytes)
    assert len(data) <= kilobytes * 1000
    image = Image.open(io.BytesIO(data))
    assert lasting(image) == pytest.approx(3.0, abs=0.011) and image.n_frames >= 9


def test_a_clip_that_cannot_fit_says_what_to_do():
    noise = np.random.default_rng(3).integers(0, 256, (60, 200, 200, 3), np.uint8)
    with pytest.raises(LabError, match=r"do not fit into a GIF of 4 KB: show a shorter part"):
        gif(Clip(noise, 10.0), 200, 4)


def test_a_video_by_its_path_is_linked_where_it_lies_or_copied_from_elsewhere(ball, learner_folder, tmp_path):
    even = Clip(ball.frames[:, :, :90], ball.fps)
    write_clip(even, learner_folder / "my video.mp4")
    (link,) = Page(show.clip("my video.mp4", alt="a ball")).all("a")
    assert unquote(link["href"]) == "my video.mp4" and not (learner_folder / "out").exists()
    write_clip(even, tmp_path / "else.mp4")
    view = show.clip(tmp_path / "else.mp4", alt="a ball")
    assert Page(view).all("a")[0]["href"] == "out/else.mp4"
    assert (learner_folder / "out" / "else.mp4").read_bytes() == (tmp_path / "else.mp4").read_bytes()
    assert lasting(picture(view)) == pytest.approx(2.0, abs=0.02)


def test_what_flashes_is_slowed_down_and_says_so(learner_folder):
    frames = np.zeros((60, 40, 40, 3), np.uint8)
    frames[::4] = frames[1::4] = 255  # 30 fps: seven and a half flashes a second
    wild = Clip(frames, 30.0)
    calmed = calm(wild)
    brightness = np.array([luminance(frame).mean() for frame in calmed.frames])
    assert flashes(brightness, wild.fps) > MOST_FLASHES >= flashes(brightness, calmed.fps)
    view = show.clip(wild, alt="a lamp")
    assert "flashes too fast" in view.html and "flashes too fast" in view.text
    assert lasting(picture(view)) > 2 * wild.seconds
    assert read_clip(learner_folder / "out" / "clip.mp4").seconds > 2 * wild.seconds
    write_clip(wild, learner_folder / "wild.mp4")
    assert "the MP4 is not" in show.clip("wild.mp4", alt="a lamp").html


def test_a_calm_clip_is_left_as_it_is(ball):
    assert calm(ball) is ball


@pytest.mark.parametrize("alt", ["", "  "])
def test_a_clip_without_a_description_is_refused(ball, alt):
    with pytest.raises(LabError, match="Say in alt"):
        show.clip(ball, alt=alt)


def test_texts_are_escaped_everywhere(ball):
    nasty = '<script>alert("1")</script> & "x"'
    still = ball.frames[0]
    views = [
        show.clip(ball, alt=nasty), show.before_after(still, still, (nasty, "b")), show.table([[nasty]] * 2, nasty),
        show.captions_over([(0.5, still)], [Card((nasty,), 0, 1)]),
    ]  # fmt: skip
    for view in views:
        assert "<script" not in view.html and nasty in view.text
        assert not Page(view).all("script")


def test_a_contact_sheet_shows_each_second_with_its_time(ball):
    view = show.contact(Clip(np.repeat(ball.frames, 2, 0), 15.0), columns=2)
    image = picture(view)
    assert "frames at 0.5, 1.5, 2.5, 3.5 s" in view.alt
    assert image.width == 2 * (91 + 10) + 10 and image.height > 2 * 160


def test_a_contact_sheet_of_a_file_and_of_its_clip_agree(ball, learner_folder):
    even = Clip(ball.frames[:, :, :90], ball.fps)
    write_clip(even, learner_folder / "ball.mp4")
    one, two = show.contact("ball.mp4"), show.contact(even)
    assert "ball.mp4" in one.alt and one.alt.replace(" ball.mp4", "") == two.alt


def test_two_pictures_stand_side_by_side_and_two_clips_play_together(ball):
    dark = Clip(ball.frames // 3, ball.fps)
    still = np.asarray(picture(show.before_after(ball.frames[0], dark.frames[0], ("before", "after"))).convert("RGB"))
    left, right = still[50:-80, 20 : still.shape[1] // 2 - 20], still[50:-80, still.shape[1] // 2 + 20 : -20]
    assert left.mean() > 2.5 * right.mean()
    short = Clip(dark.frames[:10], dark.fps)
    image = picture(show.before_after(ball, short, ("vorher", "dunkel")))
    assert image.is_animated and lasting(image) == pytest.approx(ball.seconds, abs=0.1)
    with pytest.raises(LabError, match="two pictures or two clips"):
        show.before_after(ball, ball.frames[0], ("a", "b"))


def test_captions_are_drawn_over_the_frames_that_they_stand_on(ball):
    plain = np.full((480, 270, 3), 90, np.uint8)
    cards = [Card(("早高峰 少等一会儿",), 0.0, 1.0), Card(("Ground for", "your brewer"), 1.0, 2.0)]
    view = show.captions_over([(0.5, plain), (1.0, plain), (2.5, plain)], cards, columns=3)
    assert (
        "0.5 s 早高峰 少等一会儿" in view.alt and "1.0 s Ground for your brewer" in view.alt and "2.5 s -" in view.alt
    )
    sheet = np.asarray(picture(view).convert("L")).astype(int)
    thirds = np.array_split(sheet[: int(sheet.shape[0] * 0.9)], 3, axis=1)
    bright = [(third[int(sheet.shape[0] * 0.5) :] > 190).sum() for third in thirds]
    assert bright[0] > 200 and bright[1] > 200 and bright[2] == 0
    assert "0.5 s 早高峰" in show.captions_over(ball, cards).alt  # one frame in the middle of each card


def test_captions_over_nothing_is_one_sentence():
    with pytest.raises(LabError, match="no frame"):
        show.captions_over([], [])


def test_a_table_has_heads_for_columns_and_rows_and_lines_up_as_text():
    view = show.table([{"name": "杯子", "licence": "CC0"}, {"name": "cup.jpg", "licence": None}], "Assets")
    page = Page(view)
    assert [head["scope"] for head in page.all("th")] == ["col", "col", "row", "row"]
    assert "<caption" in view.html and ">None<" not in view.html
    lines = view.text.splitlines()
    assert lines[0] == "Assets" and lines[1] == "name     licence" and lines[3] == "杯子     CC0"


@pytest.mark.parametrize(
    ("rows", "told"), [([], "at least one row"), ([["a", "b"], ["c"]], "Row 1 of the table has 1")]
)
def test_a_crooked_table_is_refused(rows, told):
    with pytest.raises(LabError, match=told):
        show.table(rows)


def test_a_view_gives_a_notebook_html_and_a_terminal_text(ball):
    use_language("zh-CN")
    view = show.clip(ball, alt="小球滚过")
    bundle = view._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"} and bundle["text/plain"] == repr(view)
    assert "打开 MP4" in bundle["text/html"] and 'lang="zh-CN"' in bundle["text/html"]
    assert "<video" not in bundle["text/html"] and "<script" not in bundle["text/html"]


@pytest.mark.parametrize("path", ["none.mp4", "empty.mp4", "text.mp4"])
def test_a_broken_video_is_one_sentence(learner_folder, path):
    (learner_folder / "empty.mp4").write_bytes(b"")
    (learner_folder / "text.mp4").write_bytes(b"not a video")
    for function in (
        lambda: show.clip(path, alt="x"),
        lambda: show.contact(path),
        lambda: show.before_after(path, path, ("a", "b")),
    ):
        with pytest.raises(LabError, match=path):
            function()


def test_a_small_picture_becomes_larger_in_grey_or_colour_smooth_or_not():
    picture = np.random.default_rng(3).integers(0, 256, (4, 3, 3), np.uint8)
    large = show.enlarged(picture, 5, smooth=False)
    assert np.array_equal(large[::5, ::5], picture) and np.array_equal(large[4::5, 4::5], picture)
    assert show.enlarged(picture[..., 0], 5).shape == show.enlarged(picture, 5).shape == (20, 15, 3)
    assert len(np.unique(show.enlarged(picture, 5))) > len(np.unique(picture)), "smooth: colours in between"
