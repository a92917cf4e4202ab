"""What a sandboxed cell gives is drawn as text, or as a picture that is one, wherever that is."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from codeexec_magics import (
    CodeExecutor,
    ExecutionResult,
    Outcome,
    Pipeline,
    PipelineResult,
    PipelineRunner,
)
from codeexec_magics.display import mime_bundle
from codeexec_magics.values.bundles import admit, harmless
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.pictures import is_sound

SCRIPT = "<script>escaped()</script>"


def chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def png(width: int = 1, height: int = 1) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0\xff\0\0")
    parts = (b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


PNG = png()
GIF = b"GIF89a" + struct.pack("<HH", 2, 3) + b"\0\0\0;"
JPEG = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x0b\x08" + struct.pack(">HH", 3, 2) + bytes(6)
WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + struct.pack("<I", 1 | 2 << 14) + bytes(8)
SOUND = {"image/png": PNG, "image/gif": GIF, "image/jpeg": JPEG, "image/webp": WEBP}
UNSOUND = {
    "no picture": ("image/png", b"<svg onload=escaped()>"),
    "another kind": ("image/jpeg", PNG),
    "a page behind the signature": ("image/png", PNG[:8] + SCRIPT.encode()),
    "a bomb": ("image/png", png(30_000, 30_000)),
    "no size": ("image/png", png(0, 5)),
    "a wide GIF": ("image/gif", b"GIF89a" + struct.pack("<HH", 65_535, 65_535)),
    "a JPEG that ends": ("image/jpeg", JPEG[:6]),
    "a JPEG of other bytes": ("image/jpeg", b"\xff\xd8\xff" + bytes(50)),
    "a WebP of nothing": ("image/webp", WEBP[:12] + b"VP9 " + bytes(30)),
    "too many bytes": ("image/png", PNG + bytes(3_000_001)),
}

VALUES = {
    "HTML": {"text/html": SCRIPT},
    "HTML in lines": {"text/html": [SCRIPT, SCRIPT]},
    "SVG as text": f'<svg xmlns="http://www.w3.org/2000/svg">{SCRIPT}</svg>',
    "SVG in a bundle": {"image/svg+xml": f"<svg>{SCRIPT}</svg>", "text/plain": "x"},
    "Markdown": {"text/markdown": f"# a {SCRIPT}"},
    "TeX": {"text/latex": r"$\href{javascript:escaped()}{x}$"},
    "Vega": {"application/vnd.vegalite.v5+json": {"data": {"url": "http://127.0.0.1/x"}}},
    "Plotly": {"application/vnd.plotly.v1+json": {"data": [], "layout": {"images": "http://x"}}},
    "a widget": {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/html": "x"},
    "a script": {"application/javascript": "escaped()", "text/plain": "x"},
    "a picture that is none": {"image/png": base64.b64encode(SCRIPT.encode()).decode()},
    "an attribute": {"image/png": '" onerror="escaped()', "text/html": SCRIPT},
    "bytes of a page": SCRIPT.encode(),
    "nested": [{"text/html": SCRIPT}],
}


@pytest.fixture
def sandbox(tmp_path: Path) -> dict[str, Any]:
    """How a program is run that nobody trusts."""
    return {"sandbox": True, "directory": str(tmp_path)}


class Page(HTMLParser):
    """What a front end would find in a card."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.pictures: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.pictures += [value or "" for name, value in attrs if name == "src"]


def assert_harmless(bundle: dict[str, Any]) -> None:
    """Nothing that a front end would run, load, or typeset."""
    kinds = set(bundle) - {"text/html", "text/plain"}
    assert kinds <= {"image/png", "image/jpeg"}, kinds
    for kind in kinds:
        assert is_sound(kind, base64.b64decode(bundle[kind]))
    page = Page(bundle["text/html"])
    assert not page.tags & {"script", "svg", "iframe", "object", "embed", "link", "a", "math"}
    assert page.attributes <= {
        *("class", "role", "aria-label", "src", "alt", "open", "scope", "tabindex")
    }
    for source in page.pictures:
        mime, _, data = source.removeprefix("data:").partition(";base64,")
        assert is_sound(mime, base64.b64decode(data))
    assert "mathjax_ignore" in bundle["text/html"].partition(">")[0]


