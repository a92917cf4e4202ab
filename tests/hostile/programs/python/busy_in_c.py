# expect: timed_out
# No Python handler runs while a call into C computes.
pow(7, 10**9, 10 ** (10**6))
