# expect: refused
# Datagrams, and descriptors with them, to a service behind a file; sockets of every other kind.
import array
import socket


def pair(kind, family=socket.AF_UNIX):
    return socket.socketpair(family, kind)


def with_descriptor(path):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]).tobytes())]
    pair(socket.SOCK_DGRAM)[0].sendmsg([b"x"], rights, 0, path)


attempt("datagram", lambda: pair(socket.SOCK_DGRAM)[0].sendto(b"x", service))
attempt("raw", lambda: pair(socket.SOCK_RAW)[0].sendto(b"x", service))
attempt(
    "not blocking", lambda: pair(socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)[0].sendto(b"x", service)
)
attempt(
    "closed by exec", lambda: pair(socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)[0].sendto(b"x", service)
)
attempt("abstract", lambda: pair(socket.SOCK_DGRAM)[0].sendto(b"x", "\0" + service))
attempt("descriptor", lambda: with_descriptor(service))
attempt("stream", lambda: socket.socket(socket.AF_UNIX).connect(service))
attempt("network", lambda: socket.socket(socket.AF_INET))
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("from a stream", lambda: pair(socket.SOCK_STREAM)[0].sendto(b"x", service))
attempt("connected anew", lambda: pair(socket.SOCK_STREAM)[0].connect(service))
