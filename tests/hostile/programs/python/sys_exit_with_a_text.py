# expect: crashed, code 1
import sys

sys.exit("not today")
