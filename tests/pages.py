"""The README and the pages of ``docs/``: their fences, their tables, and what programs write there.

Imports nothing of the package, so that benchmarks can use it, too.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
_FENCE = re.compile(r"^(?:`([\w./-]+)`:\n\n)?```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def texts() -> dict[str, str]:
    """The text of every page by its name."""
    return {path.name: path.read_text(encoding="utf-8") for path in (README, *DOCS.glob("*.md"))}


def files(text: str) -> dict[str, str]:
    """The fences below a line that is a file's name."""
    return {name: body for name, _, body in _FENCE.findall(text) if name}


def install(text: str, folder: Path) -> None:
    """Put the files of a page into a folder, its package as if it were installed there."""
    for name, body in files(text).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(body, encoding="utf-8")
    if (folder / "pyproject.toml").exists():
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        metadata = folder / f"{project['name']}-{project['version']}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Name: {project['name']}\nVersion: 1\n")
        lines = [
            f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in entries.items())
            for group, entries in project["entry-points"].items()
        ]
        (metadata / "entry_points.txt").write_text("\n".join(lines))


def _fences(text: str, *languages: str) -> list[str]:
    return [body for name, word, body in _FENCE.findall(text) if not name and word in languages]


def cells(text: str) -> list[str]:
    """The cells of a page, in order: where one is a magic, every fence of a program is a cell."""
    fences = _fences(text, "python", "js", "ts", "sql", "bash", "r")
    return fences if any(body.startswith("%") for body in fences) else []


def programs(text: str) -> list[str]:
    """The Python programs of a page without cells."""
    return [] if cells(text) else _fences(text, "python")


def rows(text: str, heading: str) -> list[list[str]]:
    """The fields of the table whose first column has this heading."""
    table = text[text.index(f"\n| {heading} |") :].lstrip().split("\n\n")[0]
    return [[field.strip() for field in line.split("|")[1:-1]] for line in table.split("\n")[2:]]


def _parts(page: str, name: str) -> tuple[str, str, str]:
    """What stands before, between, and after the marks of a name, the marks not between."""
    text = (DOCS / page).read_text(encoding="utf-8")
    marks = rf"(<!-- {name}: [^\n]+ -->\n\n)(.*?)(\n\n<!-- end of {name} -->)"
    found = re.search(marks, text, re.DOTALL)
    if found is None:
        raise LookupError(f"docs/{page} has no marks of {name!r}")
    return text[: found.end(1)], found[2], text[found.start(3) :]


def written(page: str, name: str) -> str:
    """What a program has written into a page."""
    return _parts(page, name)[1]


def write(page: str, name: str, text: str) -> None:
    """Put what a program has measured into a page, between the marks of its name."""
    before, _, after = _parts(page, name)
    (DOCS / page).write_text(before + text.strip("\n") + after, encoding="utf-8")
