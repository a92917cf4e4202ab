# expect: failed, result[0] (Own)
# The other process does not have the class.
class Own(dict):
    pass


[Own(a=1)]
