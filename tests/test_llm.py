"""The language-model provider against a real server on localhost."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from aigc_lab.brief import Brief
from aigc_lab.generate.llm import PRESETS, ModelError, endpoint, find_json
from aigc_lab.generate.script import write_script
from aigc_lab.settings import Settings

KEY = "sk-secret-of-the-test"
BRIEF = Brief(
    topic="Better sleep for students",
    points=["Put the phone in another room", "Keep the same wake-up time"],
    seconds=10,
    language="en-US",
    script="openai",
)
SHOTS = [
    {"role": "hook", "say": "Still awake with your phone?", "headline": "Still awake?", "subject": "phone", "point": 0},
    {
        "role": "point",
        "say": "Put it in another room tonight.",
        "headline": "Another room",
        "subject": "bed",
        "point": 1,
    },
    {"role": "point", "say": "Out of reach, out of mind.", "headline": "Out of reach", "subject": "house", "point": 1},
    {"role": "point", "say": "Keep the same wake-up time.", "headline": "Same time", "subject": "clock", "point": 2},
    {"role": "point", "say": "Weekends count as well.", "headline": "Weekends too", "subject": "clock", "point": 2},
    {"role": "cta", "say": "Save this for tonight.", "headline": "Save this", "subject": "bed", "point": 0},
]


class Server:
    """An endpoint that answers its list of (status, headers, body), one after the other, and keeps what it was sent."""

    def __init__(self, answers, delay=0.0, drip=False):
        self.answers, self.asked = list(answers), []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                sent = self.rfile.read(int(self.headers["Content-Length"]))
                server.asked.append((self.path, self.headers.get("Authorization"), json.loads(sent)))
                status, headers, body = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
                time.sleep(delay)
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    for i in range(0, len(body), 1 if drip else 1_000_000):
                        self.wfile.write(body[i : i + (1 if drip else 1_000_000)])
                        time.sleep(0.05 if drip else 0)
                except OSError:
                    pass  # the client has hung up, as it should

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"


def chat(text, status=200, **headers):
    """A chat completion with `text` in it."""
    return status, headers, json.dumps({"choices": [{"message": {"content": text}}]}).encode()


def script_json(shots=SHOTS, **more):
    """A model's script as JSON."""
    return json.dumps({"title": "Sleep better", "shots": shots} | more)


@pytest.fixture
def serve(monkeypatch):
    """Start servers; the settings point at the last one."""
    started = []
    for name in ("AIGC_LAB_LLM", "AIGC_LAB_BASE_URL", "AIGC_LAB_API_KEY", "AIGC_LAB_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_MODEL", "test-model")
    monkeypatch.setenv("AIGC_LAB_LLM_TIMEOUT", "5")

    def start(*answers, **how):
        server = Server(answers, **how)
        started.append(server)
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        return server

    yield start
    for server in started:
        server.http.shutdown()
        server.http.server_close()


def test_a_good_answer_is_used_as_it_is_and_asked_for_with_key_and_model(serve):
    server = serve(chat(script_json()))
    board = write_script(BRIEF)
    assert board.script == "openai"
    assert [s.say for s in board.shots] == [s["say"] for s in SHOTS]
    assert [s.subject for s in board.shots] == [s["subject"] for s in SHOTS]
    path, authorization, sent = server.asked[0]
    assert (path, authorization, sent["model"]) == ("/v1/chat/completions", f"Bearer {KEY}", "test-model")
    assert "en-US" in sent["messages"][0]["content"] and "another room" in sent["messages"][1]["content"]


@pytest.mark.parametrize(
    "wrapped", ["Sure! Here it is:\n```json\n{}\n```\nEnjoy.", "<think>{{not json}}</think> {}", "{}"]
)
def test_json_is_found_in_prose_and_code_fences(serve, wrapped):
    serve(chat(wrapped.replace("{}", script_json())))
    assert write_script(BRIEF).script == "openai"


