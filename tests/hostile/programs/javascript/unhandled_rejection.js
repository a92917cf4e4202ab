// expect: failed, Error: nobody caught it
Promise.reject(new Error('nobody caught it'));
await new Promise((resolve) => setTimeout(resolve, 20));
42
