# expect: refused
# Flags, versions, attributes and leases of a file outside, which take no right to write.
import fcntl
import os
import struct

fd = os.open(f"{outside}/kept", os.O_RDONLY)
folder = os.open(outside, os.O_RDONLY)
SET_FLAGS, SET_VERSION, SET_ATTRIBUTES, VERITY = 0x40086602, 0x40087602, 0x401C5820, 0x40806685
for which in (fd, folder):
    attempt(f"flags {which}", lambda: fcntl.ioctl(which, SET_FLAGS, struct.pack("l", 0x40)))
    attempt(f"version {which}", lambda: fcntl.ioctl(which, SET_VERSION, struct.pack("l", 7)))
    attempt(f"attributes {which}", lambda: fcntl.ioctl(which, SET_ATTRIBUTES, bytes(28)))
    attempt(f"verity {which}", lambda: fcntl.ioctl(which, VERITY, bytes(128)))
READ = 0
for command in (fcntl.F_SETLEASE, 1040):  # F_SETDELEG
    attempt(f"lease {command}", lambda: fcntl.fcntl(fd, command, READ))
    attempt(f"lease of the folder {command}", lambda: fcntl.fcntl(folder, command, READ))
attempt("mode", lambda: os.fchmod(fd, 0o777))
attempt("times", lambda: os.utime(f"{outside}/kept", (1, 1)))
attempt("extended", lambda: os.setxattr(f"{outside}/kept", "user.x", b"x"))
attempt("terminal", lambda: fcntl.ioctl(0, 0x5412, b"x"))
