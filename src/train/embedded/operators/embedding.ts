// Rows of a frozen embedding matrix by token. Nothing behind it is trained, so it has no gradient.
import type { Tape, Value } from "../tape.ts";

/**
 * @param embeddings [V, width]
 * @param ids int64 [T]
 */
export function embedding(tape: Tape, embeddings: string, ids: string, width: number): Value {
  return { name: tape.operator("Gather", [embeddings, ids], { axis: 0 }), shape: ["T", width], needsGradient: false };
}
