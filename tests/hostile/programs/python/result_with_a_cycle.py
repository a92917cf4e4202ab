# expect: failed, result[0]
value = []
value.append(value)
value
