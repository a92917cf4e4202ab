// expect: failed, result.self
const value = {};
value.self = value;
value
