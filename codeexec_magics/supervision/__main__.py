"""The entry of the supervisor's process: ``python -I -S <this file> FD OWNER SESSION [EMPLOYER]``.

It sees the standard library and this package's folder only: the package is put in place by its
path, without running its ``__init__``, and without a place on ``sys.path``.
"""

import os
import sys
import types

_package = types.ModuleType("codeexec_magics")
_package.__path__ = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]
sys.modules["codeexec_magics"] = _package

from codeexec_magics.supervision.supervisor import main  # noqa: E402 - the package is there now

main(sys.argv[1:])
