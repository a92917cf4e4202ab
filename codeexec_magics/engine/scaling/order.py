"""What travels between a map and those who work for it: plain frozen values that pickle.

Made on either side; owns nothing. Items travel as bytes: what an engine can look into, it does,
item by item.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from codeexec_magics.engine.mapping.failures import ItemFailure
from codeexec_magics.errors import EncodingFailed
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult, Receipt

_LARGEST_INPUTS = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Mission:
    """What is the same for all chunks of a map.

    Attributes:
        map: A name that no other map has.
        label: What the map is called.
        program: What is run.
        options: How.
        inputs: What all items share, packed; None where it comes by another way.
        on_error: As in `MapPlan`.
        batch: As in `MapPlan`.
        version: The package's version where the map is called.
        lifeline: Where the map can be heard; None if it cannot.
    """

    map: str
    label: str
    program: Program
    options: ExecutionOptions
    inputs: bytes | None
    on_error: str
    batch: int | None
    version: str
    lifeline: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One chunk of a map.

    Attributes:
        mission: What the map is about.
        number: The chunk's place in the map.
        first: The index of its first item.
        count: How many there are.
        items: The items, packed.
    """

    mission: Mission
    number: int
    first: int
    count: int
    items: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a chunk.

    Attributes:
        number: The chunk's.
        worker: Who worked on it.
        values: In the places of the items; of those only that were wanted.
        failures: By the index in the whole map.
        fault: How the program ended, where that was no item's fault.
        seconds: How long it took.
        setup: How long it took to start, if it had to.
        printed: What was printed since the last chunk of this process, by stream.
        was_begun: Whether it was begun before, by somebody who was lost: nothing was done.
    """

    number: int
    worker: str
    values: list[Any] = field(default_factory=list)
    failures: Mapping[int, ItemFailure] = field(default_factory=dict)
    fault: ExecutionResult | None = None
    seconds: float = 0.0
    setup: float = 0.0
    printed: Mapping[str, str] = field(default_factory=dict)
    was_begun: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """The last word of a process that served a map.

    Attributes:
        worker: Who had it.
        receipt: What its clean-up did.
        cpu_time: Seconds of processor time.
        peak_memory: Bytes.
        printed: What was printed since the last chunk, by stream.
    """

    worker: str
    receipt: Receipt
    cpu_time: float | None = None
    peak_memory: int | None = None
    printed: Mapping[str, str] = field(default_factory=dict)


def version() -> str:
    """The version of the package in this process."""
    return str(import_module("codeexec_magics").__version__)  # it stands above all its folders


def packed(value: Any, path: str) -> bytes:
    """A value as bytes.

    Args:
        value: Any that can be pickled; what a notebook defines, where cloudpickle is installed.
        path: What the value is called in an error.

    Raises:
        EncodingFailed: It cannot travel.
    """
    try:
        data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        if b"__main__" not in data:
            return data
    except Exception as error:  # noqa: BLE001 - the user's classes have a say
        data, reason = b"", error
    if find_spec("cloudpickle") is not None:
        import cloudpickle  # type: ignore[import-untyped]

        try:
            return bytes(cloudpickle.dumps(value))
        except Exception as error:  # noqa: BLE001 - as above
            data, reason = b"", error
    if data:
        return data
    raise EncodingFailed(f"{path} cannot travel to another process: {reason}", path=path)


def inputs_for_each(inputs: bytes, engine: str) -> bytes:
    """What all items share, where it has to go with each chunk.

    Args:
        inputs: Packed.
        engine: Who would carry it.

    Raises:
        EncodingFailed: It is too large for that.
    """
    if len(inputs) > _LARGEST_INPUTS:
        raise EncodingFailed(
            f"inputs: {len(inputs) / (1 << 20):,.1f} MiB would go to {engine} with each chunk: "
            "have the program read them from a file, or map on a Dask client, which shares them",
            path="inputs",
        )
    return inputs


def unpacked(data: bytes) -> Any:
    """The value that was packed."""
    return pickle.loads(data)  # noqa: S301 - it comes from the one who called the map
