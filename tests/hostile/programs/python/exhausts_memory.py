# expect: failed, MemoryError
# All of it is still held when the failure is described.
import resource

resource.setrlimit(resource.RLIMIT_AS, (600_000_000, 600_000_000))
held = []
while True:
    held.append(bytearray(100_000))
