"""The programs of the contract in the languages of the package."""

from __future__ import annotations

from dataclasses import replace

from codeexec_magics.testing import Dialect

PYTHON = Dialect(
    language="python",
    suffix=".py",
    forty_two="6 * 7",
    no_value="x = 1",
    transform="def transform(inputs):\n    return inputs['a'] + inputs.b",
    async_transform="import asyncio\nasync def transform(inputs):\n"
    "    await asyncio.sleep(0)\n    return inputs['a'] + inputs['b']",
    entry_beats_value="def transform(inputs):\n    return 42\n1",
    add_names="a + b",
    add_inputs="inputs['a'] + inputs['b']",
    odd_input="inputs['not a name']",
    redeclare="a = 7\na",
    set_global="import builtins\nleak = 1\nbuiltins.leak = 1\n42",
    get_global="'leak' in globals() or hasattr(__import__('builtins'), 'leak')",
    throw_on_line_3="a = 1\n\nraise ValueError('Test')\n",
    throw_in_function="def transform(inputs):\n    raise ValueError('Test')\n",
    nested_cause="try:\n    raise ValueError('inner')\nexcept ValueError as error:\n"
    "    raise KeyError('outer') from error",
    import_beside="import beside\nbeside.value",
    beside="value = 42\ndef fail():\n    raise ValueError('Test')\n",
    fail_beside="import beside\nbeside.fail()",
    syntax_error="a = 1\nb = = 2\n",
    await_top_level="import asyncio\nawait asyncio.sleep(0, 42)",
    both_streams="import sys\nprint('out')\nprint('err', file=sys.stderr)\n42",
    many_umlauts="print('x' + 'ä' * 100_000, end='')",
    ten_megabytes="for _ in range(1000):\n    print('x' * 12_000)\nprint('end')\n42",
    endless="while True:\n    pass",
    sleeping_child="import subprocess\nsubprocess.run('sleep 600 &', shell=True)\n42",
    exit_3="import sys\nsys.exit(3)",
    environment="import os\nos.environ.get('CONTRACT_VARIABLE')",
    directory="import os\nos.getcwd()",
    identity="value",
    function_value="{'f': [1, lambda: 2]}",
)

JAVASCRIPT = Dialect(
    language="javascript",
    suffix=".js",
    forty_two="6 * 7",
    no_value="const x = 1",
    transform="function transform(inputs) {\n  return inputs.a + inputs['b'];\n}",
    async_transform="async function transform(inputs) {\n"
    "  await new Promise((resolve) => setTimeout(resolve, 1));\n  return inputs.a + inputs.b;\n}",
    entry_beats_value="function transform(inputs) { return 42; }\n1",
    add_names="a + b",
    add_inputs="inputs.a + inputs['b']",
    odd_input="inputs['not a name']",
    redeclare="const a = 7;\na",
    set_global="globalThis.leak = 1; var leak = 1; Array.prototype.leak = 1;\n42",
    get_global="typeof leak !== 'undefined' || 'leak' in globalThis || 'leak' in []",
    throw_on_line_3="const a = 1;\n\nthrow new TypeError('Test');\n",
    throw_in_function="function transform(inputs) {\n  throw new TypeError('Test');\n}\n",
    nested_cause="try {\n  throw new TypeError('inner');\n} catch (error) {\n"
    "  throw new Error('outer', { cause: error });\n}",
    import_beside="require('./beside').value",
    beside="exports.value = 42;\nexports.fail = function fail() {\n"
    "  throw new TypeError('Test');\n};\n",
    fail_beside="const beside = require('./beside');\nbeside.fail()",
    syntax_error="const a = 1;\nconst b = = 2;\n",
    await_top_level="await new Promise((resolve) => setTimeout(() => resolve(42), 1))",
    both_streams="console.log('out');\nconsole.error('err');\n42",
    many_umlauts="process.stdout.write('x' + 'ä'.repeat(100_000)); undefined",
    ten_megabytes="for (let i = 0; i < 1000; i++) console.log('x'.repeat(12_000));\n"
    "console.log('end');\n42",
    endless="while (true);",
    sleeping_child="require('child_process').execSync('sleep 600 >/dev/null 2>&1 &');\n42",
    exit_3="process.exit(3)",
    environment="process.env.CONTRACT_VARIABLE",
    directory="process.cwd()",
    identity="value",
    function_value="({ f: [1, () => 2] })",
)

