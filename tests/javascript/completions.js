/**
 * Prints the programs, of many made at random, whose value as an async function differs from the
 * value that V8 gives them as a script: `node completions.js FOLDER_OF_THE_RUNNER COUNT SEED`.
 */
'use strict';

const path = require('node:path');
const vm = require('node:vm');

const [, , runner, count, seed] = process.argv;
const { asyncFunctionOf } = require(path.join(runner, 'source', 'rewrite.js'));

let state = Number(seed);
const random = (below) => {
  state = (state * 1103515245 + 12345) % 2147483648;
  return Math.floor((state / 2147483648) * below);
};
const one = (...choices) => choices[random(choices.length)];
const DEEPEST = 3;
let values = 0;
let names = 0;

const expression = () =>
  one(
    () => `${++values}`,
    () => `[${++values}].map((x) => { x; })[0]`,
  )();
const condition = () => one('true', 'false', 'n++ % 2', 'n++ < 3');
const list = (depth, inLoop) =>
  Array.from({ length: random(3) }, () => statement(depth, inLoop)).join(one('\n', ' '));
const block = (depth, inLoop) => `{ ${list(depth, inLoop)} }`;
const single = (depth, inLoop) =>
  random(2) ? block(depth, inLoop) : statement(depth, inLoop, true);

/** A loop that ends after some rounds. */
function loop(depth) {
  const counter = `i${++names}`;
  const body = `{ if (++${counter} > 3) break; ${list(depth, true)} }`;
  return one(
    () => `var ${counter} = 0; while (true) ${body}`,
    () => `var ${counter} = 0; do ${body} while (${condition()});`,
    () => `for (var ${counter} = 0; ;) ${body}`,
    () => `for (const x${counter} of [1, 2]) ${single(depth, true)}`,
    () => `for (const x${counter} in { a: 1 }) ${single(depth, true)}`,
    () => `l${counter}: for (const x of [1, 2]) { ${list(depth, true)} continue l${counter}; }`,
  )();
}

function compound(depth, inLoop) {
  const part = () => single(depth - 1, inLoop);
  return one(
    () => `if (${condition()}) ${part()}`,
    () => `if (${condition()}) ${part()} else ${part()}`,
    () => block(depth - 1, inLoop),
    () => `{ ${loop(depth - 1)} }`,
    () =>
      `try { ${list(depth - 1, inLoop)} ${one('', 'throw 1;')} } catch ${block(depth - 1, inLoop)}`,
    () => `try ${block(depth - 1, inLoop)} finally { ${expression()}; }`,
    () =>
      `switch (n % 3) { case 0: ${list(depth - 1, inLoop)} case 1: ${expression()}; ${one('', 'break;')} default: ${list(depth - 1, inLoop)} }`,
    () => `with ({}) ${part()}`,
    () => `a${++names}: ${block(depth - 1, inLoop)}`,
  )();
}

function statement(depth, inLoop, isSingle = false) {
  if (depth > 0 && random(2)) {
    return compound(depth, inLoop);
  }
  const simple = [() => `${expression()};`, () => `${expression()};`, () => ';'];
  if (inLoop) {
    simple.push(
      () => 'break;',
      () => 'continue;',
    );
  }
  if (!isSingle) {
    const name = `d${++names}`;
    simple.push(
      () => `let ${name} = 0;`,
      () => `class ${name} {}`,
    );
    // In a block V8 counts the function as a value, which the language does not.
    simple.push(() => (depth === DEEPEST ? `function ${name}() { 1; }` : ';'));
  }
  return one(...simple)();
}

async function main() {
  for (let round = 0; round < Number(count); round += 1) {
    const statements = Array.from({ length: 1 + random(4) }, () => statement(DEEPEST, false));
    const source = `;${statements.join('\n')}`; // with a semicolon it is no object literal
    globalThis.n = 0;
    const expected = vm.runInNewContext(source, { n: 0 });
    const { text } = asyncFunctionOf({ source, firstLine: 1 }, 'transform');
    globalThis.n = 0;
    const [, actual] = await vm.runInThisContext(text)();
    if (JSON.stringify(actual) !== JSON.stringify(expected)) {
      process.stdout.write(`${source}\n  gives ${expected}, as a function ${actual}\n${text}\n\n`);
    }
  }
}

main();
