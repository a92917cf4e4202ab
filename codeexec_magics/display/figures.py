"""The volatile figures of a run: in words for the chip, as numbers for an output's metadata.

Lives wherever a result is shown and owns nothing.
"""

from __future__ import annotations

import math
import re
from typing import Any

from codeexec_magics.display.wording import counted
from codeexec_magics.values.results import ExecutionResult

CHIP_PATTERN = (
    r'<small class="?cx1-v"?>[^<]*(?:<i>[^<]*</i>[^<]*)*</small>'
    r"|  \(\d[\d.]* (?:ms|s|min|h)(?: · [^()\n]+)*\)(?=\n|$)"
)
"""A regular expression for the chip, in HTML and in text, for tools that compare outputs."""


_LARGEST_AMOUNT = 1e15
_LONGEST_LEFT = 360_000.0


def chip_of(result: ExecutionResult) -> str:
    """Time, processor time and memory of a run in words."""
    parts = [seconds_in_words(result.execution_time)]
    if result.cpu_time is not None:
        parts.append(f"cpu {seconds_in_words(result.cpu_time)}")
    if result.peak_memory is not None:
        parts.append(f"peak {bytes_in_words(result.peak_memory)}")
    if result.receipt.forced:
        parts.append(f"{counted(result.receipt.forced, 'process', 'processes')} ended")
    return " · ".join(parts)


def figures_of(result: ExecutionResult) -> dict[str, Any]:
    """The same and more as numbers that JSON holds: seconds, bytes, counts."""
    receipt = result.receipt
    return {
        "outcome": result.outcome.value,
        "language": result.language,
        "exit_code": result.exit_code,
        "execution_time": _finite(result.execution_time),
        "cpu_time": _finite(result.cpu_time),
        "peak_memory": result.peak_memory,
        "timeout": _finite(result.timeout),
        "receipt": {
            "reaped": receipt.reaped,
            "forced": receipt.forced,
            "left": receipt.left,
            "containment": receipt.containment,
        },
    }


def seconds_in_words(seconds: float) -> str:
    """``84 ms``, ``2.34 s``, ``12.4 s``, ``5 min 3 s``, ``2 h 10 min``."""
    if not math.isfinite(seconds):
        return "no limit"
    if seconds < 0.9995:
        return (
            f"{max(seconds, 0) * 1000:.0f} ms" if seconds >= 0.0095 else f"{seconds * 1000:.1f} ms"
        )
    if seconds < 120:
        text = f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"
        return f"{text.rstrip('0').rstrip('.')} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def progress_in_words(
    done: float, total: float | None, text: str = "", seconds: float | None = None
) -> str:
    """``23 of 120 pages · 19% · about 12 s left``.

    Args:
        done: How much is done.
        total: Of how much; None where nobody knows.
        text: The program's own words.
        seconds: Since the start, for what is left; None to leave that out.
    """
    words = f"{amount(done)} of {amount(total)}" if total else amount(done)
    parts = [f"{words} {text}".strip()]
    if total and 0 < done <= total:
        parts.append(f"{done / total:.0%}")
        left = seconds * (total - done) / done if seconds else 0
        if 0 < left < _LONGEST_LEFT:
            parts.append(f"about {_roughly(left)} left")
    return " · ".join(parts)


def amount(number: float) -> str:
    """A number that counts something: ``1,000`` and ``0.5``."""
    whole = math.isfinite(number) and abs(number) < _LARGEST_AMOUNT and number == int(number)
    return f"{int(number):,}" if whole else f"{number:g}"


def _roughly(seconds: float) -> str:
    if seconds < 100:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6_000 else f"{seconds / 3_600:.0f} h"


def bytes_in_words(size: int) -> str:
    """``640 kiB``, ``47 MiB``, ``1.4 GiB``."""
    if size < 1 << 20:
        return f"{size / (1 << 10):.0f} kiB"
    if size < 1 << 30:
        return f"{size / (1 << 20):.0f} MiB"
    return f"{size / (1 << 30):.1f} GiB"


def without_chip(text: str) -> str:
    """HTML or text with the chip taken out."""
    return re.sub(CHIP_PATTERN, "", text)


def _finite(number: float | None) -> float | None:
    return round(number, 6) if number is not None and math.isfinite(number) else None
