# expect: failed, EOFError
input("anybody there? ")
