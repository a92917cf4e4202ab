"""Modules found from outside of folders that programs may write to: imports, and questions."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from codeexec_magics.protocol.imports import imports_from_outside


def test_a_library_may_ask_for_a_module_that_is_not_there() -> None:
    with imports_from_outside():
        assert importlib.util.find_spec("no_such_module_of_anyone") is None
        with pytest.raises(ModuleNotFoundError, match="no_such_module_of_anyone"):
            importlib.import_module("no_such_module_of_anyone")


def test_the_magics_are_imported_where_ipython_is_not_yet() -> None:
    """IPython asks for modules of others while it is imported."""
    done = subprocess.run(
        [sys.executable, "-c", "import codeexec_magics.magics"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
