"""Values as JSON, exactly: the tree of tagged nodes of PROTOCOL.md, written and read.

Plain code of the standard library that runs on Python 3.9, in the kernel and in the child. The
scalars' forms are in `scalars`. `TreeWriter` and `TreeReader` hold what the wire and
`codeexec_magics.protocol.jsonable` have in common; `codeexec_magics.data` adds what needs an arena.
"""

from __future__ import annotations

import json
import re
import reprlib
from typing import Any, NoReturn

from ..errors import DecodingFailed, EncodingFailed
from .numbers import DEEPEST
from .scalars import (
    READERS,
    float_node,
    full_type_name,
    integer_node,
    is_unicode,
    kind_of,
    text_node,
)

LONGEST_TEXT = 10_000
"""Characters that `safe_text` keeps of a string or of what a ``repr`` returned."""

LEAVES = frozenset({str, int, float, bool, type(None)})
"""The types of JSON's own scalars."""

_LONGEST_PATH = 20
_WORTH_HASHING = 2_000
_MOST_COMPARISONS = 4_000_000
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")  # differs from run to run, and says nothing
_MOST_ITEMS = 2**32 - 1
"""Of an Array of JavaScript."""
FLAT: dict[type, str] = {tuple: "tuple", set: "set", frozenset: "frozenset"}
"""The containers that are tagged lists, with their tags."""

_BUILDERS = {tag: cls for cls, tag in FLAT.items()}


