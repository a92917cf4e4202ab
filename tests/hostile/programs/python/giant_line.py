# expect: succeeded, 50000000
import sys

sys.stdout.write("x" * 50_000_000)
