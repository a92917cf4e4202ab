// expect: failed, result[1]
[1, () => 2]
