// For tests: runs graphs in ONNX Runtime, and compares the gradients that a graph computes with central differences of what it
// computes them of, in double precision.
import { InferenceSession, Tensor } from "onnxruntime-node";
import { seededRandom } from "../../preference/seed.ts";
import { OnnxModel } from "./onnx-model.ts";
import type { FloatType, Value } from "./tape.ts";
import { Tape } from "./tape.ts";

/** Of an entry x, the difference quotient is taken over ±(1 + |x|) times this. */
const STEP = 1e-5;

/** Gradients this much smaller than the largest of their tensor are compared to that share of it: differences cancel digits. */
const SMALL_SHARE = 1e-3;

export interface Numbers {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

/** Elements between −spread and spread, drawn from the seed. */
export function randomNumbers(seed: number, name: string, shape: readonly number[], spread = 1): Numbers {
  const random = seededRandom("numbers", seed, name);
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, data: Float64Array.from({ length: count }, () => spread * (2 * random() - 1)) };
}

/** A tensor of the graph's type. */
export function floatTensor(type: FloatType, { data, shape }: Numbers): Tensor {
  return type === "float64" ? new Tensor(type, data, shape) : new Tensor(type, Float32Array.from(data), shape);
}

export const integerTensor = (...values: readonly number[]): Tensor =>
  new Tensor("int64", BigInt64Array.from(values, BigInt), [values.length]);

/** A session of a graph as the trainer makes it; `folder` is that of the weights. */
export function session(model: Uint8Array, folder?: string): Promise<InferenceSession> {
  const weights = folder === undefined ? {} : { model_external_initializers_file_folder_path: folder };
  return InferenceSession.create(model, {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
    // Beyond "basic" ONNX Runtime puts in operators that it has in single precision only.
    graphOptimizationLevel: "basic",
    extra: { session: { disable_prepacking: "1", ...weights } },
  });
}

/** An output's elements. */
export function elements(outputs: InferenceSession.ReturnType, name: string): Float64Array {
  const tensor = outputs[name];
  if (tensor === undefined) throw new RangeError(`no output ${name}`);
  return Float64Array.from(tensor.data as Float32Array | Float64Array);
}

/** Central difference of `f` in one entry of `data`, which is put back. */
export async function difference(data: Float64Array, entry: number, f: () => Promise<number>): Promise<number> {
  const x = data[entry] as number;
  const step = STEP * (1 + Math.abs(x));
  data[entry] = x + step;
  const above = await f();
  data[entry] = x - step;
  const below = await f();
  data[entry] = x;
  return (above - below) / (2 * step);
}

/** |a − b| relative to the larger of them, or to a share of the largest gradient of the tensor where both are small. */
export function relativeError(a: number, b: number, largest: number): number {
  const size = Math.max(Math.abs(a), Math.abs(b), SMALL_SHARE * largest);
  return size === 0 ? 0 : Math.abs(a - b) / size;
}

/** An operator under test: its differentiable inputs, what else it reads, and what it gives. */
export interface OperatorCase {
  readonly inputs: Readonly<Record<string, Numbers>>;
  /** Tensors of other types, and numbers of which no gradient is asked. */
  readonly fixed?: Readonly<Record<string, Numbers | Tensor>>;
  /** Shapes of the results. */
  readonly shapes: readonly (readonly number[])[];
  build(tape: Tape, inputs: Readonly<Record<string, Value>>, fixed: Readonly<Record<string, string>>): readonly Value[];
}

/** What a run gave: `results` in order, `gradients` of the results' sum with random weights, by input. */
export interface OperatorRun {
  readonly results: readonly Float64Array[];
  readonly gradients: Readonly<Record<string, Float64Array>>;
}

export interface OperatorCheck {
  readonly double: OperatorRun;
  readonly single: OperatorRun;
  /** Largest relative error of the gradients in double precision, over all entries of all differentiable inputs. */
  readonly worstGradient: number;
  /** Largest difference between the precisions, relative to the largest element of each tensor. */
  readonly worstSingle: number;
}

