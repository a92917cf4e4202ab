/**
 * A text that is no program, and where.
 *
 * Lives in the worker; thrown before the program runs.
 */
'use strict';

/** The program's text is no JavaScript, or not for a cell; `line` and `column` say where. */
class NotAProgram {
  #isOurs = true;

  constructor(message, line, column) {
    this.message = message;
    this.line = line;
    this.column = column;
  }

  /** Whether a thrown thing is one; asks nothing of the program's objects. */
  static is(thrown) {
    return typeof thrown === 'object' && thrown !== null && #isOurs in thrown;
  }
}

module.exports = { __proto__: null, NotAProgram };
