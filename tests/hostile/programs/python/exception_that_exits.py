# expect: failed, Leaver
# Describing the failure runs its code, which leaves.
class Leaver(Exception):
    def __str__(self):
        raise SystemExit(0)

    @property
    def __notes__(self):
        raise KeyboardInterrupt


raise Leaver
