"""Reading media: from the wanted second on in every container, stills that are no film, nothing from the network."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import av
import numpy as np
import pytest
from footage_files import scene
from PIL import Image

from aigc_lab import LabError
from aigc_lab.media import opened, probe, read_clip, read_frames, run_ffmpeg, write_frames

FPS = 25


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a plain film of five seconds."""
    folder = tmp_path_factory.mktemp("视频 文件")
    write_frames(scene(160, 120, 5.0, fps=FPS), FPS, folder / "film.mp4", crf=20, preset="ultrafast")
    return folder


CONTAINERS = {
    "film.mpg": ["-c:v", "mpeg2video", "-g", "50"],
    "one.mpg": ["-c:v", "mpeg1video"],
    "film.ts": ["-c:v", "libx264", "-preset", "ultrafast"],
    "film.avi": ["-c:v", "mpeg4"],
    "film.mkv": ["-c:v", "libx264", "-preset", "ultrafast"],
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_frames_begin_at_the_wanted_second_in_every_container(folder, name):
    run_ffmpeg(["-i", "film.mp4", *CONTAINERS[name], "-q:v", "5", name], folder)
    every = [time for time, _ in read_frames(folder / name)]
    for start in (0.3, 1.0, 2.5, 4.6):
        wanted = [time for time in every if time >= start - 1e-6]
        assert [time for time, _ in read_frames(folder / name, start)] == pytest.approx(wanted), start


def test_a_part_shows_what_the_whole_shows_there(folder):
    run_ffmpeg(["-i", "film.mp4", *CONTAINERS["film.mpg"], "-q:v", "3", "part.mpg"], folder)
    whole = {round(time, 3): frame for time, frame in read_frames(folder / "part.mpg")}
    for time, frame in read_frames(folder / "part.mpg", 2.5, 0.4):
        assert np.abs(frame.astype(int) - whole[round(time, 3)]).mean() < 1.0


def test_a_part_behind_the_end_is_one_sentence(folder):
    with pytest.raises(LabError, match="no frames between 9"):
        read_clip(folder / "film.mp4", 9.0, 1.0)


@pytest.mark.parametrize("name", ["pages.tif", "phone.mpo"])
def test_several_stills_in_one_file_are_a_picture(folder, name):
    picture = Image.fromarray(next(iter(scene(160, 120, 0.1))))
    picture.save(folder / name, save_all=True, append_images=[picture])
    info = probe(folder / name)
    assert (info.kind, info.width, info.height) == ("image", 160, 120)


def test_a_moving_picture_is_a_film(folder):
    pictures = [Image.fromarray(frame) for frame in scene(160, 120, 0.4, fps=10)]
    pictures[0].save(folder / "moves.gif", save_all=True, append_images=pictures[1:], duration=100)
    assert probe(folder / "moves.gif").kind == "video"


def test_what_a_playlist_names_on_the_network_is_never_fetched(folder):
    asked = []

    class Host(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            """Say nothing on the screen."""

    with HTTPServer(("127.0.0.1", 0), Host) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/a.ts"
        listed = folder / "list.m3u8"
        listed.write_text(
            f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{address}\n#EXT-X-ENDLIST\n", encoding="utf-8"
        )
        with pytest.raises(LabError, match="neither a picture nor a video"):
            probe(listed)
        with pytest.raises(LabError):
            list(read_frames(listed))
        with pytest.raises(av.FFmpegError):
            opened(address)
        server.shutdown()
    assert asked == []


def test_a_file_that_asks_to_listen_on_the_network_is_no_video(folder):
    told = "v=0 o=-|0|0|IN|IP4|127.0.0.1 s=x c=IN|IP4|127.0.0.1 t=0|0 m=video|50040|RTP/AVP|96 a=rtpmap:96|H264/90000"
    lines = [line.replace("|", " ") for line in told.split()]
    (folder / "stream.sdp").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    with pytest.raises(av.FFmpegError, match="Invalid|Protocol|whitelist"):
        opened(folder / "stream.sdp")
