"""Perl, brought by the package that ``docs/languages.md`` shows, is held to the contract."""

from __future__ import annotations

import shutil
from typing import ClassVar

import pytest

from codeexec_magics import CodeExecutor
from codeexec_magics.testing import Dialect, LanguageContract

pytestmark = pytest.mark.skipif(shutil.which("perl") is None, reason="Perl is not installed")


class TestPerl(LanguageContract):
    dialect: ClassVar[Dialect] = Dialect(
        language="perl",
        suffix=".pl",
        forty_two="6 * 7",
        no_value="my $x; undef",
        transform="sub transform { my $inputs = shift; $inputs->{a} + $inputs->{b} }",
        entry_beats_value="sub transform { 42 }\n1",
        add_names="$a + $b",
        add_inputs="$inputs->{a} + $inputs->{b}",
        odd_input="$inputs->{'not a name'}",
        redeclare="$a = 7;\n$a",
        set_global="$leak = 1;\n42",
        get_global="defined $leak ? JSON::PP::true : JSON::PP::false",
        throw_on_line_3="my $x = 1;\n\ndie 'Test';\n",
        throw_in_function="sub transform {\n  die 'Test';\n}\n",
        import_beside="require './beside.pl';\n$beside::value",
        beside="package beside; our $value = 42;\nsub fail {\n  die 'Test'\n}\n1;\n",
        fail_beside="require './beside.pl';\nbeside::fail()",
        syntax_error="my $x = 1;\nmy $y = = 2;\n",
        both_streams='print "out\\n";\nprint STDERR "err\\n";\n42',
        many_umlauts="print 'x' . 'ä' x 100_000;\nundef",
        ten_megabytes='print \'x\' x 12_000, "\\n" for 1 .. 1000;\nprint "end\\n";\n42',
        endless="1 while 1",
        sleeping_child="system('sleep 600 &');\n42",
        exit_3="exit 3",
        environment="my $v = $ENV{CONTRACT_VARIABLE};\nutf8::decode($v) if defined $v;\n$v",
        directory="use Cwd;\ngetcwd",
        identity="$value",
        function_value="+{ f => [1, sub {}] }",
    )


VALUES = [
    None,
    True,
    2**53 - 1,
    0.1 + 0.2,
    1e300,
    "5",
    "ä😀\n",
    [1, [2, {"a": None}]],
    {"é": 1, "": 2},
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values_come_back_equal(executor: CodeExecutor, value: object) -> None:
    again = executor.execute("$value", "perl", inputs={"value": value}).raise_for_outcome().output

    assert (again, type(again)) == (value, type(value))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("9**9**9", float("inf")),
        ("1 << 62", 2**62),
        ("-(1 << 62)", -(2**62)),
        ("2**60", 2.0**60),
        ("0 * -1.5", -0.0),
    ],
)
def test_numbers_are_not_rounded(executor: CodeExecutor, source: str, value: object) -> None:
    made = executor.execute(source, "perl").raise_for_outcome().output

    assert (made, type(made)) == (value, type(value))
