// Rows of a value in runs, one after the other, and runs as one value again. How long they are only a run of the graph knows.
//
//   split: dx = the gradients of the runs, one below the other        joined: the other way round
//   first rows: dx = dy above rows of zeros
import type { Tape, Value } from "../tape.ts";

/** Where runs of rows lie, by names of int64 tensors. */
export interface Runs {
  /** [number of runs] rows of each, together as many as the value has. */
  readonly sizes: string;
  /** [1] each: the row after the last of each run. */
  readonly ends: readonly string[];
}

/** The runs of x, [T, width], from its first row on. */
export function splitRows(tape: Tape, x: Value, { sizes, ends }: Runs): readonly Value[] {
  const names = tape.model.operators("Split", [x.name, sizes], ends.length, { axis: 0 });
  const results = names.map((name) => ({ name, shape: ["run", ...x.shape.slice(1)] }));
  return tape.values(results, [x], (gradients) =>
    tape.accumulateSum(x, () => {
      const all = gradients.map((dy, i) => dy ?? tape.operator("Mul", [names[i] as string, tape.scalar(0)]));
      return tape.operator("Concat", all, { axis: 0 });
    }),
  );
}

/** x before the row `end`, an int64 [1]. */
export function firstRows(tape: Tape, x: Value, end: string): Value {
  const { model } = tape;
  const y = tape.operator("Slice", [x.name, model.integers(0), end, model.integers(0)]);
  return tape.value(y, x.shape, [x], (dy) =>
    tape.accumulateSum(x, () => {
      const missing = tape.operator("Sub", [rowCount(tape, x.name), rowCount(tape, dy)]);
      const none = model.integers(0);
      return tape.operator("Pad", [dy, tape.operator("Concat", [none, none, missing, none], { axis: 0 })]);
    }),
  );
}

/** Values of one width below one another, [T, width]. */
export function joinRows(tape: Tape, parts: readonly Value[], { sizes }: Runs): Value {
  const [first] = parts as readonly [Value, ...Value[]];
  const names = parts.map(({ name }) => name);
  return tape.value(tape.operator("Concat", names, { axis: 0 }), ["T", ...first.shape.slice(1)], parts, (dy) => {
    const gradients = tape.model.operators("Split", [dy, sizes], parts.length, { axis: 0 });
    parts.forEach((part, i) => {
      tape.accumulateSum(part, () => gradients[i] as string);
    });
  });
}

/** int64 [1] */
const rowCount = (tape: Tape, x: string): string => tape.operator("Shape", [x], { start: 0, end: 1 });
