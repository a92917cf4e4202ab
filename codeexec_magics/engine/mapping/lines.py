"""What several workers print, as one text: whole lines, in the order in which they end.

Lives in the kernel, in the thread that executes. Owns the kept text of the map.
"""

from __future__ import annotations

from collections.abc import Callable

from codeexec_magics.engine.streams import Kept

_LONGEST = 65_536
"""Characters of a line that are held back until the line ends."""


class Lines:
    """The text of all workers on one stream.

    Args:
        name: ``stdout`` or ``stderr``.
        kept: How many characters are kept.
        output: Called with the name and each batch of text; may be None.
    """

    def __init__(self, name: str, kept: int, output: Callable[[str, str], None] | None) -> None:
        self._name = name
        self._kept = Kept(kept)
        self._output = output
        self._begun: dict[int, str] = {}

    def taker(self, worker: int) -> Callable[[str, str], None]:
        """What takes the text of one worker.

        Args:
            worker: Any number that no other worker has.
        """

        def take(_: str, text: str) -> None:
            text = self._begun.pop(worker, "") + text
            end = text.rfind("\n") + 1
            if len(text) - end > _LONGEST:
                end = len(text)
            if end < len(text):
                self._begun[worker] = text[end:]
            self._pass_on(text[:end])

        return take

    def end(self, worker: int) -> None:
        """A worker has ended: its last line is complete."""
        self._pass_on(self._begun.pop(worker, ""))

    def text(self) -> str:
        """What is kept; may be asked by any thread."""
        return self._kept.text()

    def _pass_on(self, text: str) -> None:
        if text:
            self._kept.add(text)
            if self._output is not None:
                self._output(self._name, text)
