"""The libraries that a zygote may load ahead.

Read in the child, which tells those that a program has used, and in the kernel, which asks
for them.
"""

from __future__ import annotations

LIBRARIES = {
    "numpy": ("numpy", "numpy.random"),
    "pandas": ("pandas",),
    "pyarrow": ("pyarrow", "pyarrow.pandas_compat"),
    "matplotlib": ("matplotlib",),
    "scipy": ("scipy",),
}
"""Libraries that are known to work in a fork of the process that loaded them, and what of them is
slow to import. polars is not among them: its thread pool does not survive a fork."""
