# expect: failed, File too large
# The arena is a file to the system: not even the runner may write to it any more.
import resource

resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
b"x" * 1_000_000
