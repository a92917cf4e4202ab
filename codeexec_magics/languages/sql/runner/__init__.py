"""What runs SQL in a Python worker.

Runs in the child, on Python 3.9 or newer.
"""
