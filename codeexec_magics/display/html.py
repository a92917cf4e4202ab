"""Draw a card as HTML.

Lives wherever a result is shown and owns nothing. One document serves all front ends: its words
stand in reading order, so that it reads well where a sanitizer drops the style, and folds by
``<details>``, which needs no id and no script. Everything is escaped at the leaf. Blank lines
inside are written as ``&#10;``: in Markdown one would end the HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from codeexec_magics.display import blocks as b
from codeexec_magics.display.graph import LARGEST, MARKS, layout_of, words_of
from codeexec_magics.display.style import style_of

LARGEST_CARD = 64_000
"""Bytes that a card may have, pictures and the user's own HTML not counted."""

_CODE = "cx1-c"
_BLANK_LINE = re.compile(r"\n(?=[ \t]*(?:\n|\Z))")
_SEPARATOR = "<i> · </i>"
_LEFT_OUT = "<p>… more, left out here: the card would be too large</p>"
_PARTS = {
    b.Plain: ("body",),
    b.Table: ("body", "scroll", "table"),
    b.Tree: ("body", "fold", "tree"),
    b.Picture: ("body", "picture"),
    b.Markup: ("body",),
    b.Foreign: ("body",),
    b.Headline: ("body", "failure"),
    b.Remark: ("body",),
    b.Excerpt: ("body", "scroll", "code"),
    b.Frames: ("body", "fold"),
    b.Stream: ("body", "fold"),
    b.Progress: ("body", "progress"),
    b.Graph: ("body", "graph"),
}


def html_of(card: b.Card) -> str:
    """The card as one HTML element with its style inside."""
    header = card.header
    parts = {"base", header.state, *(part for block in card.blocks for part in _parts(block))}
    body = "".join(_body(card.blocks))
    label = escape(f"{header.language} cell {header.word}")
    return (
        f'<div class="cx1 cx1-{header.state} mathjax_ignore tex2jax_ignore" role="group"'
        f' aria-label="{label}"><style>{style_of(parts)}</style>{_header(header)}'
        f"{f'<div class=cx1-b>{body}</div>' if body else ''}</div>"
    )


def escape(text: str) -> str:
    """Text for an element or a quoted attribute."""
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )


def _parts(block: b.Block) -> tuple[str, ...]:
    if not isinstance(block, b.Graph):
        return _PARTS[type(block)]
    tones = (MARKS[step.state][1] for step in block.steps if step.state)
    return (*_PARTS[b.Graph], *tones)


def _body(blocks: tuple[b.Block, ...]) -> Iterator[str]:
    size = 0
    for block in blocks:
        drawn = _DRAW[type(block)](block)
        if not isinstance(block, b.Picture | b.Markup):
            size += len(drawn.encode())
        if size > LARGEST_CARD - 8_000:
            yield _LEFT_OUT
            return
        yield drawn


def _header(header: b.Header) -> str:
    parts = [f"<b>{escape(header.word)}</b>", f"<code>{_leaf(header.language)}</code>"]
    if header.target:
        kind = f" {_leaf(header.type)}" if header.type else ""
        parts.append(f"<span>→ <code>{_leaf(header.target)}</code>{kind}</span>")
    elif header.type:
        parts.append(f"<span>{_leaf(header.type)}</span>")
    if header.detail:
        parts.append(f"<span>{_leaf(header.detail)}</span>")
    chip = f"<small class=cx1-v>{_SEPARATOR}{_leaf(header.chip)}</small>" if header.chip else ""
    return f"<div class=cx1-h>{_SEPARATOR.join(parts)}{chip}</div>"


