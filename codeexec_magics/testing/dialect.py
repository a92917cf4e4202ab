"""The same small programs, written in one language.

Lives where tests run.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Programs of one language; each does what its name says.

    A program that a language cannot have is left out; the tests that need it are skipped, by name.
    """

    language: str
    """The language's own name."""

    suffix: str
    forty_two: str
    no_value: str = ""
    transform: str = ""
    """``transform(inputs)`` adds the inputs ``a`` and ``b``."""
    async_transform: str = ""
    entry_beats_value: str = ""
    add_names: str = ""
    add_inputs: str = ""
    odd_input: str = ""
    """The input named ``not a name``."""
    redeclare: str = ""
    """Declare the input ``a`` anew as 7 and give it."""
    set_global: str = ""
    get_global: str = ""
    """Whether the global of `set_global` is there."""
    throw_on_line_3: str = ""
    throw_in_function: str = ""
    """`transform` throws "Test" on line 2."""
    nested_cause: str = ""
    """A "outer" whose cause is an "inner"."""
    import_beside: str = ""
    """The value of ``value`` in the module ``beside``."""
    beside: str = ""
    """A module with the value 42 in ``value`` and a function ``fail`` that throws on its line 3."""
    fail_beside: str = ""
    syntax_error: str = ""
    """On line 2."""
    await_top_level: str = ""
    both_streams: str = ""
    """"out" on stdout and "err" on stderr."""
    many_umlauts: str = ""
    """200,001 bytes: one ASCII letter, then two-byte letters."""
    ten_megabytes: str = ""
    endless: str = ""
    sleeping_child: str = ""
    """Start ``sleep 600`` and give 42."""
    exit_3: str = ""
    environment: str = ""
    """The variable ``CONTRACT_VARIABLE``, or nothing."""
    directory: str = ""
    identity: str = ""
    """The input ``value``."""
    function_value: str = ""
    """A function at ``result.f[1]`` (or ``result["f"][1]``)."""
    error: str = "Error: Test"
    """How the one line of the failure of `throw_in_function` ends."""
