"""Named transforms outside of IPython."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from typing import Any

import pytest

from codeexec_magics import CodeExecutor, Outcome, Transform
from codeexec_magics.engine.transform import syntax_failure
from codeexec_magics.errors import ExecutionTimedOut, InvalidOptions, ProgramFailed
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult

from .conftest import ROOT

NO_STANDBYS = ExecutionOptions(standbys=0)


def make(source: str, language: str = "python", inputs: tuple[str, ...] = ()) -> Transform:
    return Transform("clean", Program(source, language, first_line=2), NO_STANDBYS, inputs)


@pytest.mark.parametrize(
    ("source", "inputs", "signature"),
    [
        ("def transform(inputs): 1", (), "(**inputs)"),
        ("def transform(inputs): 1", ("df", "n"), "(df, n)"),
        ("def transform(inputs): 1", ("inputs",), "(inputs)"),
        ("def transform(rows): 1", ("df",), "(df)"),
        ("def transform(rows): 1", (), "(rows)"),
        ("def transform(**inputs): 1", (), "(**inputs)"),
        ("def transform(): 1", (), "()"),
        ("async def transform(a, /, b=[1, 2], *c, d, e={}, **f): 1", (), None),
        ("def transform(df: pd.DataFrame, n: int = N): 1", (), None),
        ("transform = lambda a, b=1: a", (), "(a, b=1)"),
        ("def transform(a): 1\ndef transform(b): 2", (), "(b)"),
        ("class A:\n  def transform(self): 1", (), "(**inputs)"),
        ("df + 1", ("df",), "(df)"),
        ("await f(df)", ("df",), "(df)"),
        ("not python at all", ("df",), "(df)"),
        ("'\0'", (), "(**inputs)"),
    ],
)
def test_the_signature_is_the_program_s(
    source: str, inputs: tuple[str, ...], signature: str | None
) -> None:
    expected = (
        signature
        or {
            "async": "(a, /, b=[1, 2], *, d, e={}, **f)",
            "def": "(df: pd.DataFrame, n: int = N)",
        }[source.split()[0]]
    )

    assert str(inspect.signature(make(source, inputs=inputs))) == expected


@pytest.mark.parametrize(
    ("source", "signature"),
    [
        ("function transform(a, b) {}", "(a, b, **inputs)"),
        (
            "async function transform({ a, b = 3, c: d = [1, 2], ...rest }) {}",
            "(a, b, c, **inputs)",
        ),
        ("const transform = async (a, b = 'x,)') => a", "(a, b, **inputs)"),
        ("function transform(x, ...rest) {}", "(x, **inputs)"),
        ("export default function transform(rows, n) {}", "(rows, n, **inputs)"),
        ("function transform(inputs) {}", "(**inputs)"),
        ("function transform() {}", "(**inputs)"),
        ("function transform([a], b) {}", "(**inputs)"),
        ("rows.length", "(**inputs)"),
    ],
)
def test_the_signature_is_that_of_the_javascript_function(source: str, signature: str) -> None:
    for language in ("javascript", "typescript"):
        found = str(inspect.signature(make(source, language=language)))
        assert found.replace("=Ellipsis", "") == signature
    typed = "function transform(a: number, b?: { x: (y: string) => void }): number {}"
    assert str(inspect.signature(make(typed, language="ts"))) == "(a, b=Ellipsis, **inputs)"


def test_a_javascript_function_takes_its_arguments_by_place_too(executor: CodeExecutor) -> None:
    add = make(
        "function transform(a, b = 5, ...rest) { return a + b + rest.length }", language="js"
    )
    assert [add(1), add(1, 2), add(b=3, a=1)] == [6, 3, 4]
    count = make("function transform(rows) { return rows.x ?? rows.length }", language="js")
    assert [count([1, 2]), count(rows=[1]), count(x=7)] == [2, 1, 7]
    taken = make("const transform = ({ a, b = 3 }) => [a, b]", language="js")
    assert [taken(1), taken(b=1, a=2)] == [[1, 3], [2, 1]]
    with pytest.raises(TypeError, match="missing a required argument: 'a'"):
        taken()


@pytest.mark.parametrize(
    ("source", "language", "documentation"),
    [
        (
            'def transform(df):\n    """Clean it.\n\n    All.\n    """',
            "python",
            "Clean it.\n\nAll.",
        ),
        ('"""Of the cell."""\n1', "python", "Of the cell."),
        ("1", "python", "Run the python program 'clean'."),
        ("/**\n * Clean it.\n * All.\n */\nfunction transform() {}", "js", "Clean it.\nAll."),
        (
            "const a = 1 // no\n// Clean it.\n//All.\nasync function transform() {}",
            "js",
            "Clean it.\nAll.",
        ),
        ("/* Head. */\nconst u = 'http://x'\ntransform = 1", "js", "Head."),
        (
            "const u = 'http://x'\nfunction transform() {}",
            "js",
            "Run the javascript program 'clean'.",
        ),
        ("/**/ 1", "js", "Run the javascript program 'clean'."),
    ],
)
def test_the_documentation_is_the_program_s(source: str, language: str, documentation: str) -> None:
    assert make(source, language).__doc__ == documentation


def test_it_looks_like_a_function() -> None:
    clean: Any = make("function transform({df}) { return df }", "js", ("df",))

    assert clean.__name__ == "clean"
    assert callable(clean)
    assert repr(clean) == "<Transform clean(df) in js>"


@pytest.mark.parametrize("name", ["", "a b", "class", "python", "JS", "1a", "a.b", 5, None])
def test_a_name_that_cannot_be_one_is_refused(name: Any) -> None:
    with pytest.raises(InvalidOptions):
        Transform(name, Program("1"))


def test_a_call_returns_the_value_and_prints_where_the_caller_prints(
    executor: CodeExecutor, capsys: pytest.CaptureFixture[str]
) -> None:
    clean = make("print('hello')\ndef transform(rows, n=2):\n    return rows * n")

    assert clean([1]) == [1, 1]
    assert clean(rows=[1], n=3) == [1, 1, 1]
    assert clean.run({"rows": "x"}).output == "xx"
    assert capsys.readouterr().out == "hello\n" * 3


def test_javascript_is_called_by_the_names_of_its_inputs(executor: CodeExecutor) -> None:
    clean = make("df.map(x => x * n)", "js", ("df", "n"))

    assert clean([1, 2], n=3) == [3, 6]
    with pytest.raises(TypeError, match=r"clean\(df, n\): missing a required argument: 'n'"):
        clean([1])
    with pytest.raises(TypeError, match="unexpected keyword argument 'x'"):
        clean([1], 2, x=3)


def test_a_failure_is_the_matching_exception_with_the_program_s_trace(
    executor: CodeExecutor,
) -> None:
    with pytest.raises(ProgramFailed) as caught:
        make("def transform(x):\n    return 1 / x")(0)

    assert caught.value.result.outcome is Outcome.FAILED
    assert 'File "<cell>", line 3, in transform' in "\n".join(caught.value.__notes__)
    with pytest.raises(ExecutionTimedOut):
        Transform("spin", Program("while True: pass"), ExecutionOptions(timeout=0.5, standbys=0))()


def test_an_interrupt_is_not_swallowed_by_except_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = ExecutionResult(Outcome.INTERRUPTED, error="KeyboardInterrupt")
    monkeypatch.setattr(Transform, "run", lambda self, inputs: stopped)
    with pytest.raises(KeyboardInterrupt):
        make("1")()


def test_it_is_pickled_as_text_and_options(executor: CodeExecutor) -> None:
    clean = Transform(
        "clean",
        Program("[x + 1 for x in df]", first_line=4),
        ExecutionOptions(timeout=5, environment={"A": "1"}, standbys=0),
        ("df",),
    )
    again = pickle.loads(pickle.dumps(clean))

    assert again == clean
    assert hash(again) == hash(clean)
    assert inspect.signature(again) == inspect.signature(clean)
    assert again(df=[1]) == [2]


def test_it_runs_in_another_process_and_leaves_nothing_there(executor: CodeExecutor) -> None:
    code = (
        "import pickle, sys; clean = pickle.loads(bytes.fromhex(sys.argv[1]));"
        "print(clean(df=[1, 2]), 'IPython' in sys.modules)"
    )
    clean = make("function transform({df}) { return df.length }", "js", ("df",))
    done = subprocess.run(
        [sys.executable, "-c", code, pickle.dumps(clean).hex()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "2 False\n"


@pytest.mark.parametrize(
    ("source", "message", "line", "column"),
    [
        ("x = 1\ndef f(:\n  1", "invalid syntax", 3, 7),
        ("\n\nx = (", "was never closed", 4, 5),
        ("return 1", None, None, None),
        ("if x:\npass", "expected an indented block", 3, 1),
    ],
)
def test_wrong_syntax_is_a_failed_result_with_its_place(
    source: str, message: str | None, line: int | None, column: int | None
) -> None:
    failure = syntax_failure(Program(source, first_line=2))
    if message is None:
        assert failure is None  # the grammar allows it: the run says what is wrong
        return

    assert failure is not None
    assert failure.trace is not None
    assert failure.error is not None
    assert message in failure.error
    place = failure.trace.place
    assert place is not None
    assert (place.line, place.column) == (line, column)
    shown = dict(enumerate(place.excerpt, place.excerpt_start))
    assert shown[line] == source.splitlines()[(line or 0) - 2]


@pytest.mark.parametrize("source", ["'\0'", "(" * 10_000])
def test_what_cannot_even_be_parsed_is_a_failed_result(source: str) -> None:
    failure = syntax_failure(Program(source))

    assert failure is not None
    assert failure.outcome is Outcome.FAILED


def test_right_syntax_is_no_failure() -> None:
    assert syntax_failure(Program("await f()\nasync for x in y: pass")) is None


def test_a_transform_runs_in_the_background(
    executor: object, capsys: pytest.CaptureFixture[str]
) -> None:
    program = Program("print('text')\ndef transform(x): return x * 2")
    double = Transform("double", program, NO_STANDBYS)

    job = double.submit(x=21)
    result = job.result(timeout=30)
    assert (result.output, job.stdout, job.label) == (42, "text\n", "double")
    assert capsys.readouterr().out == ""
    with pytest.raises(TypeError, match="double"):
        double.submit(y=1)


def test_a_name_that_the_caller_has_is_a_hint(executor: CodeExecutor) -> None:
    rows = [1, 2]
    for language, source in (("python", "len(rows)"), ("js", "rows.length")):
        clean = make(source, language)
        with pytest.raises(ProgramFailed) as caught:
            clean()
        hint = "`rows` is a variable where it is called: pass it in, clean(rows=rows)"
        assert hint in caught.value.__notes__
        assert clean(rows=rows) == 2
    with pytest.raises(ProgramFailed) as caught:
        make("no_such_name")()
    assert "pass it in" not in str(caught.value.__notes__)
