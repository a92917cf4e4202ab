# expect: succeeded, 42
import os
import socket

here = os.environ["TMPDIR"]
os.symlink(os.getcwd(), os.path.join(here, "link"))
os.symlink("/", os.path.join(here, "root"))
os.mkfifo(os.path.join(here, "fifo"))
socket.socket(socket.AF_UNIX).bind(os.path.join(here, "s"))
for name in (b"\xff\xfe", b"new\nline", b".lifted-1", b"-rf", b" "):
    os.makedirs(os.path.join(os.fsencode(here), name, b".lifted-1", name))
42
