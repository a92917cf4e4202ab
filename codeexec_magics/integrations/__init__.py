"""Each module serves one foreign host: Pygments, pytest.

Lives in the host's process, and is loaded by the host's own entry points.
"""
