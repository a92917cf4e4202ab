# expect: succeeded, {'a': [1, 2.5, None]}
import builtins
import json


def broken(*arguments, **named):
    raise RuntimeError("broken")


builtins.print = builtins.input = builtins.open = broken
for name in ("dumps", "loads", "JSONEncoder", "JSONDecoder"):
    setattr(json, name, broken)
{"a": [1, 2.5, None]}
