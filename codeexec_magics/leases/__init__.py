"""The owner's side of a supervisor: start it, lease workers of it, see how they end.

Lives in the process that executes. Owns the supervisor's process and the descriptors of leases.
"""
