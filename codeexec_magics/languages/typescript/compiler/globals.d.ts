// What most cells use of Node.js; a cell that uses more is read with all of its types.
interface Console {
  log(...values: any[]): void;
  info(...values: any[]): void;
  debug(...values: any[]): void;
  warn(...values: any[]): void;
  error(...values: any[]): void;
  dir(value: any, options?: object): void;
  table(value: any, names?: readonly string[]): void;
  trace(...values: any[]): void;
  time(label?: string): void;
  timeEnd(label?: string): void;
  timeLog(label?: string, ...values: any[]): void;
  count(label?: string): void;
  group(...values: any[]): void;
  groupEnd(): void;
  assert(value?: any, ...values: any[]): void;
}
declare var console: Console;
declare function structuredClone<T>(value: T): T;
