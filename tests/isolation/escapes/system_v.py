# expect: refused
# The segment, the semaphores and the queue of another program.
import ctypes

SHMGET, SHMAT, SHMCTL, SEMGET, SEMCTL, MSGGET, MSGCTL, MQ_OPEN = (
    (29, 30, 31, 64, 66, 68, 71, 240) if x86 else (194, 196, 195, 190, 191, 186, 187, 180)
)
REMOVE, SET_VALUE = 0, 16
attempt("attach", lambda: call(SHMAT, objects[0], 0, 0))
attempt("remove a segment", lambda: call(SHMCTL, objects[0], REMOVE, 0))
attempt("set", lambda: call(SEMCTL, objects[1], 0, SET_VALUE, 0))
attempt("remove semaphores", lambda: call(SEMCTL, objects[1], 0, REMOVE, 0))
attempt("remove a queue", lambda: call(MSGCTL, objects[2], REMOVE, 0))
attempt("segment of its own", lambda: call(SHMGET, 0, 1000, 0o1600))
attempt("semaphores of its own", lambda: call(SEMGET, 0, 1, 0o1600))
attempt("queue of its own", lambda: call(MSGGET, 0, 0o1600))
name = ctypes.create_string_buffer(b"escape")
attempt("posix queue", lambda: call(MQ_OPEN, ctypes.addressof(name), 0o102, 0o600, 0))
