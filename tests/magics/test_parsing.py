from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.error import UsageError

from codeexec_magics.magics.flags import FLAGS, PLANNED
from codeexec_magics.magics.help import help_text
from codeexec_magics.magics.parsing import parse
from codeexec_magics.magics.request import Arguments, Input


def test_an_empty_line_asks_for_nothing() -> None:
    assert parse("") == Arguments()
    assert parse("").runs


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("js", Arguments(word="js")),
        ("-i df js", Arguments(word="js", inputs=(Input("df", "df"),))),
        ("-l js", Arguments(language="js")),
        ("--lang=js", Arguments(language="js")),
        ("-i a,b -i c", Arguments(inputs=(Input("a", "a"), Input("b", "b"), Input("c", "c")))),
        ("-i cfg=settings.main", Arguments(inputs=(Input("cfg", "settings.main"),))),
        (
            "-i rows=df[df.x > 1],n=f(1, 2)",
            Arguments(inputs=(Input("rows", "df[df.x > 1]"), Input("n", "f(1, 2)"))),
        ),
        ("-i=df", Arguments(inputs=(Input("df", "df"),))),
        ("-idf", Arguments(inputs=(Input("df", "df"),))),
        ("-i 'y=-x + 1'", Arguments(inputs=(Input("y", "-x + 1"),))),
        ("-i y=lambda:0", Arguments(inputs=(Input("y", "lambda:0"),))),
        ("-o out", Arguments(outputs=("out",))),
        ("-o a,b -o c", Arguments(outputs=("a", "b", "c"))),
        ("-o 'a, b'", Arguments(outputs=("a", "b"))),
        ("--out a --err b", Arguments(stdout="a", stderr="b")),
        ("--stdout a --stderr b", Arguments(stdout="a", stderr="b")),
        ("--result r -n clean -q", Arguments(result="r", name="clean", quiet=True)),
        ("--timeout 0.5", Arguments(timeout=0.5)),
        ("--timeout none", Arguments(timeout=math.inf)),
        ("--timeout 500ms", Arguments(timeout=0.5)),
        ("--timeout 2m", Arguments(timeout=120)),
        ("--timeout 1.5s", Arguments(timeout=1.5)),
        ("js # it's a note -o x", Arguments(word="js")),
        ("-i 'c=\"#\"' #", Arguments(inputs=(Input("c", '"#"'),))),
        ("--env C=#fff", Arguments(environment={"C": "#fff"})),
        ("--no-raise-error", Arguments(raise_error=False)),
        ("-f 'a b.js'", Arguments(file="a b.js")),
        ("--env A=1 --env B=x=y --env C=", Arguments(environment={"A": "1", "B": "x=y", "C": ""})),
        ("--cwd .. --interpreter /n", Arguments(directory="..", interpreter="/n")),
        ("--python 3.12 -c pandas", Arguments(python="3.12", converter="pandas")),
        ("--bg --job j", Arguments(background=True, job="j")),
        ("--bg -n f -i a", Arguments(background=True, name="f", inputs=(Input("a", "a"),))),
        (
            "--no-network --sandbox --seal",
            Arguments(isolation={"network": False, "sandbox": True, "seal": True}),
        ),
        ("--cpu-time none --cpus 2", Arguments(limits={"cpu_time": None, "cpus": 2})),
        ("--expect json.JSONDecodeError", Arguments(expect="json.JSONDecodeError")),
        ("-i größe", Arguments(inputs=(Input("größe", "größe"),))),
    ],
)
def test_a_line_is_read(line: str, expected: Arguments) -> None:
    assert parse(line) == expected


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--tmeout 5", "did you mean '--timeout'?"),
        ("--timeot=5", "did you mean '--timeout'?"),
        ("--time 5", "did you mean '--timeout'?"),
        ("-input df", "did you mean '--input'?"),
        ("-lang js", "did you mean '--lang'?"),
        ("-z", "%%transform? shows them all"),
        ("--verbose", "unknown flag --verbose; %%transform? shows them all"),
        ("--progress", "unknown flag --progress; %%transform?"),
        ("-- 5", "unknown flag --; %%transform?"),
        ("--inputs df", "did you mean '--input'?"),
        ("--mem 5M", "did you mean '--memory'?"),
        ("--max-memory 5M", "did you mean '--memory'?"),
        ("--no-timeout", "did you mean '--timeout'?"),
        ("--silent", "did you mean '--quiet'?"),
        ("--raises x", "did you mean '--expect'?"),
        ("--format pandas", "did you mean '--converter'?"),
        ("--jobs 4", "did you mean '--workers'?"),
        ("--background", "did you mean '--bg'?"),
        ("-t 5", "did you mean '--timeout'?"),
        ("-i df, cfg", "without a space behind the comma"),
        ("-i rows:df", "needs a name: -i rows=df"),
        ("js python", "unexpected 'python'. For two inputs write -i a,b"),
        ("-i df cfg js", "unexpected 'js'"),
        ("-i rows=df[df.x > 1", "put an expression with spaces into quotes or brackets"),
        ("-i", "expected one argument"),
        ("-i -o out", "expected one argument"),
        ("-i ''", "one of them is empty"),
        ("-i a,,b", "one of them is empty"),
        ("-i a,a", "'a' 2 times"),
        ("-i a -i a=b", "'a' 2 times"),
        ("-i settings.main", "an expression needs a name: -i name=settings.main"),
        ("-i 1a=b", "'1a' is no Python name"),
        ("-i class=b", "'class' is no Python name"),
        ("-i a==b", "an expression needs a name"),
        ("-i a=", "no expression behind the ="),
        ("-i a=b+", "no Python expression"),
        ("-i 'a=x; y'", "no Python expression"),
        ("-i 'a=b\0'", "no Python expression"),
        ("-i a=" + "(" * 500 + ")" * 500, "no Python expression"),
        ("-i inputs", "-i name=inputs"),
        ("-i 'a", "is not closed"),
        ("-o 1a", "-o needs a Python name, not '1a'"),
        ("-o a,", "-o needs a Python name, not ''"),
        ("-o a.b", "-o needs a Python name, not 'a.b'"),
        ("-o a -o a", "bind 'a' 2 times"),
        ("-o a --result a", "bind 'a' 2 times"),
        ("--out a --err a -n a", "bind 'a' 3 times"),
        ("--result r --result s", "--result is given twice"),
        ("--out a --stdout b", "--stdout is given twice"),
        ("--result 1", "--result needs a Python name"),
        ("-n a-b", "--name needs a Python name"),
        ("--timeout -5", "positive number"),
        ("--timeout 0", "positive number"),
        ("--timeout nan", "positive number"),
        ("--timeout soon", "not 'soon'"),
        ("--env A", "NAME=VALUE"),
        ("--env =A", "NAME=VALUE"),
        ("-c panda", "did you mean 'pandas'?"),
        ("-c x", "choose from auto"),
        ("js -i df \\", "one line"),
        *((f"{flag} 1", f"{flag} is not in this version") for flag in PLANNED),
        ("--with=1", "--with is not in this version"),
        ("--job j", "it needs --bg"),
        ("--bg --job j -o j", "bind 'j' 2 times"),
        ("--bg -n f", "runs nothing"),
        ("--bg --expect ValueError", "does not wait for its end"),
        ("--bg --no-raise-error", "raises nothing"),
        ("--expect ValueError --no-raise-error", "exclude each other"),
        ("-d f -q", "leave one of them out"),
        ("-d f --bg", "leave -d out"),
        ("-d f()", "-d needs the name of a function, not 'f()'"),
        ("--expect 'Value Error'", "not 'Value Error'"),
        ("--expect ''", "not ''"),
        ("--sandbx", "did you mean '--sandbox'?"),
        ("--memory much", "512M"),
        ("--processes 0", "whole number"),
        ("--cpus 1.5", "whole number"),
        ("--cpu-time -1", "positive number"),
    ],
)
def test_wrong_usage_is_told_in_one_line(line: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(line)

    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(deadline=None)
@given(st.text(alphabet="-abilnoqf=,'\"()[]. 1\\\0"))
def test_every_line_is_read_or_refused(line: str) -> None:
    told = ""
    try:
        parse(line)
    except UsageError as error:
        told = str(error)

    assert "\n" not in told


def test_a_name_alone_does_not_run_anything() -> None:
    assert not parse("js -n clean --timeout 5").runs
    assert parse("js -n clean -i df").runs
    assert parse("js -n clean -o out").runs
    assert parse("js -n clean --result r").runs


def test_the_help_names_every_flag() -> None:
    text = help_text()

    for flag in FLAGS:
        assert ", ".join(flag.names) in text
        assert flag.meaning in text
