"""Frames as Arrow streams, exactly, and back.

Used in the kernel and in a Python child; needs pyarrow when a frame turns up.
"""
