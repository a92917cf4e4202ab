"""The runner of Python: what the child runs around the user's program.

Runs in the child, on Python 3.9 or newer, under a package name of its own; the kernel only reads
its table of libraries.
"""