/** Runs an operator in both precisions and holds its gradients against differences. */
export async function checkOperator(operator: OperatorCase): Promise<OperatorCheck> {
  const seeds = operator.shapes.map((shape, i) => randomNumbers(0, `seed ${i}`, shape));
  const run = await operatorSession("float64", operator, seeds);
  const runSingle = await operatorSession("float32", operator, seeds);
  try {
    const double = await run();
    const single = await runSingle();
    const total = async () => {
      const { results } = await run();
      return sum(results.flatMap((result, i) => Array.from(result, (y, j) => y * (seeds[i]?.data[j] as number))));
    };
    let worstGradient = 0;
    for (const [name, { data }] of Object.entries(operator.inputs)) {
      const gradient = double.gradients[name] as Float64Array;
      for (let i = 0; i < data.length; i += 1) {
        const expected = await difference(data, i, total);
        worstGradient = Math.max(worstGradient, relativeError(gradient[i] as number, expected, largest(gradient)));
      }
    }
    const pairs = [
      ...double.results.map((result, i) => [result, single.results[i]] as const),
      ...Object.keys(operator.inputs).map((name) => [double.gradients[name], single.gradients[name]] as const),
    ];
    const worstSingle = Math.max(...pairs.map(([a, b]) => distance(a as Float64Array, b as Float64Array)));
    return { double, single, worstGradient, worstSingle };
  } finally {
    await run.release();
    await runSingle.release();
  }
}

/** Largest difference of two tensors' elements, relative to the largest element of the first. */
export function distance(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const differences = a.map((x, i) => Math.abs(x - (b[i] as number)));
  if (differences.some(Number.isNaN)) return Number.NaN;
  return largest(differences) / (largest(a) || 1);
}

/** Whether a tensor is one of ONNX Runtime, of a type that no graph changes. */
export const isTensor = (tensor: Numbers | Tensor): tensor is Tensor => tensor instanceof Tensor;

const largest = (numbers: Float64Array): number => numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const sum = (numbers: readonly number[]): number => numbers.reduce((left, right) => left + right, 0);

async function operatorSession(type: FloatType, operator: OperatorCase, seeds: readonly Numbers[]) {
  const { inputs, fixed = {}, shapes, build } = operator;
  const model = new OnnxModel();
  const tape = new Tape(model, type);
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [name, tape.input(name, shape, true)]),
  );
  const names = Object.fromEntries(
    Object.entries(fixed).map(([name, tensor]) => {
      if (!isTensor(tensor)) return [name, tape.input(name, tensor.shape).name];
      return [name, model.input(name, tensor.type as "int64" | "uint8", tensor.dims)];
    }),
  );
  const results = build(tape, values, names);
  results.forEach(({ name }, i) => {
    tape.output(name, `result ${i}`, shapes[i] as readonly number[]);
  });
  tape.backward(
    results.map((value, i) => ({ value, gradient: tape.input(`seed ${i}`, shapes[i] as readonly number[]).name })),
  );
  for (const [name, value] of Object.entries(values)) tape.output(tape.gradient(value), `d ${name}`, value.shape);

  const running = await session(model.bytes());
  const feed = (tensor: Numbers | Tensor) => (isTensor(tensor) ? tensor : floatTensor(type, tensor));
  const run = async (): Promise<OperatorRun> => {
    const all = { ...inputs, ...fixed, ...Object.fromEntries(seeds.map((seed, i) => [`seed ${i}`, seed])) };
    const outputs = await running.run(Object.fromEntries(Object.entries(all).map(([name, t]) => [name, feed(t)])));
    return {
      results: results.map((_, i) => elements(outputs, `result ${i}`)),
      gradients: Object.fromEntries(Object.keys(inputs).map((name) => [name, elements(outputs, `d ${name}`)])),
    };
  };
  return Object.assign(run, { release: () => running.release() });
}
