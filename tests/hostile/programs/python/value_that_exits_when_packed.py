# expect: failed, SystemExit
import collections
import copyreg
import sys


def pack(value):
    sys.exit(0)


copyreg.pickle(collections.Counter, pack)
collections.Counter("abc")
