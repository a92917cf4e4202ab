# expect: failed, GeneratorExit
raise GeneratorExit
