# expect: crashed, code 1
# What the runner needs at the end is broken: sockets, structs, the system calls.
import os
import socket
import struct
import sys


def broken(*arguments, **named):
    raise RuntimeError("broken")


socket.socket.sendall = broken
struct.Struct = struct.pack = broken
os.write = os.fstat = os.ftruncate = os.getpid = os._exit = broken
sys.modules.clear()
{"a": [1, 2.5, None]}
