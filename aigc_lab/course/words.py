"""The words inside code that a reader sees: a small table in the master, `<<word>>` in a string or a comment."""

import io
import re
import token
import tokenize
from collections.abc import Callable
from dataclasses import dataclass

import yaml

LANGUAGES = {"en": "en-US", "zh": "zh-CN"}  # how a master and a folder say it: how a notebook's stamp says it
PLACEHOLDER = re.compile(r"<<([A-Za-z][\w -]*)>>")
OPENS = getattr(token, "FSTRING_START", None)  # Python 3.12 and later take an f-string apart
CLOSES = getattr(token, "FSTRING_END", None)
Found = list[tuple[int, str]]  # (line, what is wrong there)


@dataclass(frozen=True)
class Word:
    """One entry of the table: its text in each language, its line in the master, where each text stands."""

    name: str
    text: dict[str, str]
    line: int
    places: dict[str, tuple[int, int, int]]  # language: line in the master, columns of the value, if it is on one line


def read_words(source: str, first_line: int) -> tuple[dict[str, Word], Found]:
    """The table of a master (YAML, `name: {en: text, zh: text}`) and what is wrong in it.

    `first_line` is the line of the master on which `source` begins; columns count from the start of the YAML.
    """
    try:
        root = yaml.compose(source, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.context_mark or error.problem_mark
        return {}, [(first_line + mark.line, f"the table of words does not close or is not YAML ({error.problem})")]
    except yaml.YAMLError as error:
        return {}, [(first_line, f"the table of words is not YAML ({error})")]
    if root is None:
        return {}, []
    if not isinstance(root, yaml.MappingNode):
        return {}, [(first_line, "the table of words is not a table: write `name: {en: text, zh: text}`")]
    words, wrong = {}, []
    for key, value in root.value:
        line = first_line + key.start_mark.line
        fault = _entry_fault(key, value, words)
        if fault:
            wrong.append((line, fault))
            continue
        text = {k.value: v.value for k, v in value.value}
        marks = {k.value: (v.start_mark, v.end_mark) for k, v in value.value}
        places = {name: (first_line + a.line, a.column, b.column) for name, (a, b) in marks.items() if a.line == b.line}
        words[key.value] = Word(key.value, text, line, places)
    return words, wrong


def _entry_fault(key: yaml.Node, value: yaml.Node, words: dict[str, Word]) -> str:
    name = str(key.value)
    if not PLACEHOLDER.fullmatch(f"<<{name}>>"):
        return f"the word {name!r} has no plain name: letters, digits, spaces, - and _, a letter first"
    if name in words:
        return f"the word {name!r} stands twice in the table"
    pairs = value.value if isinstance(value, yaml.MappingNode) else []
    if sorted(k.value for k, _ in pairs) != sorted(LANGUAGES) or any(v.value == "" for _, v in pairs):
        return f"the word {name!r} needs its text in each language: {name}: {{en: text, zh: text}}"
    if any(not isinstance(v, yaml.ScalarNode) or re.search(r'["\\\n]', v.value) for _, v in pairs):
        return f'the word {name!r} is not plain text on one line without " and \\ (write “ ” for quotation marks)'
    return ""


def texts_of(code: str) -> list[tuple[int, int]]:
    """Where the strings and comments of Python code stand: (first, after last) character; none if it is no Python."""
    starts = [0]
    for line in io.StringIO(code):
        starts.append(starts[-1] + len(line))
    spans, opened = [], []
    try:
        for item in tokenize.generate_tokens(io.StringIO(code).readline):
            (row, column), (end_row, end_column) = item.start, item.end
            first, last = starts[row - 1] + column, starts[min(end_row, len(starts)) - 1] + end_column
            if OPENS is not None and item.type == OPENS:
                opened.append(first)
            elif CLOSES is not None and item.type == CLOSES:
                first = opened.pop()
                spans += [] if opened else [(first, last)]
            elif item.type in (tokenize.STRING, tokenize.COMMENT) and not opened:
                spans.append((first, last))
    except (tokenize.TokenError, SyntaxError):
        return []
    return spans


def used(code: str) -> Found:
    """The words that code names: (line within it, counted from 0; name)."""
    found = []
    for first, last in texts_of(code):
        for match in PLACEHOLDER.finditer(code, first, last):
            found.append((code.count("\n", 0, match.start()), match[1]))
    return found


def expand(code: str, words: dict[str, Word], language: str) -> str:
    """Code as a reader of `language` ("en", "zh") sees it; a word that the table lacks stays as it is written."""
    return _mapped(code, lambda text: _expand(text, words, language))


def restore(code: str, master: str, words: dict[str, Word], language: str) -> str:
    """The way back: strings and comments of `code` that equal an expanded one of `master` get their <<words>> back."""
    known = {}
    for first, last in texts_of(master):
        known.setdefault(_expand(master[first:last], words, language), master[first:last])
    return _mapped(code, lambda text: known.get(text, text))


def changed_words(code: str, master: str) -> dict[str, str]:
    """New texts of words when `code` is `master` with nothing but its words changed; empty otherwise."""
    parts = PLACEHOLDER.split(master)
    pattern = "".join(r"([^\"\\\n]+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    match = re.fullmatch(pattern, code)
    if match is None:
        return {}
    found: dict[str, str] = {}
    for name, text in zip(parts[1::2], match.groups(), strict=True):
        if found.setdefault(name, text) != text:
            return {}
    return found


def _expand(text: str, words: dict[str, Word], language: str) -> str:
    return PLACEHOLDER.sub(lambda match: words[match[1]].text[language] if match[1] in words else match[0], text)


def _mapped(code: str, change: Callable[[str], str]) -> str:
    pieces, done = [], 0
    for first, last in texts_of(code):
        pieces += [code[done:first], change(code[first:last])]
        done = last
    return "".join([*pieces, code[done:]])
