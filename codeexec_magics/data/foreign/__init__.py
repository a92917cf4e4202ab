"""Values of Python's libraries for languages that have none of them: tables of named columns.

Used in the kernel.
"""
