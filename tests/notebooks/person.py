"""Run notebooks as a person does, and save them: ``python person.py NOTEBOOK…``.

The requests say that somebody is there to answer ``input()``, as JupyterLab's do, so that cards
show their figures and programs that go on show their live slots.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.util import run_sync


class Person(NotebookClient):
    """A client with a person before it."""

    async def async_start_new_kernel_client(self):
        client = await super().async_start_new_kernel_client()
        client.allow_stdin = True
        return client

    start_new_kernel_client = run_sync(async_start_new_kernel_client)


def run_and_save(path: Path) -> None:
    """Run all cells in the notebook's folder, and write the outputs into its file."""
    notebook = nbformat.read(path, as_version=4)
    Person(notebook, resources={"metadata": {"path": str(path.parent)}}).execute()
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        run_and_save(Path(name))
