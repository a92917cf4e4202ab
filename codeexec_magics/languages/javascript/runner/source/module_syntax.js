/**
 * Static imports and exports → what a function can say instead, and which function is exported.
 *
 * Lives in the worker and works before the program runs. Imports that stand below other statements
 * are moved above them, as the language has it.
 */
'use strict';

const nameOf = (node) => (node.type === 'Literal' ? JSON.stringify(node.value) : node.name);
const plainNameOf = (node) => (node.type === 'Literal' ? node.value : node.name);

/** `with {type: "json"}` as the second argument of `import()`. */
function attributesText(attributes) {
  if (!attributes?.length) {
    return '';
  }
  const fields = attributes.map(({ key, value }) => `${nameOf(key)}: ${value.raw}`);
  return `, {with: {${fields.join(', ')}}}`;
}

const loadedText = ({ source, attributes }) =>
  `await import(${source.raw}${attributesText(attributes)})`;

/** A static import as a declaration that awaits; `check` names the function that checks names. */
function importText(node, check) {
  const loaded = loadedText(node);
  const named = node.specifiers.filter(({ type }) => type !== 'ImportNamespaceSpecifier');
  const space = node.specifiers.find(({ type }) => type === 'ImportNamespaceSpecifier');
  const imported = named.map((specifier) =>
    specifier.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(specifier.imported),
  );
  const fields = named.map((specifier, at) => `${imported[at]}: ${specifier.local.name}`);
  const names = imported.map((name) => (name.startsWith('"') ? name : JSON.stringify(name)));
  const checked = (module) => `${check}(${module}, [${names.join(', ')}], ${node.source.raw})`;
  if (space !== undefined) {
    const rest = named.length ? `, {${fields.join(', ')}} = ${checked(space.local.name)}` : '';
    return `const ${space.local.name} = ${loaded}${rest};`;
  }
  return named.length ? `const {${fields.join(', ')}} = ${checked(loaded)};` : `${loaded};`;
}

/** The text with everything but line ends blanked. */
const blank = (text) => text.replace(/[^\n\r\u2028\u2029]/g, ' ').replace(/[\n\r]/g, '');

const isAnonymous = ({ type, id }) => /^(Function|Class)Declaration$/.test(type) && !id;

/** Rewrites the imports and exports of one program. */
class ModuleSyntax {
  /** Expressions of what the program exports under a name, as far as it is not in scope as such. */
  exported = { __proto__: null };

  /** Variables of modules of which everything is exported. */
  spaces = [];

  #edits;

  #source;

  #firstLine;

  #check;

  constructor(edits, { source, firstLine }, check) {
    this.#edits = edits;
    this.#source = source;
    this.#firstLine = firstLine;
    this.#check = check;
  }

  /** Rewrite what stands at the top level. */
  program(statements) {
    const isImport = ({ type }) => type === 'ImportDeclaration';
    const isLeading = (node) => isImport(node) || node.directive !== undefined;
    const found = statements.findIndex((node) => !isLeading(node));
    const count = found < 0 ? statements.length : found;
    for (const node of statements.slice(0, count).filter(isImport)) {
      this.#edits.replace(node.start, node.end, importText(node, this.#check));
    }
    const late = statements.slice(count).filter(isImport);
    this.#hoist(late, count === 0 ? null : statements[count - 1].end);
    for (const node of statements) {
      this.#statement(node);
    }
  }

  /** Move imports to an offset; null stands for the beginning. */
  #hoist(late, offset) {
    let text = ';';
    const origins = [];
    for (const node of late) {
      const { line, column } = node.loc.start;
      origins.push({ at: text.length, line: this.#firstLine + line - 1, column: column + 1 });
      text += importText(node, this.#check);
      this.#edits.replace(node.start, node.end, '');
    }
    if (late.length > 0) {
      const hashbang = this.#source.startsWith('#!') ? this.#source.indexOf('\n') + 1 : 0;
      this.#edits.insert(offset ?? hashbang, text, origins);
    }
  }

  #statement(node) {
    if (node.type === 'ExportAllDeclaration') {
      this.#again(node, node.exported ? [{ exported: node.exported }] : null);
    } else if (node.type === 'ExportNamedDeclaration' && node.source) {
      this.#again(node, node.specifiers);
    } else if (node.type === 'ExportNamedDeclaration' && !node.declaration) {
      for (const { exported, local } of node.specifiers) {
        this.exported[plainNameOf(exported)] = local.name;
      }
      this.#edits.replace(node.start, node.end, ';');
    } else if (node.type === 'ExportNamedDeclaration') {
      this.#unwrap(node);
    } else if (node.type === 'ExportDefaultDeclaration') {
      this.#default(node);
    }
  }

  /** What is exported of another module. */
  #again(node, specifiers) {
    const variable = `${this.#check}_${node.start}`;
    this.#edits.replace(node.start, node.end, `const ${variable} = ${loadedText(node)};`);
    if (specifiers === null) {
      this.spaces.push(variable);
    }
    for (const { exported, local } of specifiers ?? []) {
      const member = local === undefined ? '' : `[${JSON.stringify(plainNameOf(local))}]`;
      this.exported[plainNameOf(exported)] = `${variable}${member}`;
    }
  }

  #default(node) {
    const { declaration } = node;
    if (declaration.id) {
      this.exported.default = declaration.id.name;
      this.#unwrap(node);
      return;
    }
    this.exported.default = `${this.#check}_default`;
    const { start } = declaration;
    const keyword = isAnonymous(declaration) ? 'const ' : 'var ';
    this.#edits.replace(node.start, start, `${keyword}${this.exported.default} = `);
    if (keyword === 'const ') {
      this.#edits.insert(node.end, ';');
    }
  }

  /** Leave the declaration alone. */
  #unwrap({ start, declaration }) {
    this.#edits.replace(
      start,
      declaration.start,
      blank(this.#source.slice(start, declaration.start)),
    );
  }
}

module.exports = { __proto__: null, ModuleSyntax };
