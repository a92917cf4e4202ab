# expect: refused
# The kernel's store of keys, which no namespace divides; and rings, which no filter sees.
import ctypes

ADD, KEYCTL, RING = (248, 250, 425) if x86 else (217, 219, 425)
kind, what = ctypes.create_string_buffer(b"user"), ctypes.create_string_buffer(b"escape")
attempt(
    "add",
    lambda: call(
        ADD, ctypes.addressof(kind), ctypes.addressof(what), ctypes.addressof(what), 4, -3
    ),
)
attempt("join", lambda: call(KEYCTL, 1, 0))
attempt("ring", lambda: call(RING, 4, ctypes.addressof(ctypes.create_string_buffer(200))))
