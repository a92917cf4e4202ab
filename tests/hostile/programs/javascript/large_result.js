// expect: succeeded, bytes of 200000000
Buffer.alloc(200_000_000)
