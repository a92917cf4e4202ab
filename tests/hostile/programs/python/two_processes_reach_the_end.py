# expect: succeeded, 42
# Both have a value; one of them is the program.
import os

child = os.fork()
if child:
    os.waitpid(child, 0)
42 if child else 43
