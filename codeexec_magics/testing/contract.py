"""One suite over all languages: what a program of any language may rely on.

Lives where tests run, in pytest. A package that brings a language has, in a test module of its own,

::

    class TestRuby(LanguageContract):
        dialect = Dialect(language="ruby", suffix=".rb", forty_two="6 * 7", …)
"""

from __future__ import annotations

from codeexec_magics.testing.failures import FailureContract
from codeexec_magics.testing.files import FileContract
from codeexec_magics.testing.processes import ProcessContract
from codeexec_magics.testing.values import ValueContract


class LanguageContract(ValueContract, FailureContract, FileContract, ProcessContract):
    """The tests; a subclass gives the programs.

    Attributes:
        dialect: The programs of the language under test.
    """
