"""What the layers hand to each other: options, results, traces, and the events of the log.

Lives in the kernel. Plain values; nothing here starts a process or draws.
"""
