"""Draw a card as text, for terminals, logs and paper.

Lives wherever a result is shown and owns nothing. The same blocks as in HTML, in the same order;
colours, where wanted, are the sixteen that every terminal's theme defines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from codeexec_magics.display import blocks as b
from codeexec_magics.display.graph import MARKS, words_of
from codeexec_magics.display.wording import cut, width

_WIDEST_CELL = 32
_STATES = {"ok": "32", "bad": "31", "warn": "33", "stop": "33", "run": "34"}
_KINDS = {"k": "35", "s": "32", "n": "33", "f": "34", "c": "2"}
_STRONG = "1"
_MUTED = "2"
_MARKED = "4"


def text_of(card: b.Card, *, colour: bool = False) -> str:
    """The card as text without a line end at its end."""
    draw = Painter(card.header.state, colour=colour)
    return "\n".join([draw.header(card.header), *draw.body(card.blocks)])


class Painter:
    """Draws blocks as lines of text.

    Args:
        state: The header's state, which chooses the colour that stands out.
        colour: Whether to use ANSI colours.
    """

    def __init__(self, state: str, *, colour: bool) -> None:
        self._state = _STATES[state]
        self._colour = colour

    def header(self, header: b.Header) -> str:
        """The card's first line."""
        value = header.type
        if header.target:
            value = f"→ {header.target} {header.type}".rstrip()
        parts = [header.language, *(part for part in (value, header.detail) if part)]
        rest = "".join(f" · {part}" for part in parts)
        chip = f"  ({header.chip})" if header.chip else ""
        word = self._paint(header.word, f"{_STRONG};{self._state}")
        return f"{word}{rest}{self._paint(chip, _MUTED)}"

    def body(self, blocks: Iterable[b.Block]) -> Iterator[str]:
        """The lines of blocks; an empty one stands before each cause and member of a group."""
        written = list(blocks)
        for position, block in enumerate(written):
            follower = written[position + 1] if position + 1 < len(written) else None
            if position and isinstance(block, b.Remark) and isinstance(follower, b.Headline):
                yield ""
            yield from _DRAW[type(block)](self, block)

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and text and code else text

    def _clip(self, clip: b.Clip) -> Iterator[str]:
        yield from clip.head
        if clip.left_out:
            yield self._paint(f"… {clip.left_out:,} lines left out here …", _MUTED)
        yield from clip.tail

    def _table(self, table: b.Table) -> Iterator[str]:
        columns = [_written(column) for column in table.columns]
        for row, texts in enumerate(zip(*columns, strict=True)):
            line = "  ".join(texts).rstrip()
            if line or row > 1:
                yield self._paint(line, (_STRONG, _MUTED)[row] if row < 2 else "")
        yield self._paint(table.caption, _MUTED)

    def _tree(self, tree: b.Tree) -> Iterator[str]:
        yield self._paint(tree.root.text, _MUTED)
        yield from self._branch(tree.root, "  ")

    def _branch(self, node: b.Node, indent: str) -> Iterator[str]:
        for child in node.children:
            yield f"{indent}{self._paint(f'{child.label}:', _MUTED)} {child.text}"
            yield from self._branch(child, indent + "  ")
        if node.left_out:
            yield f"{indent}{self._paint(f'… {node.left_out:,} more', _MUTED)}"

    def _headline(self, block: b.Headline) -> Iterator[str]:
        lines = list(self._clip(block.message))
        kind = self._paint(block.type, f"{_STRONG};{self._state}")
        yield f"{kind}: {lines[0]}" if lines and lines[0] else kind
        yield from lines[1:]

    def _excerpt(self, excerpt: b.Excerpt) -> Iterator[str]:
        digits = len(str(excerpt.lines[-1].number))
        for line in excerpt.lines:
            yield from self._line(line, digits)

    def _line(self, line: b.Line, digits: int) -> Iterator[str]:
        sign = "→" if line.failing else " "
        gutter = f" {sign} {line.number:>{digits}}  "
        code = "".join(self._segment(segment) for segment in line.segments)
        style = f"{_STRONG};{self._state}" if line.failing else _MUTED
        yield f"{self._paint(gutter, style)}{code}".rstrip()

        below = " " * len(gutter)
        pointer = _pointer(line.segments)
        if pointer:
            yield below + self._paint(pointer, self._state)
        for name, value in line.values:
            yield below + line.indent + self._paint(f"{name} = {value}", _MUTED)

    def _segment(self, segment: b.Segment) -> str:
        codes = [_KINDS[segment.kind]] if segment.kind else []
        return self._paint(segment.text, ";".join([*codes, _MARKED] if segment.marked else codes))

    def _frames(self, block: b.Frames) -> Iterator[str]:
        yield self._paint(block.summary, _MUTED)
        for place in block.places:
            yield f"  {_words(place)}"

    def _stream(self, block: b.Stream) -> Iterator[str]:
        lines = f"{block.lines:,} line{'s' if block.lines != 1 else ''}"
        yield f"{self._paint(block.name, _STRONG)} {self._paint(lines, _MUTED)}"
        for line in self._clip(block.clip):
            yield f"  {line}".rstrip()

    def _graph(self, graph: b.Graph) -> Iterator[str]:
        names = [cut(step.name, _WIDEST_CELL) for step in graph.steps]
        words = [_step_words(step) for step in graph.steps]
        name_width = max(map(width, names), default=0)
        word_width = max(map(width, words), default=0)
        for step, name, told in zip(graph.steps, names, words, strict=True):
            sign, tone = MARKS.get(step.state, (" ", ""))
            sign = self._paint(sign, _STATES.get(tone, _MUTED))
            needs = f"← {', '.join(step.needs)}" if step.needs else ""
            note = f"({step.note})" if step.note else ""
            rest = "  ".join(part for part in (needs, note) if part)
            told += " " * (word_width - width(told))
            line = f"{name}{' ' * (name_width - width(name))}  {told}  {rest}"
            yield f"  {sign} {line}".rstrip()


