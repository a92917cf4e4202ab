// expect: failed, result.bad
({ get bad() { throw new Error('no'); } })
