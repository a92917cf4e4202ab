// expect: failed, Error: no
({ get then() { throw new Error('no'); } })
