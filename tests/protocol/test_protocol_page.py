"""What PROTOCOL.md says, and the JavaScript runner repeats, is what the code does."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

import codeexec_magics
from codeexec_magics.data import Arena, decode
from codeexec_magics.errors import DecodingFailed
from codeexec_magics.languages.javascript import LANGUAGE
from codeexec_magics.protocol import numbers

PACKAGE = Path(codeexec_magics.__file__).parent
PAGE = (PACKAGE / "protocol" / "PROTOCOL.md").read_text(encoding="utf-8")
RUNNER = PACKAGE / "languages" / "javascript" / "runner"
NUMBERS = {
    name: int(value)
    for name, value in vars(numbers).items()
    if isinstance(value, int) and name.isupper()
}
IN_JAVASCRIPT = {
    "VERSION", "CONTROL", "INPUTS", "OUTPUTS", "STOP", "LARGEST_FRAME", "LARGEST_INLINE",
    "LARGEST_INLINE_BYTES", "ALIGNMENT", "DEEPEST", "LOST_DESCRIPTOR", "UNUSABLE", "RESULTS",
}  # fmt: skip
CONSTANT = re.compile(r"^const ([A-Z_]+) = ([\d_ *]+);$", re.MULTILINE)


def value_of(text: str) -> int:
    """A number as JavaScript writes it, or a product of numbers."""
    product = 1
    for factor in text.split("*"):
        product *= int(factor)
    return product


def test_the_javascript_runner_has_the_same_numbers() -> None:
    written = [
        (name, value_of(text), path.name)
        for path in sorted(RUNNER.rglob("*.js"))
        for name, text in CONSTANT.findall(path.read_text(encoding="utf-8"))
        if name in NUMBERS
    ]

    assert {name for name, _, _ in written} == IN_JAVASCRIPT
    assert [entry for entry in written if entry[1] != NUMBERS[entry[0]]] == []


def test_the_entry_of_the_python_runner_has_the_same_number() -> None:
    """It must be read by a Python that is too old to import the table."""
    entry = (PACKAGE / "languages" / "python" / "runner" / "__main__.py").read_text()

    assert f"_WRONG_RUNTIME = {numbers.WRONG_RUNTIME}\n" in entry


def test_the_page_names_the_descriptors() -> None:
    rows = re.findall(r"^\| (\d(?:, \d)?) \| (\w+)", PAGE, re.MULTILINE)

    assert {name.lower(): number for number, name in rows} == {
        "stdout": f"{numbers.STDOUT}, {numbers.STDERR}",
        "control": str(numbers.CONTROL),
        "inputs": str(numbers.INPUTS),
        "outputs": str(numbers.OUTPUTS),
        "stop": str(numbers.STOP),
    }


def kinds() -> list[tuple[str, bool, bool]]:
    """The tags of the page's table, and whether Python and JavaScript read them."""
    table = PAGE[PAGE.index("| `$` |") :].split("\n\n")[0].splitlines()[2:]
    found = []
    for line in table:
        cells = [cell.strip() for cell in re.split(r"(?<!`)\|(?!b1)", line.strip("|"))]
        tags = re.findall(r"`(\w+)`", cells[0])
        found += [
            (tag, not cells[2].startswith("–"), not cells[3].startswith(("–", "refused")))
            for tag in tags
        ]
    return found


def reads_in_python(tag: str) -> bool:
    arena = Arena.create("test")
    node = {"codec": "tree", "inline": {"$": tag}}
    try:
        decode(node, arena, allow_pickle=True, root="result")
    except DecodingFailed as error:
        return "no value is tagged" not in str(error)
    finally:
        arena.close()
    return True


@pytest.fixture(scope="module")
def javascript_reads() -> dict[str, bool]:
    program = """
const { decode } = require(process.argv[1]);
const reads = (tag) => {
  try {
    decode({ codec: 'tree', inline: { $: tag } }, '{"$":');
  } catch (error) {
    // A reader that misses a field throws an Error, whose message is no function.
    return typeof error.message !== 'function' || !error.message('').includes('is of a kind');
  }
  return true;
};
console.log(JSON.stringify(JSON.parse(process.argv[2]).map((tag) => [tag, reads(tag)])));
"""
    node = LANGUAGE.command(None, {})[0]
    tags = json.dumps([tag for tag, _, _ in kinds()])
    command = [node, "-e", program, str(RUNNER / "values" / "decode.js"), tags]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_the_table_of_kinds_is_what_python_reads() -> None:
    said = {tag: python for tag, python, _ in kinds()}

    assert {tag: reads_in_python(tag) for tag in said} == said


def test_the_table_of_kinds_is_what_javascript_reads(javascript_reads: dict[str, bool]) -> None:
    # A field is read within its table, and nowhere else.
    said = {tag: javascript and tag != "field" for tag, _, javascript in kinds()}

    assert javascript_reads == said


def test_no_other_kind_is_read() -> None:
    assert not reads_in_python("nonsense")
