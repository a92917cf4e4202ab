"""What holds in every language alike: odd bodies, odd names, and runtimes that are none.

A language is one entry of `LANGUAGES`: programs that say the same in each.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from codeexec_magics import CodeExecutor, ExecutionResult
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import Outcome


@dataclass(frozen=True)
class Words:
    """How a language says what these tests need.

    Attributes:
        name: The language.
        comment: What begins a comment.
        two: A statement whose value is `TWO`, on one line.
        text: A program whose value is the text that stands for ``%s``, quoted as it is.
        keyword: A word that no variable can be called there, or that means something.
        read: A program whose value is the input ``%s``, a keyword, as far as it can be read.
    """

    name: str
    comment: str
    two: str
    text: str
    keyword: str
    read: str


LANGUAGES = [
    Words("python", "#", "1 + 1", "'%s'", "class", "inputs['%s']"),
    Words("javascript", "//", "1 + 1", "'%s'", "class", "inputs['%s']"),
    Words("typescript", "//", "1 + 1 as number", "'%s' as string", "class", "inputs['%s']"),
    Words("bash", "#", "echo 2 >&3", "echo '\"%s\"' >&3", "if", "echo \"$(<\"$INPUTS\")\" >&3"),
    Words("sql", "--", "select 2 as v", "select '%s' as v", "select", 'from "%s"'),
]  # fmt: skip
EVERY = pytest.mark.parametrize("words", LANGUAGES, ids=lambda words: words.name)
TWO = 2


def run(
    executor: CodeExecutor, words: Words, source: str, inputs: dict[str, object] | None = None
) -> ExecutionResult:
    program = Program(source, words.name, first_line=2)
    return executor.run(program, ExecutionOptions(timeout=60), inputs or {})


def said(result: ExecutionResult) -> object:
    """The value, or the one cell of a frame; the error where there is none."""
    output = result.output if result.success else result.error
    return output.iloc[0, 0] if isinstance(output, pd.DataFrame) else output


BODIES = {
    "a last line that does not end": "{two}",
    "CRLF": "{comment} one\r\n{two}\r\n",
    "CR within CRLF lines of code": "{two}\r\n\r\n\r\n",
    "BOM": "\ufeff{two}\n",
    "BOM and CRLF": "\ufeff{comment} one\r\n{two}\r\n",
    "200 kB of lines": "{comment} " + "x" * 98 + "\n{padding}{two}",
    "a line of 1 MB": "{comment} " + "x" * 1_000_000 + "\n{two}",
    "blank lines around": "\n\n  \n{two}\n\n \n",
    "a comment last": "{two}\n{comment} and nothing more",
    "a line of a tab": "\t\n{two}\n",
}


NOTHING = ["", "{comment}", "{comment} one\n{comment} two", "\n \n", "{comment} one\r\n"]
NAMES = ["inputs", "a b", "", "é", "a-b", "$x", "__proto__", "self", 'a"b', "a\nb", "\ud800"]


@EVERY
@pytest.mark.usefixtures("unshared")
def test_odd_bodies_and_names(words: Words) -> None:
    padding = (words.comment + " " + "x" * 98 + "\n") * 2_000
    form = {"two": words.two, "comment": words.comment, "padding": padding}

    with CodeExecutor(standbys=1) as executor:  # the cells of one executor start sooner
        bodies = {
            name: said(run(executor, words, body.format(**form))) for name, body in BODIES.items()
        }
        nothing = {body: said(run(executor, words, body.format(**form))) for body in NOTHING}
        names = {name: said(run(executor, words, words.two, {name: [1]})) for name in NAMES}
        literals = _literals(executor, words)
        keyword = _keyword(executor, words)

    assert bodies == dict.fromkeys(BODIES, TWO)
    assert nothing == dict.fromkeys(NOTHING)
    assert names == dict.fromkeys(NAMES, TWO)
    assert literals == ["x" * 1_000_000, "a\0b"]
    assert keyword in ([5], {"a": [5]}, {words.keyword: {"a": [5]}}, 5)


def _literals(executor: CodeExecutor, words: Words) -> list[object]:
    """Texts that arrive; a NUL may be a syntax error at its line instead."""
    long = run(executor, words, words.text % ("x" * 1_000_000))
    null = run(executor, words, f"{words.comment} one\n" + words.text % "a\0b")
    if null.success:
        return [said(long), said(null)]
    assert null.trace is not None
    place = (null.outcome, null.trace.type, [frame.line for frame in null.trace.frames][-1:])
    return [said(long), "a\0b" if place == (Outcome.FAILED, "SyntaxError", [3]) else place]


def _keyword(executor: CodeExecutor, words: Words) -> object:
    """An input that is called like a keyword, as the program reads it."""
    given: object = pd.DataFrame({"a": [5]}) if words.name == "sql" else {"a": [5]}
    source = words.read % words.keyword if "%s" in words.read else words.read
    return said(run(executor, words, source, {words.keyword: given}))


def fake(folder: Path, name: str, line: str) -> str:
    """A runtime that is Node.js, but calls itself another."""
    with CodeExecutor(standbys=0) as executor:
        node = executor.execute_javascript("process.execPath").output
    (folder / "early.js").write_text(line)
    path = folder / name
    path.write_text(f'#!/bin/sh\nexec {node} --require {folder}/early.js "$@"\n')
    path.chmod(0o755)
    return str(path)


VERSIONS = "Object.defineProperty(process, 'versions', { value: { node: '26.3.0', bun: '1.4.4' } })"
DENO = "globalThis.Deno = { version: { deno: '2.9.8' } }"


@pytest.mark.parametrize("language", ["js", "ts"])
@pytest.mark.parametrize(("name", "line"), [("Bun 1.4.4", VERSIONS), ("Deno 2.9.8", DENO)])
def test_another_runtime_of_javascript_is_named(
    executor: CodeExecutor, tmp_path: Path, language: str, name: str, line: str
) -> None:
    path = fake(tmp_path, "runtime", line)

    result = executor.execute("1", language, interpreter=path)

    assert result.outcome is Outcome.FAILED
    assert (result.error or "").startswith("LanguageUnavailable: ")
    assert f" is {name}; Node.js is needed" in (result.error or "")


@EVERY
def test_a_program_that_is_no_runtime_is_named(executor: CodeExecutor, words: Words) -> None:
    for program in ("true", "ls", "sleep", "dash", "no-such-program"):
        path = shutil.which(program) or f"/nowhere/{program}"

        result = executor.execute("1", words.name, interpreter=path)

        assert result.outcome is Outcome.FAILED
        assert (result.error or "").startswith("LanguageUnavailable: cannot run ")
        assert path in (result.error or "")
