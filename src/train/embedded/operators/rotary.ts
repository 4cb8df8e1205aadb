// Rotary position embedding (Su et al. 2021) in the layout of Hugging Face checkpoints: elements j and j + D/2 of a head of
// width D turn by the angle j of their position,
//
//   y₁ = x₁ cos − x₂ sin        y₂ = x₂ cos + x₁ sin
//
// with the halves x = [x₁ | x₂]. The gradient turns back: dx is dy turned by the opposite angles.
import type { Tape, Value } from "../tape.ts";

/** Angles of one kind of layer, by names of tensors. */
export interface Rotation {
  /** [T, D / 2] */
  readonly cos: string;
  readonly sin: string;
  /** −sin. */
  readonly minusSin: string;
}

/** @param cos, sin [T, D], of which both halves are equal */
export function rotation(tape: Tape, cos: Value, sin: Value, headDim: number): Rotation {
  const half = (whole: Value) => {
    const { model } = tape;
    const bounds = [model.integers(0), model.integers(headDim / 2), model.integers(-1)];
    return tape.operator("Slice", [whole.name, ...bounds]);
  };
  const sinHalf = half(sin);
  return { cos: half(cos), sin: sinHalf, minusSin: tape.operator("Neg", [sinHalf]) };
}

/** @param x [T, heads * headDim] */
export function rotary(tape: Tape, x: Value, { cos, sin, minusSin }: Rotation, heads: number, headDim: number): Value {
  const y = turned(tape, x.name, cos, sin, heads, headDim);
  return tape.value(y, x.shape, [x], (dy) =>
    tape.accumulateSum(x, () => turned(tape, dy, cos, minusSin, heads, headDim)),
  );
}

function turned(tape: Tape, x: string, cos: string, sin: string, heads: number, headDim: number): string {
  const { model } = tape;
  const rows = (tensor: string) => tape.operator("Reshape", [tensor, model.integers(-1, heads * headDim)]);
  if (tape.type === "float32") {
    const batch = tape.operator("Reshape", [x, model.integers(1, -1, heads * headDim)]);
    // Row t of the tables belongs to token t, whatever its position: the tables are made for the sequence.
    const firstRow = model.integers(0);
    const attributes = { num_heads: heads, interleaved: 0 };
    return rows(tape.operator("RotaryEmbedding", [batch, firstRow, cos, sin], attributes, "com.microsoft"));
  }
  // ONNX Runtime's own operator is for single precision only.
  const wide = (table: string) => tape.operator("Unsqueeze", [table, model.integers(1)]);
  const times = (half: string | undefined, table: string) => tape.operator("Mul", [half as string, wide(table)]);
  const split = model.integers(headDim / 2, headDim / 2);
  const heads_THD = tape.operator("Reshape", [x, model.integers(-1, heads, headDim)]);
  const [first, second] = model.operators("Split", [heads_THD, split], 2, { axis: -1 });
  const halves = [
    tape.operator("Sub", [times(first, cos), times(second, sin)]),
    tape.operator("Add", [times(second, cos), times(first, sin)]),
  ];
  return rows(tape.operator("Concat", halves, { axis: -1 }));
}
