"""What stands between the protocol and R.

Runs in the child, on Python 3.9 or newer, standard library only; ``*.R`` runs in R, base R only.
"""
