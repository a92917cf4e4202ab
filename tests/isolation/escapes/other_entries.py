# expect: refused
# The calls of x32, and of 32 bit by their interrupt: numbers that a filter might not know.
import ctypes
import mmap
import os

X32, UNIX, DATAGRAM, SETPRIORITY, SHMGET = 0x40000000, 1, 2, 141, 29
if os.uname().machine == "x86_64":
    attempt("x32 socket", lambda: call(X32 | 41, UNIX, DATAGRAM, 0))
    attempt("x32 pair", lambda: call(X32 | 53, UNIX, DATAGRAM, 0, 0))
    attempt("x32 priority", lambda: call(X32 | SETPRIORITY, 0, kernel, 19))
    attempt("x32 segment", lambda: call(X32 | SHMGET, 1, 1000, 0o1600))
    attempt("x32 kill", lambda: call(X32 | 62, kernel, 0))

    def by_interrupt(number, first=0, second=0):
        words = b"".join(
            code + value.to_bytes(4, "little")
            for code, value in ((b"\xb8", number), (b"\xbb", first), (b"\xb9", second))
        )
        memory = mmap.mmap(-1, 4096, prot=7)
        memory.write(b"\x53" + words + b"\xcd\x80\x5b\xc3")  # push rbx; …; int 0x80; pop rbx; ret
        function = ctypes.CFUNCTYPE(ctypes.c_int)(
            ctypes.addressof(ctypes.c_char.from_buffer(memory))
        )
        said = function()
        if said < 0:
            raise OSError(-said, os.strerror(-said))
        return said

    attempt("i386 kill", lambda: by_interrupt(37, kernel, 0))
    attempt("i386 getpid", lambda: by_interrupt(20))
