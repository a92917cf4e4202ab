"""What runs bash: inputs as declarations, a prelude, and what a failure tells.

Runs in the child, on Python 3.9 or newer, standard library only.
"""
