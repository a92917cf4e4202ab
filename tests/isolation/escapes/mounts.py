# expect: refused
# To make the file system writable again, or to come around it.
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
OPEN_BY_HANDLE = 304 if x86 else 265
REMOUNT_BIND, BIND, NEW_USER_AND_MOUNTS = 0x1020, 0x1000, 0x10020000


def checked(said):
    if said < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return said


def anew():
    child = os.fork()
    if child == 0:
        libc.unshare(NEW_USER_AND_MOUNTS)
        libc.mount(None, b"/", None, REMOUNT_BIND, None)
        libc.mount(outside.encode(), outside.encode(), None, BIND, None)
        libc.mount(None, outside.encode(), None, REMOUNT_BIND, None)
        try:
            open(f"{outside}/new", "w").close()
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise OSError(1, "it could not")


attempt("remount", lambda: checked(libc.mount(None, b"/", None, REMOUNT_BIND, None)))
attempt("unmount", lambda: checked(libc.umount2(b"/", 2)))
attempt("in a namespace", anew)
attempt("by a handle", lambda: call(OPEN_BY_HANDLE, 0, 0, 0))
attempt("by /proc", lambda: open(f"/proc/self/root{outside}/new", "w"))
attempt("of the kernel", lambda: open(f"/proc/{kernel}/root{outside}/new", "w"))
attempt("by its folder", lambda: open(f"/proc/{kernel}/cwd/new", "w"))
attempt("a link", lambda: os.link(f"{outside}/kept", "linked") or open("linked", "a"))
attempt("a symbolic link", lambda: os.symlink(outside, "there") or open("there/new", "w"))
attempt("a device", lambda: os.mknod("device", 0o60600, os.makedev(8, 0)))