BASH = Dialect(
    language="bash",
    suffix=".sh",
    forty_two="echo 42 >&3",
    no_value="x=1",
    transform="transform() { echo $((a + b)) >&3; }",
    entry_beats_value="transform() { echo 42 >&3; }",
    add_names="echo $((a + b)) >&3",
    add_inputs='sed "s/{\\"a\\": 40, \\"b\\": 2}/42/" "$INPUTS" >&3',
    odd_input='[[ "$(<"$INPUTS")" == *\'"not a name": 42\'* ]] && echo 42 >&3',
    redeclare="a=7\necho $a >&3",
    set_global="export leak=1\necho 42 >&3",
    get_global="[[ -n ${leak+x} ]] && echo true >&3 || echo false >&3",
    throw_on_line_3="a=1\n\nfalse\n",
    throw_in_function="transform() {\n  grep -q Test /dev/null\n}\n",
    error="CommandFailed: grep -q Test /dev/null exited with 1",
    syntax_error="a=1\nfi\n",
    import_beside="source ./beside.sh\necho $value >&3",
    beside="value=42\nfail() {\n  grep -q Test /dev/null\n}\n",
    both_streams="echo out\necho err >&2\necho 42 >&3",
    many_umlauts="printf x; printf 'ä%.0s' {1..100000}",
    ten_megabytes="x=$(printf 'x%.0s' {1..12000})\nfor i in {1..1000}; do echo $x; done\n"
    "echo end\necho 42 >&3",
    endless="while :; do :; done",
    sleeping_child="sleep 600 &\necho 42 >&3",
    exit_3="exit 3",
    environment='[[ -n ${CONTRACT_VARIABLE+x} ]] || exit 0; echo "\\"$CONTRACT_VARIABLE\\"" >&3',
    directory='echo "\\"$PWD\\"" >&3',
)

TYPESCRIPT = replace(
    JAVASCRIPT,
    language="typescript",
    suffix=".ts",
    forty_two="const n: number = 6; n * 7",
    transform="function transform(inputs: any): number {\n  return inputs.a + inputs['b'];\n}",
    throw_in_function="function transform(inputs: any) {\n  throw new TypeError('Test');\n}\n",
    syntax_error="const a: number = 1;\nconst b: = = 2;\n",
    import_beside="",
    beside="",
    fail_beside="",
    identity="value as any",
)

# A query's value is a frame; a statement that changes rows gives their number.
SQL = Dialect(
    language="sql",
    suffix=".sql",
    forty_two="create temp table made as from range(42)",
    no_value="create temp table t (a int)",
    add_names="create temp table made as from range($a + $b)",
    redeclare="set variable a = 7; create temp table made as from range(getvariable('a'))",
    throw_on_line_3="select 1;\n\nselect error('Test');\n",
    syntax_error="select 1;\nselect from where\n",
    endless="create temp table t as from range(1000000) a, range(1000000) b where random() > 2",
    environment="",
)

R = Dialect(
    language="r",
    suffix=".r",
    forty_two="6 * 7",
    no_value="x <- 1",
    transform="transform <- function(inputs) {\n  inputs$a + inputs[['b']]\n}",
    entry_beats_value="transform <- function(inputs) 42\n1",
    add_names="a + b",
    add_inputs="inputs$a + inputs[['b']]",
    odd_input="inputs[['not a name']]",
    redeclare="a <- 7\na",
    set_global="leak <- 1\noptions(leak = 1)\n42",
    get_global="exists('leak') || !is.null(getOption('leak'))",
    throw_on_line_3="a <- 1\n\nstop('Test')\n",
    throw_in_function="transform <- function(inputs) {\n  stop('Test')\n}\n",
    import_beside="source('beside.r')\nvalue",
    beside="value <- 42\nfail <- function() {\n  stop('Test')\n}\n",
    fail_beside="source('beside.r')\nfail()",
    syntax_error="a <- 1\nb = = 2\n",
    both_streams="cat('out\\n')\nmessage('err')\n42",
    many_umlauts="cat('x', strrep('ä', 1e5), sep = '')",
    ten_megabytes="for (i in 1:1000) cat(strrep('x', 12000), '\\n', sep = '')\ncat('end\\n')\n42",
    endless="while (TRUE) {}",
    sleeping_child="system('sleep 600', wait = FALSE)\n42",
    exit_3="quit(status = 3)",
    environment="x <- Sys.getenv('CONTRACT_VARIABLE', NA)\nif (is.na(x)) NULL else x",
    directory="getwd()",
    identity="value",
    function_value="list(f = list(1, function() 2))",
)

DIALECTS = {
    "python": PYTHON,
    "javascript": JAVASCRIPT,
    "typescript": TYPESCRIPT,
    "bash": BASH,
    "sql": SQL,
    "r": R,
}
