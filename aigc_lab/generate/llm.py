"""A script from a language model behind any OpenAI-compatible /chat/completions (DeepSeek, Qwen, Ollama ...)."""

import json
import re
import time
from dataclasses import dataclass
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aigc_lab.brief import Brief, Text
from aigc_lab.generate.claims import brief_text, cliches, invented
from aigc_lab.generate.fitting import Line, off
from aigc_lab.generate.phrases import is_cjk
from aigc_lab.generate.sentences import fill
from aigc_lab.settings import Settings, settings
from aigc_lab.vocabulary import vocabulary
from aigc_lab.words import load_words

PRESETS = {  # name -> (base URL, default model, needs a key)
    "deepseek": ("https://api.deepseek.com/v1", "deepseek-chat", True),
    "qwen": ("https://dashscope.aliyuncs.com/compatible-mode/v1", "qwen-plus", True),
    "ollama": ("http://localhost:11434/v1", "qwen2.5:7b", False),
    "openai": ("https://api.openai.com/v1", "gpt-4o-mini", True),
}
LONGEST_ANSWER = 1_000_000  # bytes
LONGEST_WAIT = 5.0  # s that a Retry-After is honoured
LENGTH_TOLERANCE = 1.5  # s by which the model's script may miss the time asked for


class ModelError(Exception):
    """Why the model did not deliver, in words for a person; never holds the key."""


