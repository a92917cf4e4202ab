"""From a program to its result: one run, many runs, jobs, and what is made of them.

Lives in the process that executes. Owns leases for the time of a run; who ends processes is
`codeexec_magics.supervision`, reached by `codeexec_magics.leases`.
"""
