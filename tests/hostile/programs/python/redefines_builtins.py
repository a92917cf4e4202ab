# expect: failed, RuntimeError
import builtins


def broken(*arguments, **named):
    raise RuntimeError("broken")


keep = {"BaseException", "Exception", "RuntimeError", "hasattr", "setattr", "vars", "callable"}
for name in [name for name in vars(builtins) if name[0] != "_" and name not in keep]:
    if callable(getattr(builtins, name)):
        setattr(builtins, name, broken)
{"a": [1, 2.5, None]}
