"""What a step is given of the environment is told to nobody, however it is written."""

from __future__ import annotations

import base64
import html
import json
import random
import shlex
import textwrap
import urllib.parse
from typing import Any

import pytest
from programs import steps

from codeexec_magics import CodeExecutor, Pipeline, PipelineRunner
from codeexec_magics.pipelines.concealing import HIDDEN, Concealer, Stream
from codeexec_magics.pipelines.watcher import Watcher

KEY = "-----BEGIN KEY-----\n" + "\n".join(
    textwrap.wrap(base64.b64encode(random.Random(1).randbytes(600)).decode(), 64)
)  # fmt: skip
SECRETS = ["hunter-secret", "q\"u'o\\te\\\\d", "Zürich € 🙂 naïve", "p4ss+w/rd==&x<y>", KEY]
WAYS = {
    "plain": str,
    "repr": repr,
    "json": json.dumps,
    "unicode": lambda text: json.dumps(text, ensure_ascii=False),
    "twice": lambda text: json.dumps({"a": repr(text)}),
    "ascii": ascii,
    "bytes": lambda text: repr(text.encode()),
    "shell": shlex.quote,
    "percent": urllib.parse.quote,
    "form": lambda text: urllib.parse.urlencode({"a": text}),
    "html": html.escape,
    "entities": lambda text: text.encode("ascii", "xmlcharrefreplace").decode(),
    "one line": lambda text: " ".join(text.split()),
    "indented": lambda text: textwrap.indent(text, "  | "),
}


def leaked(secret: str, text: str) -> list[str]:
    """Pieces of a secret that are in a text."""
    size = 8
    pieces = {secret[at : at + size] for at in range(max(1, len(secret) - size + 1))}
    return [piece for piece in pieces if piece.strip() and piece in text]


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_found_however_it_is_written(way: str) -> None:
    for secret in SECRETS:
        text = f"before {WAYS[way](secret)} after"
        hidden = Concealer((secret,)).hidden(text)

        assert leaked(secret, hidden) == []
        assert hidden.startswith("before ")
        assert hidden.endswith(" after")
        assert len(hidden) < len("before  after") + 15 * (1 + secret.count("\n"))


@pytest.mark.parametrize("cut", ["…", "..."])
def test_what_is_left_of_a_secret_in_a_preview_is_hidden(cut: str) -> None:
    for secret in (SECRETS[0], SECRETS[1], KEY):
        whole = repr(secret)[1:-1]
        for length in range(8, len(whole) - 8, 1 + len(whole) // 20):
            texts = (f"'{whole[:length]}{cut}'", f"'{cut}{whole[length:]}'")
            hidden = [Concealer((secret,)).hidden(text) for text in texts]
            assert leaked(secret, hidden[0]) == [], texts[0]
            assert leaked(secret, hidden[1]) == [], texts[1]


def test_what_is_no_secret_stays() -> None:
    text = "hunters hunt… and ...crets are none, -2\n" * 100

    assert Concealer(("hunter-secret", KEY)).hidden(text) == text


@pytest.mark.parametrize("size", [1, 2, 7, 40])
def test_a_secret_that_comes_in_pieces_is_hidden(size: int) -> None:
    for secret in SECRETS:
        stream = Stream(Concealer((secret,)))
        text = f"x{secret[:4]}y{secret}z{secret}{secret[:6]}"
        pieces = [stream.feed(text[at : at + size]) for at in range(0, len(text), size)]
        told = "".join([*pieces, stream.finish()])

        assert secret not in told
        assert told.startswith(f"x{secret[:4]}y{HIDDEN}")
        assert told.endswith(secret[:6])


STEPS: list[dict[str, Any]] = [
    {"code": "import os\nt = os.environ['T']\nprint(t, [t])\nraise ValueError([t])"},
    {"code": "import os\ndef f(t):\n    {t: 1}[t + 'x']\nf(os.environ['T'])"},
    {"code": "import os\nt = os.environ['T']\nwhile t: pass", "timeout": 0.3},
    {"code": "import os\nfrom IPython.display import display\ndisplay({os.environ['T']: 1})"},
    {"code": "const t = process.env.T; console.log([t]); null[t]", "language": "js"},
    {"code": 'set -x; echo "$T"; false', "language": "bash"},
    {"code": "import os, sys\nfor c in os.environ['T']: print(c, end='', flush=True)"},
    {
        "code": "import os\ndef transform(item): raise ValueError(os.environ['T'], item)",
        "map": "items",
        "on_item_error": "collect",
    },
]


def test_no_step_tells_it(executor: CodeExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "hunter 'with' \"quotes\"\\and\nlines of hunters"
    monkeypatch.setenv("KEY", secret)
    told: list[Any] = []
    found = [
        {"id": f"s{number}", "required": False, "env": {"T": "${KEY}"}, **step}
        for number, step in enumerate(STEPS)
    ]
    text = steps(*found, inputs={"items": [1, 2]}, defaults={"standbys": 0})
    watcher = Watcher(
        output=lambda *what: told.append(what[2]), display=lambda *what: told.append(repr(what))
    )
    result = PipelineRunner(executor).watch(Pipeline.parse(text), {}, watcher)

    assert result.steps["s7"].value[1].index == 1
    seen = [repr(result), json.dumps(result.to_dict()), "".join(told)]
    seen += [str(step.result) for step in result.steps.values()]
    seen += [str(step.result and step.result._repr_mimebundle_()) for step in result.steps.values()]
    assert [word for word in seen if "hunter" in word] == []
