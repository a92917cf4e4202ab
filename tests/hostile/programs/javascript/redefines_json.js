// expect: succeeded, {'a': [1, 2.5, None]}
JSON.stringify = JSON.parse = () => { throw new Error('broken'); };
globalThis.JSON = null;
({ a: [1, 2.5, null] })