def _step_words(step: b.GraphStep) -> str:
    return " · ".join(word for word in (step.language, words_of(step.state)) if word)


def _words(remark: b.Remark) -> str:
    return f"{remark.text} {remark.code}" if remark.code else remark.text


def _pointer(segments: tuple[b.Segment, ...]) -> str:
    """The line of carets below a line of code; tabs stay tabs, so that it falls into place."""
    if not any(segment.marked for segment in segments):
        return ""
    line = ""
    for segment in segments:
        for character in segment.text:
            sign = "^" if segment.marked else " "
            line += "\t" if character == "\t" else sign * width(character)
    return line.rstrip()


def _written(column: b.Column) -> list[str]:
    texts = [column.name, column.dtype, *(cell.text for cell in column.cells)]
    texts = [cut(text, _WIDEST_CELL) for text in texts]
    widest = max(width(text) for text in texts)
    blanks = (" " * (widest - width(text)) for text in texts)
    if column.numeric:
        return [blank + text for text, blank in zip(texts, blanks, strict=True)]
    return [text + blank for text, blank in zip(texts, blanks, strict=True)]


_DRAW: dict[type, Callable[[Painter, Any], Iterable[str]]] = {
    b.Plain: lambda painter, block: painter._clip(block.clip),
    b.Table: Painter._table,
    b.Tree: Painter._tree,
    b.Picture: lambda painter, block: [painter._paint(f"[{block.alternative}]", _MUTED)],
    b.Markup: lambda painter, block: painter._clip(block.alternative),
    b.Foreign: lambda painter, block: painter._clip(block.alternative),
    b.Headline: Painter._headline,
    b.Remark: lambda painter, block: [painter._paint(_words(block), _MUTED)],
    b.Excerpt: Painter._excerpt,
    b.Frames: Painter._frames,
    b.Stream: Painter._stream,
    b.Progress: lambda _, block: [block.text],
    b.Graph: Painter._graph,
}
"""Not bound to a painter: it would hold itself, and with it all that it draws."""