def every_form(result: ExecutionResult) -> Iterator[dict[str, Any]]:
    """The ways on which a result comes to be drawn."""
    yield mime_bundle(result)
    yield mime_bundle(result, target="x", chip=True)
    yield result._repr_mimebundle_()
    saved = json.loads(json.dumps(result.to_dict()))
    yield ExecutionResult.from_dict(saved)._repr_mimebundle_()


@pytest.mark.parametrize("what", VALUES)
@pytest.mark.parametrize("language", ["python", "javascript"])
def test_a_value_draws_nothing_by_itself(
    executor: CodeExecutor, sandbox: dict[str, Any], language: str, what: str
) -> None:
    result = executor.execute("value", language, inputs={"value": VALUES[what]}, **sandbox)

    assert result.success, result.error
    assert not result.trusted
    for bundle in every_form(result):
        assert_harmless(bundle)


def test_a_trusted_value_draws_itself(executor: CodeExecutor) -> None:
    result = executor.execute_python("value", {"value": VALUES["HTML"]})

    assert result.trusted
    assert SCRIPT in mime_bundle(result)["text/html"]
    assert ExecutionResult.from_dict(result.to_dict()).trusted


@pytest.mark.parametrize("mime", SOUND)
def test_a_picture_is_drawn(executor: CodeExecutor, sandbox: dict[str, Any], mime: str) -> None:
    for value in (SOUND[mime], {mime: base64.b64encode(SOUND[mime]).decode()}):
        result = executor.execute_python("value", {"value": value}, **sandbox)

        for bundle in every_form(result):
            assert f'src="data:{mime};base64,' in bundle["text/html"]
            assert_harmless(bundle)


@pytest.mark.parametrize("what", UNSOUND)
def test_what_only_looks_like_a_picture_is_not(what: str) -> None:
    mime, content = UNSOUND[what]
    text = base64.b64encode(content).decode()

    if what != "another kind":  # its own kind is known by its bytes
        assert "<img" not in mime_bundle(ExecutionResult.from_dict(forged(content)))["text/html"]
    assert "<img" not in mime_bundle(ExecutionResult.from_dict(forged({mime: text})))["text/html"]
    assert harmless({mime: text}) == {"text/plain": "a display"}


