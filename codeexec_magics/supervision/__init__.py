"""Lives: the only part of the package that spawns, signals, waits for, or ends a process.

`client` and `shield` run in the kernel; `supervisor`, `reaper` and `worker` run in processes of
their own, which see the standard library and this package's folder only.
"""
