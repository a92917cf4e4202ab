# expect: failed, generator
(n for n in range(3))
