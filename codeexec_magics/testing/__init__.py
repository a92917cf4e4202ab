"""For packages that bring a language: the contract that every language is held to, as tests.

Lives where tests run; needs pytest. ``LanguageContract`` is subclassed with a `Dialect`.
"""

import pytest

pytest.register_assert_rewrite(
    *(f"{__name__}.{part}" for part in ("suite", "values", "failures", "files", "processes"))
)

from codeexec_magics.testing.contract import LanguageContract  # noqa: E402 - rewritten now
from codeexec_magics.testing.dialect import Dialect  # noqa: E402

__all__ = ["Dialect", "LanguageContract"]
