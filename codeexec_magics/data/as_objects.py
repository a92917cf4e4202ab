"""Everyday objects for a Python that takes no pickles, each told by its type and its parts.

Used in the kernel and in a Python child. A reader builds only what is listed here, by the types'
own constructors; a member of an enumeration is looked up in a module that is loaded already.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..protocol.scalars import type_module, type_name
from ..protocol.times import text_of

if TYPE_CHECKING:
    from .reader import Reader
    from .writer import Writer

_FACTORIES = ("list", "dict", "set", "int", "float", "str", "tuple", "bool")
_UNITS = ("s", "ms", "us", "ns")


def node(encoder: Writer, value: Any) -> Any:
    """The node of an object; None if it is none of those that are known here."""
    name = _known_name(value)
    if name is not None:
        parts = _WRITERS[name](encoder, value)
        return None if parts is None else {"$": "object", "type": name, **parts}
    enum = getattr(sys.modules.get("enum"), "Enum", ())
    if not issubclass(type(value), enum):
        return None
    # A number or text of a class that only the writer has still equals its value.
    is_plain = issubclass(type(value), (int, str))
    return _member(value) or (encoder.node(value.value) if is_plain else None)


def _known_name(value: Any) -> str | None:
    """The name of an exact instance of a class that stands in its library."""
    cls = type(value)
    for library, names in _LIBRARIES.items():
        module = sys.modules.get(library)
        for name in names if module is not None else ():
            found = getattr(module, name, None)
            if found is cls or (found is value and found is not None):
                return name
    return None


def value(decoder: Reader, node: dict[str, Any]) -> Any:
    """The object of a node.

    Raises:
        Exception: It is malformed, or its library is missing.
    """
    name = text_of(node, "type")
    if name == "enum":
        return _read_member(node)
    if name not in _READERS:
        raise ValueError(f"no object is a {name!r}")
    return _READERS[name](decoder, node)


def _write_dict(encoder: Writer, value: Any) -> dict[str, Any]:
    return {"v": encoder.container(dict(value), dict)}


def _write_defaultdict(encoder: Writer, value: Any) -> dict[str, Any] | None:
    factory = value.default_factory
    if factory is None:
        return _write_dict(encoder, value)
    if type(factory) is not type or factory.__module__ != "builtins":
        return None
    if factory.__name__ not in _FACTORIES:
        return None
    return {**_write_dict(encoder, value), "factory": factory.__name__}


def _write_deque(encoder: Writer, value: Any) -> dict[str, Any]:
    return {"v": encoder.container(list(value), list), "most": value.maxlen}


def _write_timestamp(encoder: Writer, value: Any) -> dict[str, Any] | None:
    from .arrow import zones

    zone = None if value.tz is None else zones.node(value.tz)
    if value.tz is not None and zone is None:
        return None
    return {**_ticks(value.to_datetime64()), "zone": zone}


def _write_timedelta(encoder: Writer, value: Any) -> dict[str, Any]:
    return _ticks(value.to_timedelta64())


def _ticks(value: Any) -> dict[str, Any]:
    unit = sys.modules["numpy"].datetime_data(value.dtype)[0]
    return {"v": str(int(value.view("i8"))), "unit": unit}


def _write_text(encoder: Writer, value: Any) -> dict[str, Any]:
    return {"v": encoder.node(value.item())}


def _nothing(encoder: Writer, value: Any) -> dict[str, Any]:
    return {}


_LIBRARIES = {
    "collections": ("Counter", "OrderedDict", "defaultdict", "deque"),
    "numpy": ("str_", "bytes_"),
    "pandas": ("Timestamp", "Timedelta", "NaT", "NA"),
}
_WRITERS: dict[str, Any] = {
    "Counter": _write_dict,
    "OrderedDict": _write_dict,
    "defaultdict": _write_defaultdict,
    "deque": _write_deque,
    "str_": _write_text,
    "bytes_": _write_text,
    "Timestamp": _write_timestamp,
    "Timedelta": _write_timedelta,
    "NaT": _nothing,
    "NA": _nothing,
}


def _read_collection(decoder: Reader, node: dict[str, Any]) -> Any:
    name = node["type"]
    items = decoder.value(node["v"])
    if type(items) is not dict:
        raise TypeError(f"a {name} is a dict")
    cls = getattr(import_module("collections"), name)
    if name != "defaultdict":
        return cls(items)
    factory = node.get("factory")
    if factory is not None and factory not in _FACTORIES:
        raise ValueError("a dict has no such default")
    return cls(None if factory is None else getattr(import_module("builtins"), factory), items)


def _read_deque(decoder: Reader, node: dict[str, Any]) -> Any:
    items, most = decoder.value(node["v"]), node.get("most")
    if type(items) is not list or (most is not None and type(most) is not int):
        raise TypeError("a deque is a list")
    return import_module("collections").deque(items, most)


def _read_timestamp(decoder: Reader, node: dict[str, Any]) -> Any:
    from .arrow import zones

    made = _pandas().Timestamp(_from_ticks(node, "M8"))
    if node.get("zone") is None:
        return made
    return made.tz_localize("UTC").tz_convert(zones.value(node["zone"]))


def _read_timedelta(decoder: Reader, node: dict[str, Any]) -> Any:
    return _pandas().Timedelta(_from_ticks(node, "m8"))


def _from_ticks(node: dict[str, Any], kind: str) -> Any:
    if node["unit"] not in _UNITS:
        raise ValueError("an instant has no such unit")
    numpy: Any = import_module("numpy")
    return numpy.array([int(text_of(node))], "i8").view(f"{kind}[{node['unit']}]")[0]


def _read_text(decoder: Reader, node: dict[str, Any]) -> Any:
    items = decoder.value(node["v"])
    name = node["type"]
    if type(items) is not (str if name == "str_" else bytes):
        raise TypeError(f"a {name} is text")
    return getattr(import_module("numpy"), name)(items)


def _pandas() -> Any:
    return import_module("pandas")


_READERS: dict[str, Any] = {
    "Counter": _read_collection,
    "OrderedDict": _read_collection,
    "defaultdict": _read_collection,
    "deque": _read_deque,
    "str_": _read_text,
    "bytes_": _read_text,
    "Timestamp": _read_timestamp,
    "Timedelta": _read_timedelta,
    "NaT": lambda *_: _pandas().NaT,
    "NA": lambda *_: _pandas().NA,
}


def _member(value: Any) -> dict[str, Any] | None:
    """A member of an enumeration that a module has, by its name."""
    cls = type(value)
    module, name = type_module(cls), type_name(cls)
    if getattr(sys.modules.get(module), name, None) is not cls or module == "__main__":
        return None
    if cls._member_map_.get(value._name_) is not value:
        return None
    return {"$": "object", "type": "enum", "module": module, "name": name, "v": value._name_}


def _read_member(node: dict[str, Any]) -> Any:
    enum: Any = import_module("enum")
    module = sys.modules.get(text_of(node, "module"))
    if module is None and node["module"] in _HARMLESS:
        module = import_module(node["module"])
    cls = vars(module).get(text_of(node, "name")) if module is not None else None
    if not isinstance(cls, enum.EnumMeta):
        raise TypeError(f"{node['module']}.{node['name']} is no enumeration that is known here")
    member = cls._member_map_.get(text_of(node))
    if member is None:
        raise ValueError(f"{node['name']} has no member {node['v']!r}")
    return member


_HARMLESS = ("http", "signal", "socket", "ssl", "re", "uuid", "inspect", "ipaddress", "calendar")
"""Modules of the standard library that may be imported for a member of theirs."""
