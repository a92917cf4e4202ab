"""SQL, run by DuckDB in a Python worker: frames are tables, files are tables.

Lives in the kernel; describes, starts nothing. It needs the extra ``sql`` in the Python that runs
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from codeexec_magics.errors import LanguageUnavailable
from codeexec_magics.languages.language import Language
from codeexec_magics.languages.python.interpreters import command
from codeexec_magics.languages.python.preloading import learn, modules

__all__ = ["LANGUAGE"]


def _command(interpreter: str | None, environment: Mapping[str, str]) -> list[str]:
    """The worker's argv.

    Raises:
        LanguageUnavailable: There is no DuckDB, or no such Python.
    """
    # Another Python's libraries are not for this one to look at: there the runner says it.
    if interpreter is None and find_spec("duckdb") is None:
        raise LanguageUnavailable(
            'cannot run sql: DuckDB is not installed: pip install "codeexec_magics[sql]"'
        )
    return [*command(interpreter, environment), "--serve", "sql"]


def _modules(directory: str) -> list[str]:
    # It starts no thread when it is imported, so that it may be forked.
    return [*modules(directory), "duckdb"]


LANGUAGE = Language(
    name="sql",
    aliases=("duckdb",),
    suffixes=(".sql",),
    command=_command,
    takes_versions=True,
    modules=_modules,
    learn=learn,
    reads=frozenset({"python", "pickle"}),
    maps=False,
    standbys=1,
    settings={"db": "FILE"},
    environment={"PYTHONHASHSEED": "0"},
    syntax="sql",
    comment="--",
    probe="select 'DuckDB ' || version() as version",
)
"""The description of SQL."""