def _leaf(text: str) -> str:
    """Text inside an element; quotes need no escape there."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pre(inner: str, name: str = "") -> str:
    # HTML swallows a line end right after the tag.
    inner = _BLANK_LINE.sub("&#10;", "\n" + inner if inner.startswith("\n") else inner)
    # An excerpt may scroll, and what scrolls is to be reached by the keyboard.
    scrolls = " tabindex=0" if name == _CODE else ""
    return f"<pre{f' class={name}' if name else ''}{scrolls}>{inner}</pre>"


def _clip(clip: b.Clip) -> str:
    lines = [_leaf(line) for line in clip.head]
    if clip.left_out:
        lines.append(f"<em>… {clip.left_out:,} lines left out here …</em>")
    return "\n".join([*lines, *map(_leaf, clip.tail)])


def _plain(block: b.Plain) -> str:
    return _pre(_clip(block.clip))


def _table(block: b.Table) -> str:
    head = "".join(map(_heading, block.columns))
    rows = zip(*(column.cells for column in block.columns), strict=True)
    body = "".join(f"<tr>{''.join(map(_cell, block.columns, row))}</tr>" for row in rows)
    name = escape(block.caption)
    head = f"<thead><tr>{head}</tr></thead>" if head else ""
    table = f'<table class=cx1-t aria-label="{name}">{head}<tbody>{body}</tbody></table>'
    scroller = f"<div class=cx1-w>{table}</div>" if head else ""
    return f"{scroller}<p>{_leaf(block.caption)}</p>"


def _heading(column: b.Column) -> str:
    dtype = f" <small>{_leaf(column.dtype)}</small>" if column.dtype else ""
    return f"<th scope=col{_side(column)}>{_leaf(column.name)}{dtype}</th>"


def _cell(column: b.Column, cell: b.Cell) -> str:
    text = f"<em>{_leaf(cell.text)}</em>" if cell.missing and cell.text else _leaf(cell.text)
    if column.label:
        return f"<th scope=row{_side(column)}>{text}</th>"
    return f"<td{_side(column)}>{text}</td>"


def _side(column: b.Column) -> str:
    return " class=r" if column.numeric else ""


def _tree(block: b.Tree) -> str:
    return f"<p>{_leaf(block.root.text)}</p>{_branch(block.root)}"


def _branch(node: b.Node) -> str:
    # What is alone in its level is what the reader has come for.
    alone = " open" if len(node.children) == 1 and not node.left_out else ""
    items = [f"<li>{_twig(child, alone)}</li>" for child in node.children]
    if node.left_out:
        items.append(f"<li>… {node.left_out:,} more</li>")
    return f"<ul>{''.join(items)}</ul>"


def _twig(node: b.Node, state: str) -> str:
    entry = f"<b>{_leaf(node.label)}:</b> {_leaf(node.text)}"
    if not node.children:
        return entry
    return f"<details{state}><summary>{entry}</summary>{_branch(node)}</details>"


def _picture(block: b.Picture) -> str:
    return f'<img src="data:{block.mime};base64,{block.data}" alt="{escape(block.alternative)}">'


def _markup(block: b.Markup) -> str:
    return f"<div>{block.html}</div>"


def _headline(block: b.Headline) -> str:
    message = _clip(block.message)
    return _pre(f"<b>{_leaf(block.type)}</b>{f': {message}' if message else ''}", "cx1-e")


def _remark(block: b.Remark) -> str:
    return f"<p>{_words(block)}</p>"


def _words(remark: b.Remark) -> str:
    code = f" <code>{_leaf(remark.code)}</code>" if remark.code else ""
    return _leaf(remark.text) + code


def _excerpt(block: b.Excerpt) -> str:
    digits = len(str(block.lines[-1].number))
    return _pre("".join(_line(line, digits) for line in block.lines).removesuffix("\n"), _CODE)


def _line(line: b.Line, digits: int) -> str:
    sign = "→" if line.failing else " "
    text = f"<i> {sign} {line.number:>{digits}}  </i>{''.join(_marked(line.segments))}"
    if not line.failing:
        return text + "\n"
    indent = " " * (digits + 5) + line.indent
    # Lines that a long value goes on in stand a little to the right of where it begins.
    hang = len(indent) + 2
    style = f"padding-left:{hang}ch;text-indent:-{hang}ch"
    values = "".join(
        f"<em style={style}>{indent}{_leaf(f'{name} = {value}')}\n</em>"
        for name, value in line.values
    )
    return f"<b>{text}\n</b>{values}"


def _marked(segments: tuple[b.Segment, ...]) -> Iterator[str]:
    for marked, run in groupby(segments, key=lambda segment: segment.marked):
        text = "".join(
            f"<span class={segment.kind}>{_leaf(segment.text)}</span>"
            if segment.kind
            else _leaf(segment.text)
            for segment in run
        )
        yield f"<mark>{text}</mark>" if marked else text


def _frames(block: b.Frames) -> str:
    items = "".join(f"<li>{_words(place)}</li>" for place in block.places)
    return f"<details><summary>{_leaf(block.summary)}</summary><ol>{items}</ol></details>"


def _stream(block: b.Stream) -> str:
    lines = f"{block.lines:,} line{'s' if block.lines != 1 else ''}"
    summary = f"<summary><b>{_leaf(block.name)}</b> {lines}</summary>"
    return (
        f"<details{' open' if block.unfolded else ''}>{summary}{_pre(_clip(block.clip))}</details>"
    )


def _progress(block: b.Progress) -> str:
    share = f" value={block.done:g} max={block.total:g}" if block.total else ""
    return f"<p><progress{share}></progress> {_leaf(block.text)}</p>"


def _graph(block: b.Graph) -> str:
    if len(block.steps) > LARGEST:
        return f"<ol class=cx1-l>{''.join(_step(step, '') for step in block.steps)}</ol>"
    layout = layout_of(block)
    places = {
        name: f' style="grid-area:{row}/{column}"' for name, (column, row) in layout.cells.items()
    }
    inputs = "".join(
        f"<li class=cx1-in{places[name]}><b>{_leaf(name)}</b> <small>input</small></li>"
        for name in block.inputs
    )
    steps = "".join(_step(step, places[step.name]) for step in block.steps)
    lines = (
        f"<svg width={layout.width} height={layout.height} aria-hidden=true>"
        f'<path d="{layout.path}"/></svg>'
    )
    return f"<div class=cx1-g>{lines}<ol>{inputs}{steps}</ol></div>"


def _step(step: b.GraphStep, place: str) -> str:
    sign, tone = MARKS.get(step.state, ("", "off"))
    name = f"{sign} {step.name}".lstrip()
    words = " · ".join(word for word in (step.language, words_of(step.state)) if word)
    needs = f"<i> ← {_leaf(', '.join(step.needs))}</i>" if step.needs else ""
    note = f"<i> ({_leaf(step.note)})</i>" if step.note else ""
    title = f' title="{escape(step.note or step.name)}"'
    return (
        f"<li class=cx1-{tone}{place}{title}><b>{_leaf(name)}</b>"
        f" <small>{_leaf(words)}</small>{needs}{note}</li>"
    )


_DRAW: dict[type, Callable[[Any], str]] = {
    b.Plain: _plain,
    b.Table: _table,
    b.Tree: _tree,
    b.Picture: _picture,
    b.Markup: _markup,
    b.Foreign: lambda block: _pre(_clip(block.alternative)),
    b.Headline: _headline,
    b.Remark: _remark,
    b.Excerpt: _excerpt,
    b.Frames: _frames,
    b.Stream: _stream,
    b.Progress: _progress,
    b.Graph: _graph,
}