def forged(value: Any) -> dict[str, Any]:
    """A saved result of a sandboxed program, as anybody may have written it."""
    made = ExecutionResult.from_dict({"success": True})
    saved = {**made.to_dict(), "trusted": False}
    saved["displays"] = [{"text/html": SCRIPT}]
    saved["output"] = (
        {"$": "bytes", "v": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
    )
    return saved


def test_displays_of_a_saved_result_are_looked_at_again() -> None:
    bundle = mime_bundle(ExecutionResult.from_dict(forged(5)))

    assert_harmless(bundle)
    assert "&lt;script&gt;" in bundle["text/html"]


def mapped_in(sandbox: dict[str, Any], source: str, executor: CodeExecutor) -> ExecutionResult:
    program = Program(source, "python", entry="main")
    return executor.map(program, ExecutionOptions(**sandbox, standbys=0), [SCRIPT] * 3)


def test_jobs_and_maps_know_it_too(executor: CodeExecutor, sandbox: dict[str, Any]) -> None:
    job = executor.submit("value", inputs={"value": VALUES["HTML"]}, **sandbox)
    assert_harmless(job.result()._repr_mimebundle_())
    assert_harmless(job._repr_mimebundle_())

    mapped = mapped_in(sandbox, "def main(x): return {'text/html': x}", executor)

    assert mapped.success, mapped.error
    assert not mapped.trusted
    for bundle in every_form(mapped):
        assert_harmless(bundle)


def test_a_failure_knows_it_too(executor: CodeExecutor, sandbox: dict[str, Any]) -> None:
    failed = executor.execute_python(f"raise ValueError({SCRIPT!r})", **sandbox)
    mapped = mapped_in(sandbox, f"def main(x): raise ValueError({SCRIPT!r})", executor)

    for result in (failed, mapped):
        assert not result.trusted
        for bundle in every_form(result):
            assert_harmless(bundle)


def test_of_metadata_the_sizes_of_pictures_are_kept() -> None:
    text = base64.b64encode(PNG).decode()
    described: dict[str, Any] = {
        "image/png": {"width": "1 onload=escaped()", "height": 7, "unconfined": True},
        "text/html": {"isolated": True},
        "filename": "x}\\write18{escaped}",
    }

    bundle, metadata = admit({"image/png": text}, described)

    assert set(bundle) == {"image/png", "text/plain"}
    assert metadata == {"image/png": {"height": 7}}
    assert admit({"image/png": text}, {"image/png": {"width": True, "height": 10**9}})[1] == {}
    assert admit({"text/html": SCRIPT}, described)[1] == {}


def test_displays_are_looked_at_as_they_come(
    executor: CodeExecutor, sandbox: dict[str, Any]
) -> None:
    text = base64.b64encode(PNG).decode()
    program = f"""
class Shown:
    def _repr_mimebundle_(self, **_):
        return {{"image/png": {text!r}, "text/html": {SCRIPT!r}}}, {{"filename": "x"}}
display(Shown())
"""
    result = executor.execute_python(program, **sandbox)

    assert set(result.displays[0]) == {"image/png", "text/plain"}


def test_control_sequences_do_not_reach_a_terminal() -> None:
    assert harmless({"text/plain": "a\x1b]52;c;eA==\x07b\n"})["text/plain"] == "a�]52;c;eA==�b\n"


@pytest.mark.parametrize("sandboxed", [True, False])
def test_pipelines_know_it_of_their_steps(
    executor: CodeExecutor, tmp_path: Path, sandboxed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of a value that was kept in a cache."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", f"{tmp_path}-elsewhere")
    text = json.dumps(
        {
            "defaults": {"standbys": 0, "directory": str(tmp_path)},
            "steps": [
                {
                    "id": "made",
                    "code": f"{{'text/html': {SCRIPT!r}}}",
                    "sandbox": sandboxed,
                    "cache": True,
                },
                {"id": "passed", "code": "made", "inputs": {"made": "made"}},
            ],
            "outputs": {"page": "passed"},
        }
    )
    for state in ("succeeded", "kept"):
        result = PipelineRunner(executor).run(Pipeline.parse(text, "p.json"))

        assert result.outcome is Outcome.SUCCEEDED, result.error
        assert result.steps["made"].state.value == state
        page = Page(result._repr_mimebundle_()["text/html"])
        assert ("script" in page.tags) is not sandboxed
        saved = PipelineResult.from_dict(json.loads(json.dumps(result.to_dict())))
        assert ("script" in Page(saved._repr_mimebundle_()["text/html"]).tags) is not sandboxed


PLANTED = """
import hashlib, os
for name in os.listdir(".codeexec/cache"):
    path = f".codeexec/cache/{name}"
    magic = open(path, "rb").read(16)
    bodies = [b"Pcos\\nsystem\\n(S'touch owned'\\ntR.", b'J{"text/html": "<script>1</script>"}']
    body = bodies[KIND]
    os.unlink(path)
    with open(path, "wb") as file:
        file.write(magic + hashlib.blake2b(body, digest_size=32).digest() + body)
"""


@pytest.mark.parametrize("kind", [0, 1])
def test_a_sandboxed_step_plants_nothing_in_a_cache(
    executor: CodeExecutor, tmp_path: Path, kind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", f"{tmp_path}-elsewhere")
    kept = {"id": "kept", "code": "[1, 2]", "cache": True}
    planting = {
        "id": "planting",
        "code": PLANTED.replace("KIND", str(kind)),
        "sandbox": True,
        "depends_on": ["kept"],
    }
    for steps in ([kept, planting], [kept]):
        text = json.dumps({"defaults": {"standbys": 0}, "steps": steps})
        result = PipelineRunner(executor).run(Pipeline.parse(text, "p.json"))
        assert result.error is None
        assert result.steps["kept"].value == [1, 2]
    assert result.steps["kept"].state.value == "succeeded"
    assert not (tmp_path / "owned").exists()
