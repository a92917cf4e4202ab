# expect: failed, Mute
class Mute(Exception):
    def __str__(self):
        raise ValueError("no")

    __repr__ = __str__


raise Mute("anything")
