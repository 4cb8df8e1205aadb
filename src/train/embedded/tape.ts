// Reverse-mode differentiation (Linnainmaa 1970; Griewank and Walther, Evaluating Derivatives, ch. 3) of a graph while it is
// written: operators append their forward pass to the model and leave a function that appends their backward pass. What no
// trained tensor depends on gets no backward pass.
import type { Attribute, Dimension, Domain, OnnxModel } from "./onnx-model.ts";

/** Type of all floating-point tensors of a graph: float64 is for checks against finite differences. */
export type FloatType = "float32" | "float64";

/** A tensor of the graph. */
export interface Value {
  /** Its name in the model. */
  readonly name: string;
  readonly shape: readonly Dimension[];
  /** Whether a trained tensor, or an input whose gradient is asked for, stands behind it. */
  readonly needsGradient: boolean;
}

/** Appends a backward pass; `gradients` are those of the operator's outputs, undefined where nothing depends on one. */
export type Backward = (gradients: readonly (string | undefined)[]) => void;

/** A model under construction with the record of what has to be differentiated. */
export class Tape {
  readonly model: OnnxModel;
  readonly type: FloatType;
  readonly #record: { readonly outputs: readonly string[]; readonly backward: Backward }[] = [];
  readonly #gradients = new Map<string, string>();

  constructor(model: OnnxModel, type: FloatType) {
    this.model = model;
    this.type = type;
  }

  /** A floating-point input of the graph. */
  input(name: string, shape: readonly Dimension[], needsGradient = false): Value {
    return { name: this.model.input(name, this.type, shape), shape, needsGradient };
  }

  /** Makes a floating-point tensor an output of the graph. */
  output(tensor: string, name: string, shape: readonly Dimension[]): void {
    this.model.output(tensor, name, this.type, shape);
  }

  /** A floating-point constant without dimensions. */
  scalar(value: number): string {
    return this.model.constant([], this.type === "float32" ? Float32Array.of(value) : Float64Array.of(value));
  }

  /** Appends an operator with one output and returns the output's name. */
  operator(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    domain?: Domain,
  ): string {
    return this.model.operator(type, inputs, attributes, domain);
  }

  /** Result of an operator with the inputs it was made of; `backward` is kept if one of them needs a gradient. */
  value(
    name: string,
    shape: readonly Dimension[],
    inputs: readonly Value[],
    backward: (gradient: string) => void,
  ): Value {
    return this.values([{ name, shape }], inputs, ([gradient]) => {
      if (gradient !== undefined) backward(gradient);
    })[0] as Value;
  }

  /** The same of an operator with several results, which needs the gradients of all of them at once. */
  values(
    results: readonly { readonly name: string; readonly shape: readonly Dimension[] }[],
    inputs: readonly Value[],
    backward: Backward,
  ): readonly Value[] {
    const needsGradient = inputs.some((input) => input.needsGradient);
    if (needsGradient) this.#record.push({ outputs: results.map(({ name }) => name), backward });
    return results.map((result) => ({ ...result, needsGradient }));
  }

  /**
   * Adds to a value's gradient, if it needs one. The function appends the contribution; it is given the sum so far, which it may
   * add itself (a matrix product can, at no cost).
   */
  accumulate(value: Value, contribution: (sum: string | undefined) => string): void {
    if (value.needsGradient) this.#gradients.set(value.name, contribution(this.#gradients.get(value.name)));
  }

  /** The same for contributions that are not products. */
  accumulateSum(value: Value, contribution: () => string): void {
    this.accumulate(value, (sum) => {
      const more = contribution();
      return sum === undefined ? more : this.operator("Add", [sum, more]);
    });
  }

  /** Appends the backward pass from the seeds, gradients of the given values, down to all that needs a gradient. */
  backward(seeds: readonly { readonly value: Value; readonly gradient: string }[]): void {
    for (const { value, gradient } of seeds) this.accumulateSum(value, () => gradient);
    for (const { outputs, backward } of this.#record.toReversed()) {
      const gradients = outputs.map((output) => this.#gradients.get(output));
      if (gradients.some((gradient) => gradient !== undefined)) backward(gradients);
    }
  }

  /** Name of a value's gradient. @throws Error if nothing that was differentiated depends on the value */
  gradient(value: Value): string {
    const gradient = this.#gradients.get(value.name);
    if (gradient === undefined) throw new Error(`nothing depends on ${value.name}`);
    return gradient;
  }
}
