"""Python: the description of the language; the runner beside it is loaded in the child only.

Lives in the kernel.
"""

from __future__ import annotations

from codeexec_magics.languages.language import Language
from codeexec_magics.languages.python.crashes import crash_trace
from codeexec_magics.languages.python.interpreters import command
from codeexec_magics.languages.python.preloading import learn, modules
from codeexec_magics.languages.python.search_path import followed
from codeexec_magics.languages.python.source import check, decode, describe

LANGUAGE = Language(
    name="python",
    aliases=("py", "python3"),
    suffixes=(".py",),
    command=command,
    extract=crash_trace,
    learn=learn,
    modules=modules,
    reads=frozenset({"python", "pickle"}),
    takes_versions=True,
    describe=describe,
    more=followed,
    decode=decode,
    check=check,
    probe='import sys; f"{sys.version.split()[0]}, {sys.executable}"',
    # The order of sets must not change from run to run, or no output could be compared.
    environment={"PYTHONHASHSEED": "0"},
    syntax="python",
)