class ModelShot(BaseModel):
    """One shot as a model writes it."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["hook", "point", "proof", "offer", "cta"] = "point"
    say: Text = Field(min_length=1, max_length=160)
    headline: Text = Field("", max_length=60)
    subject: Text = ""
    point: int = Field(0, ge=0, le=12)


class ModelScript(BaseModel):
    """The whole answer of a model."""

    model_config = ConfigDict(extra="ignore")

    title: Text = Field("", max_length=60)
    shots: list[ModelShot] = Field(min_length=3, max_length=60)


@dataclass(frozen=True)
class Endpoint:
    """Where the model is and how it is called."""

    url: str
    model: str
    key: str
    seconds: float

    def __repr__(self) -> str:
        return f"Endpoint({self.url}, {self.model})"


def endpoint(chosen: Settings | None = None) -> Endpoint:
    """The endpoint of the settings: a preset, or base URL, model and key of one's own.

    Raises ModelError that names the variable that is missing.
    """
    chosen = chosen or settings()
    if chosen.llm and chosen.llm not in PRESETS:
        raise ModelError(f"AIGC_LAB_LLM={chosen.llm} is unknown, use one of {', '.join(PRESETS)}")
    base, model, needs_key = PRESETS.get(chosen.llm or ("" if chosen.base_url else "openai"), ("", "", False))
    base, model = chosen.base_url or base, chosen.model or model
    key = chosen.api_key.get_secret_value()
    if not model:
        raise ModelError("no model is named: set OPENAI_MODEL")
    if needs_key and not key:
        raise ModelError("no key is set: set OPENAI_API_KEY")
    if not re.match(r"https?://[^/\s]+", base):
        raise ModelError(f"the base URL {base!r} is no web address: set OPENAI_BASE_URL")
    return Endpoint(base.rstrip("/") + "/chat/completions", model, key, chosen.llm_timeout)


def ask(brief: Brief) -> ModelScript:
    """A checked script from the model; after a faulty answer it is told the fault and asked once more.

    Raises ModelError when the endpoint fails, the time (settings().llm_timeout, for all calls together) is over, or the
    second answer is faulty too.
    """
    place = endpoint()
    until = time.monotonic() + place.seconds
    messages = [{"role": "system", "content": _orders(brief)}, {"role": "user", "content": _request(brief)}]
    answer = _call(place, messages, until)
    try:
        return check(answer, brief)
    except ModelError as fault:
        pattern = load_words("patterns")["zh" if _chinese(brief) else "en"]["model"]["again"]
        messages += [
            {"role": "assistant", "content": answer[:8000]},
            {"role": "user", "content": fill(pattern, fault=fault)},
        ]
    return check(_call(place, messages, until), brief)


def _call(place: Endpoint, messages: list[dict[str, str]], until: float) -> str:
    """One answer's text; a 429 is tried again once after its Retry-After if that is short. Raises ModelError."""
    body = {"model": place.model, "messages": messages, "temperature": 0.7}
    headers = {"Authorization": f"Bearer {place.key}"} if place.key else {}
    local = re.match(r"https?://(localhost|127\.|\[::1\])", place.url) is not None
    try:
        with httpx.Client(timeout=place.seconds, trust_env=not local) as client:
            status, wait, raw = _post(client, place, body, headers, until)
            if status == 429 and wait <= min(LONGEST_WAIT, until - time.monotonic()):
                time.sleep(wait)
                status, wait, raw = _post(client, place, body, headers, until)
    except httpx.TimeoutException as error:
        raise ModelError(f"no answer within {place.seconds:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise ModelError(f"the endpoint cannot be reached ({type(error).__name__})") from error
    if status != 200:
        meaning = {
            401: "the key is not accepted",
            403: "not allowed",
            404: "no such address or model",
            429: "too many requests",
        }
        raise ModelError(f"the endpoint answered {status}" + (f", {meaning[status]}" if status in meaning else ""))
    try:
        content = json.loads(raw)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ModelError("the endpoint's answer is no chat completion") from error
    if not isinstance(content, str) or not content.strip():
        raise ModelError("the model's answer is empty")
    return content


def _post(client: httpx.Client, place: Endpoint, body: dict, headers: dict, until: float) -> tuple[int, float, bytes]:
    """Status, Retry-After in s (inf when unknown) and body; the clock runs on while an answer drips in."""
    raw = b""
    left = until - time.monotonic()
    if left <= 0:
        raise httpx.ReadTimeout("the time is over")
    with client.stream("POST", place.url, json=body, headers=headers, timeout=left) as response:
        for chunk in response.iter_bytes():
            raw += chunk
            if time.monotonic() > until:
                raise httpx.ReadTimeout("the time is over")
            if len(raw) > LONGEST_ANSWER:
                raise ModelError("the answer is far too long")
        after = response.headers.get("retry-after", "")
        return response.status_code, float(after) if re.fullmatch(r"\d+(\.\d+)?", after) else float("inf"), raw


def find_json(text: str) -> Any:
    """The first JSON object in a text with prose or code fences around it. Raises ModelError when there is none."""
    decoder = json.JSONDecoder()
    for start in re.finditer(r"\{", text):
        try:
            found, _ = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            continue
        if "shots" in found:
            return found
    raise ModelError("no JSON object with 'shots' was found")


def check(answer: str, brief: Brief) -> ModelScript:
    """The answer as a script, if its form, its words and its length are right. Raises ModelError with what is not."""
    try:
        script = ModelScript.model_validate(find_json(answer))
    except ValidationError as error:
        first = error.errors()[0]
        raise ModelError(f"field {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    said = " ".join([script.title, *(f"{s.say} {s.headline}" for s in script.shots)])
    source, faults = brief_text(brief), []
    if made_up := [
        w for s in script.shots for t in (s.say, s.headline) for w in invented(t, source, len(brief.points))
    ]:
        faults.append(f"these are not in the brief, leave them out: {', '.join(dict.fromkeys(made_up))}")
    if worn := [c for c in cliches(said) if c.lower() not in source.lower()]:
        faults.append(f"worn phrases: {', '.join(worn)}")
    if _chinese(brief) != is_cjk("".join(s.say for s in script.shots)) and (brief.language or "").startswith(
        ("zh", "en")
    ):
        faults.append(f"write in {brief.language}")
    if (wrong := off(lines_of(script), brief.language or "en-US", brief.seconds)) and abs(wrong) > LENGTH_TOLERANCE:
        faults.append(f"about {abs(wrong):.0f} s too {'long' if wrong > 0 else 'short'} when spoken")
    if [s for s in script.shots if s.subject and s.subject not in vocabulary().subjects]:
        for shot in script.shots:  # a picture that does not exist is no reason to throw good words away
            shot.subject = shot.subject if shot.subject in vocabulary().subjects else ""
    if faults:
        raise ModelError("; ".join(faults))
    return script


def lines_of(script: ModelScript) -> list[Line]:
    """The shots of a model's script as lines; the model's own cuts are kept."""
    return [Line(s.role, s.say, s.point, source="model", parts=[s.say]) for s in script.shots]


def _chinese(brief: Brief) -> bool:
    return (brief.language or "").startswith("zh")


def _orders(brief: Brief) -> str:
    name = "zh" if _chinese(brief) else "en"
    slots = {
        "count": f"{round(brief.seconds * 0.4)}-{round(brief.seconds * 0.6)}",
        "seconds": f"{brief.seconds:g}",
        "language": brief.language,
        "subjects": ", ".join(vocabulary().subjects),
    }
    return fill(load_words("patterns")[name]["model"]["orders"], **slots)


def _request(brief: Brief) -> str:
    names = "topic kind title points audience product offer price proof call_to_action platform".split()
    fields = {name: getattr(brief, name) for name in names}
    return json.dumps({k: v for k, v in fields.items() if v}, ensure_ascii=False)
