# expect: crashed, descriptor 5
import os

fd = os.open("/dev/zero", os.O_RDWR)
os.dup2(fd, 5)
b"x" * 1_000_000
