"""What stands between the protocol and an interpreter that cannot speak it.

Runs in the child, on Python 3.9 or newer, standard library only.
"""