def safe_text(value: object) -> str:
    """A bounded ``repr`` that never raises; only a real interrupt passes."""
    brief = reprlib.Repr()
    brief.maxother = brief.maxstring = LONGEST_TEXT
    try:
        text = brief.repr(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 (a user's __repr__ may raise anything)
        return f"<{full_type_name(value)} whose repr raises {type(error).__name__}>"
    return text if is_unicode(text) else text.encode("utf-8", "backslashreplace").decode()


def safe_error(error: BaseException) -> str:
    """The text of an exception of user code, whose ``__str__`` may raise in turn."""
    try:
        return _ADDRESS.sub("", str(error))
    except Exception as another:  # noqa: BLE001 (a user's __str__ may raise anything)
        return f"(its text raises {type(another).__name__})"


def is_panic(error: BaseException) -> bool:
    """Whether it is what libraries written in Rust raise where they fail: it is no Exception."""
    return type(error).__name__ == "PanicException"


class Path:
    """Where a value stands, as the user would write it: ``inputs.rows[3].when``.

    Parts are only formatted when somebody asks, which is when something failed.
    """

    __slots__ = ("parts", "root")

    def __init__(self, root: str) -> None:
        self.root = root
        self.parts: list[tuple[str, Any]] = []

    def __str__(self) -> str:
        shown = self.parts
        if len(shown) > _LONGEST_PATH:
            shown = [*shown[: _LONGEST_PATH - 3], ("…", None), *shown[-2:]]
        return self.root + "".join(_part(how, what) for how, what in shown)


def _part(how: str, what: Any) -> str:
    if how != "key":
        return how.format(what)
    if type(what) is not str:
        return f"[{_ADDRESS.sub('', safe_text(what))[:100]}]"
    return f".{what}" if what.isidentifier() else f"[{json.dumps(what, ensure_ascii=False)}]"


class TreeWriter:
    """Turns one value into a node; a writer serves once.

    Args:
        root: The word that paths begin with.
    """

    def __init__(self, root: str) -> None:
        self.path = Path(root)
        self._open: set[int] = set()

    def node(self, value: Any) -> Any:
        """The node of a value.

        Raises:
            EncodingFailed: It has none; ``path`` says where it stands.
        """
        cls = type(value)
        if cls is str:
            return text_node(value)
        if cls is int:
            return integer_node(value)
        if cls is float:
            return float_node(value)
        if value is None or cls is bool:
            return value
        if cls is list or cls is dict or cls in FLAT:
            return self.container(value, cls)
        return self.scalar(value)

    def scalar(self, value: Any) -> Any:
        """The node of a value that is no container and no kind of JSON's own."""
        kind = kind_of(value)
        fields = kind.write(value) if kind else None
        if kind is None or fields is None:
            return self.other(value)
        return {"$": kind.tag, **fields}

    def other(self, value: Any) -> Any:
        """The node of a value of no known kind; for subclasses to widen."""
        self.refuse(value, "cannot be sent", "turn it into plain data first")

    def container(self, value: Any, cls: type) -> Any:
        """The node of an exact list, dict, tuple, set or frozenset."""
        identity = id(value)
        if identity in self._open:
            self.refuse(value, "contains itself", "break the cycle")
        if len(self._open) >= DEEPEST:
            self.refuse(value, f"is nested deeper than {DEEPEST} levels", "flatten it")
        self._open.add(identity)
        nodes = self._pairs(value) if cls is dict else self._items(value)
        self._open.discard(identity)
        if cls is list or cls is dict:
            return nodes
        return {"$": FLAT[cls], "v": nodes}

    def refuse(self, value: Any, why: str, way_out: str) -> NoReturn:
        """Fail with the present path, the value's type, the reason and a way out.

        Raises:
            EncodingFailed: Always.
        """
        path = str(self.path)
        raise EncodingFailed(f"{path} ({full_type_name(value)}) {why}; {way_out}", path=path)

    def _items(self, values: Any) -> list[Any]:
        parts, nodes = self.path.parts, []
        for index, value in enumerate(values):
            parts.append(("[{}]", index))
            nodes.append(self.node(value))
            parts.pop()
        return nodes

    def _pairs(self, mapping: dict[Any, Any]) -> Any:
        parts = self.path.parts
        plain = "$" not in mapping
        pairs = []
        for key, value in mapping.items():
            plain = plain and type(key) is str and is_unicode(key)
            parts.append(("key", key))
            pairs.append((key, self.node(value)))
            parts.pop()
        if plain and _keeps_order(list(mapping)):
            return dict(pairs)
        parts.append((".keys()", None))
        tagged = [[self.node(key), node] for key, node in pairs]
        parts.pop()
        return {"$": "dict", "v": tagged}


def is_index(key: str) -> bool:
    """Whether a key looks like an index of an Array: JavaScript has such keys before all others."""
    return key.isascii() and key.isdigit() and str(int(key[:11])) == key and int(key) < _MOST_ITEMS


def _keeps_order(keys: list[str]) -> bool:
    """Whether JavaScript would have the keys of an object in this order."""
    indexes = [key for key in keys if key[:1].isdigit() and is_index(key)]
    return not indexes or keys[: len(indexes)] == sorted(indexes, key=int)


class TreeReader:
    """Turns one node into the value; everything it reads is untrusted.

    Args:
        root: The word that paths begin with.
    """

    def __init__(self, root: str) -> None:
        self.path = Path(root)

    def read(self, node: object) -> Any:
        """The value of a node.

        Raises:
            DecodingFailed: The node is malformed; ``path`` says where.
        """
        try:
            return self.value(node)
        except RecursionError:
            self.path.parts.clear()
            self.refuse("it is nested too deeply")
        except Exception as error:  # noqa: BLE001 (what is read is untrusted: it may be anything)
            self.refuse(f"{type(error).__name__}: {safe_error(error)}", error)

    def value(self, node: Any) -> Any:
        """The value of a node; raises whatever reading it raises."""
        cls = type(node)
        if cls is list:
            return self._items(node)
        if cls is dict:
            return self.tagged(node) if "$" in node else self._mapping(node)
        if cls in LEAVES:
            return node
        raise TypeError(f"{cls.__name__} is not of JSON")

    def other(self, tag: str, node: dict[str, Any]) -> Any:
        """The value of a node with a tag that is no scalar's; for subclasses to widen."""
        raise ValueError(f"no value is tagged {tag!r}")

    def refuse(self, why: str, cause: BaseException | None = None) -> NoReturn:
        """Fail with the present path and the reason.

        Raises:
            DecodingFailed: Always.
        """
        path = str(self.path)
        raise DecodingFailed(f"{path} cannot be read: {why}", path=path) from cause

    def _items(self, nodes: list[Any]) -> list[Any]:
        if LEAVES.issuperset(map(type, nodes)):
            return nodes[:]
        parts, values = self.path.parts, []
        for index, node in enumerate(nodes):
            parts.append(("[{}]", index))
            values.append(self.value(node))
            parts.pop()
        return values

    def _mapping(self, nodes: dict[str, Any]) -> dict[str, Any]:
        if LEAVES.issuperset(map(type, nodes.values())):
            return nodes.copy()
        parts, values = self.path.parts, {}
        for key, node in nodes.items():
            parts.append(("key", key))
            values[key] = self.value(node)
            parts.pop()
        return values

    def tagged(self, node: dict[str, Any]) -> Any:
        """The value of an object with a tag; raises whatever reading it raises."""
        tag = node["$"]
        if type(tag) is not str:
            raise TypeError("a tag is text")
        if tag in READERS:
            return READERS[tag].read(node)
        if tag in _BUILDERS or tag == "dict":
            nodes = node["v"]
            if type(nodes) is not list:
                raise TypeError(f"the items of a {tag} are a list")
            values = self._items(nodes)
            if tag == "dict":
                return _dictionary(values)
            if tag != "tuple":
                check_hashes(values)
            return _BUILDERS[tag](values)
        return self.other(tag, node)


def check_hashes(keys: list[Any]) -> None:
    """Refuse keys so many of which have the same hash that a table of them takes for ever.

    Numbers can be chosen so; each of them is compared with all that came before.

    Raises:
        ValueError: There are too many such.
    """
    if len(keys) < _WORTH_HASHING or all(type(key) is str for key in keys):
        return
    counts: dict[int, int] = {}
    for key in keys:
        hashed = hash(key)
        counts[hashed] = counts.get(hashed, 0) + 1
    if sum(count * count for count in counts.values()) > _MOST_COMPARISONS + 100 * len(keys):
        raise ValueError("too many of its items have the same hash")


def _dictionary(pairs: list[Any]) -> dict[Any, Any]:
    if not all(type(pair) is list and len(pair) == 2 for pair in pairs):
        raise TypeError("the items of a dict are pairs")
    check_hashes([pair[0] for pair in pairs])
    return dict(pairs)