def test_a_faulty_answer_is_repaired_once_and_the_model_is_told_the_fault(serve):
    bad = [SHOTS[0] | {"say": "Studies show 93 percent sleep badly."}, *SHOTS[1:]]
    server = serve(chat(script_json(bad)), chat(script_json()))
    board = write_script(BRIEF)
    assert board.script == "openai" and "93" not in " ".join(s.say for s in board.shots)
    assert "93" in server.asked[1][2]["messages"][-1]["content"]
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (chat("I would rather write a poem about sleep."), "no JSON"),
        (chat(script_json([{"role": "hook", "words": "x"}] * 4)), "say"),
        (chat(script_json(SHOTS[:2])), "shots"),
        (chat(script_json([SHOTS[0] | {"say": "The best app is Dreamly."}, *SHOTS[1:]])), "Dreamly"),
        (chat(script_json([SHOTS[0] | {"say": "A real game changer for sleep."}, *SHOTS[1:]])), "game changer"),
        (chat(script_json(SHOTS * 4)), "too long"),
        (chat(""), "empty"),
        ((200, {}, b"<html>login</html>"), "no chat completion"),
        ((200, {}, b'{"choices": []}'), "no chat completion"),
        ((500, {}, b"oops"), "500"),
        ((401, {}, b"{}"), "401"),
        ((429, {}, b"{}"), "429"),
        ((429, {"Retry-After": "3600"}, b"{}"), "429"),
    ],
)
def test_what_goes_wrong_becomes_rules_and_says_so(serve, answer, reason):
    server = serve(answer)
    board = write_script(BRIEF)
    assert board.script == "rules (fallback)"
    assert reason in board.notes[0] and KEY not in str(board)
    assert [s.say for s in board.shots] == [
        s.say for s in write_script(BRIEF.model_copy(update={"script": "rules"})).shots
    ]
    assert len(server.asked) <= 2


def test_a_short_retry_after_is_honoured_once(serve):
    server = serve((429, {"Retry-After": "0.1"}, b"{}"), chat(script_json()))
    assert write_script(BRIEF).script == "openai"
    assert len(server.asked) == 2


@pytest.mark.parametrize("how", [{"delay": 3.0}, {"drip": True}])
def test_an_endpoint_that_hangs_or_drips_costs_no_more_than_the_time_allowed(serve, monkeypatch, how):
    monkeypatch.setenv("AIGC_LAB_LLM_TIMEOUT", "0.3")
    write_script(BRIEF.model_copy(update={"script": "rules"}))  # so that only the waiting is timed
    serve(chat(script_json()), **how)
    began = time.monotonic()
    board = write_script(BRIEF)
    assert board.script == "rules (fallback)" and "0.3 s" in board.notes[0]
    assert time.monotonic() - began < 2


def test_nobody_listening_a_missing_key_model_or_address_say_what_to_set(serve, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert "cannot be reached" in write_script(BRIEF).notes[0]
    monkeypatch.setenv("OPENAI_MODEL", "")
    assert "OPENAI_MODEL" in write_script(BRIEF).notes[0]
    monkeypatch.setenv("OPENAI_BASE_URL", "not an address")
    monkeypatch.setenv("OPENAI_MODEL", "m")
    assert "OPENAI_BASE_URL" in write_script(BRIEF).notes[0]
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert "OPENAI_API_KEY" in write_script(BRIEF).notes[0]


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_has_an_address_and_a_model_and_hides_its_key(name):
    place = endpoint(Settings(llm=name, api_key=KEY, base_url="", model=""))
    assert place.url == PRESETS[name][0] + "/chat/completions" and place.model == PRESETS[name][1]
    assert KEY not in repr(place)


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(ModelError, match="deepseek, qwen, ollama, openai"):
        endpoint(Settings(llm="clippy", base_url="", model=""))


def test_deeply_nested_braces_are_no_json():
    with pytest.raises(ModelError):
        find_json("{" * 5000)


def test_a_chinese_brief_is_asked_in_chinese_and_told_its_fault_in_chinese(serve):
    server = serve(chat("好的，稍等。"))
    board = write_script(Brief(topic="早睡", points=["手机放客厅", "固定起床时间"], seconds=12, script="openai"))
    assert board.script == "rules (fallback)" and "改用规则" in board.notes[0]
    assert "短视频编导" in server.asked[0][2]["messages"][0]["content"]
    assert "有误" in server.asked[1][2]["messages"][-1]["content"]
