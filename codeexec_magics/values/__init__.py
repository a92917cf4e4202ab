"""What the layers hand to each other: options, results, traces, and the events of the log.

Lives in the kernel. Plain values; nothing here starts a process or draws.
"""

CONVERTERS = ("auto", "pandas", "polars", "arrow", "numpy", "records")
"""What a result may be turned into; ``auto`` keeps the type that arrived.

Here, so that the magics can be registered, with their help, without the options of a run."""
