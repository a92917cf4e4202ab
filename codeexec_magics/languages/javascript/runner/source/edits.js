/**
 * Replacements in a program's text, applied together, and the way back from the text that runs.
 *
 * Lives in the worker and works before the program runs. Lines stay where they are; columns that
 * move are written down, and so is where a piece of text that moved to another line was written.
 */
'use strict';

/** Where offsets of a text stand, asked for in ascending order. */
class Places {
  #source;

  #firstLine;

  #line = 0;

  #start = 0;

  constructor(source, firstLine) {
    this.#source = source;
    this.#firstLine = firstLine;
  }

  /** `[line, column]` of an offset, the column counted from 1. */
  at(offset) {
    for (
      let end = this.#source.indexOf('\n', this.#start);
      end >= 0 && end < offset;
      end = this.#source.indexOf('\n', this.#start)
    ) {
      this.#line += 1;
      this.#start = end + 1;
    }
    return [this.#firstLine + this.#line, offset - this.#start + 1];
  }
}

/** Collects replacements in any order; those at one place are applied in the order of their coming. */
class Edits {
  #source;

  #firstLine;

  #list = [];

  constructor(source, firstLine) {
    this.#source = source;
    this.#firstLine = firstLine;
  }

  /**
   * Replace a range by a text of one line.
   *
   * `origins` says of text that was written elsewhere where that was: `{at, line, column}`, `at`
   * counting from the text's beginning.
   */
  replace(start, end, text, origins = []) {
    this.#list.push({ start, end, text, origins });
  }

  /** Insert a text of one line. */
  insert(offset, text, origins = []) {
    this.replace(offset, offset, text, origins);
  }

  /** `{text, edits}`: the new text, and what `writtenPlace` needs to find the way back. */
  apply() {
    const places = new Places(this.#source, this.#firstLine);
    const sorted = this.#list.sort((one, other) => one.start - other.start);
    const edits = [];
    let text = '';
    let done = 0;
    for (const { start, end, text: inserted, origins } of sorted) {
      const removed = this.#source.slice(start, end).split('\n');
      const [line, column] = places.at(start);
      const last = removed.length - 1;
      edits.push({ line, column, removed: removed[0].length, inserted: inserted.length, origins });
      if (last > 0) {
        const rest = { column: 1, removed: removed[last].length, inserted: 0, origins: [] };
        edits.push({ line: line + last, ...rest });
      }
      text += this.#source.slice(done, start) + inserted + '\n'.repeat(last);
      done = end;
    }
    return { text: text + this.#source.slice(done), edits };
  }
}

module.exports = { __proto__: null, Edits };
