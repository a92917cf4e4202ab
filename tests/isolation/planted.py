"""A kernel in a folder in which a sandboxed cell has put modules, which reads and draws values.

``python planted.py FOLDER MARKS``: reads the modules' names from stdin as JSON. Each of them leaves
a mark if it is run where it can write, that is, outside of a sandbox.
"""

from __future__ import annotations

import json
import os
import sys
from itertools import product
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

PLANT = '''
TEXT = """
import sys
try:
    with open(MARKS + "/" + __name__, "a") as file:
        import traceback
        file.write(open("/proc/self/cmdline").read().replace(chr(0), " ") + chr(10))
        traceback.print_stack(file=file)
except OSError:
    pass
raise ImportError("planted")
"""
for name in names:
    with open(name + ".py", "w") as file:
        file.write(TEXT.replace("MARKS", repr(marks)))
len(names)
'''
PROGRAMS = {
    "python": (
        "import datetime as d, zoneinfo as z; d.datetime(1, 1, 1, tzinfo=z.ZoneInfo('Asia/Aden'))",
        "import fractions; fractions.Fraction(1, 3)",
        "import decimal; decimal.Decimal('1.5')",
        "import uuid; uuid.UUID(int=5)",
        "import pathlib; pathlib.PurePosixPath('x')",
        "1/0",
    ),
    "js": (
        "new Date()",
        "[{a: 1, b: 'x'}, {a: 2, b: 'y'}]",
        "new Float64Array([1, 2])",
        "new Set([1])",
        "12345678901234567890123n",
        "throw new Error('x')",
    ),
}
CONVERTERS = ("pandas", "polars", "arrow", "numpy", "records")
CELLS = (
    "%load_ext codeexec_magics",
    "%%transform js --sandbox -o rows\n[{a: 1, b: 'x'}]",
    "%%transform js --sandbox -o frame -c pandas\n[{a: 1, when: new Date()}]",
    "%%transform js -i frame\nframe",
    "%%transform python --sandbox --timeout 1\nwhile True: pass",
    "%%transform js --sandbox --bg\n5",
    "%transform_ps",
)


def main() -> None:
    folder, marks = sys.argv[1:3]
    os.chdir(folder)
    names = json.load(sys.stdin)
    shell = InteractiveShell.instance()
    sys.path.insert(0, "")  # as a kernel has it
    from codeexec_magics import CodeExecutor
    from codeexec_magics.values.options import ExecutionOptions, Program

    with CodeExecutor() as executor:
        planted = executor.execute_python(PLANT, {"names": names, "marks": marks}, sandbox=True)
        assert planted.output == len(names), planted.error
        for language, sandbox in product(PROGRAMS, (True, False)):
            for program in PROGRAMS[language] if sandbox or language == "js" else ("1", "print(1)"):
                show(executor.execute(program, language, sandbox=sandbox))
        for converter in CONVERTERS:
            rows = PROGRAMS["js"][1]
            show(executor.execute(rows, "js", sandbox=True, converter=converter))
        show(executor.submit("1 + 1", sandbox=True))
        same = Program("def main(x): return x", "python", entry="main")
        show(executor.map(same, ExecutionOptions(sandbox=True), [1, 2, 3]))
    for cell in CELLS:  # after the rest: IPython, too, imports when something fails
        shell.run_cell(cell)
    assert {"numpy", "pandas", "polars", "pyarrow"} <= set(sys.modules)


def show(shown: Any) -> None:
    if hasattr(shown, "result"):
        shown = shown.result()
    shown._repr_mimebundle_()
    shown.to_dict()


if __name__ == "__main__":
    main()
