// What a cell has beside the language and its inputs.
interface Tagged {
  readonly type: string;
  readonly text: string;
}
type TaggedNumber = Tagged & number;
declare function display(value: unknown, metadata?: object): any;
declare function progress(done: number, total?: number | null, text?: string): void;
