# expect: succeeded, bytes of 200000000
# timeout: 20
bytes(200_000_000)
