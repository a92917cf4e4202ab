// expect: succeeded, bytes of 200000000
// timeout: 20
Buffer.alloc(200_000_000)
