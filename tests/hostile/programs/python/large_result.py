# expect: succeeded, bytes of 200000000
bytes(200_000_000)
