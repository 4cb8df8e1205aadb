// Writes ONNX models: a graph of operators with its inputs, outputs and constants as the protobuf message ModelProto. Knows the
// fields of onnx.proto3 (ONNX 1.17, IR version 10) that a dense graph without subgraphs needs, and nothing of what operators
// mean. Ignores reading.
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** Types of elements, with their numbers in TensorProto.DataType. */
const ELEMENT_TYPES = { float32: 1, uint8: 2, int64: 7, bool: 9, float64: 11 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

/** A size in elements, or the name of one that only a run knows. */
export type Dimension = number | string;

/** Numbers are integers unless wrapped in `float`; ONNX types attributes, and JavaScript does not. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** Where an initializer's elements lie, little-endian; `location` is relative to a folder that the session is told of. */
export interface ExternalData {
  readonly location: string;
  /** In bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}

/** Versions of the operator sets: 18 has the axes of reductions as inputs and `reduction` of ScatterElements. */
const OPERATOR_SETS = [
  { domain: "", version: 18 },
  { domain: "com.microsoft", version: 1 },
] as const;
export type Domain = (typeof OPERATOR_SETS)[number]["domain"];

const IR_VERSION = 10;

/** AttributeProto.AttributeType. */
const ATTRIBUTE_TYPES = { float: 1, integer: 2, string: 3, integers: 7 } as const;

/** TensorProto.DataLocation.EXTERNAL. */
const EXTERNAL = 1;

interface Node {
  readonly type: string;
  readonly domain: Domain;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

interface Port {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

interface Initializer extends Port {
  readonly shape: readonly number[];
  readonly data: Uint8Array | ExternalData;
}

export type ConstantData = Float32Array | Float64Array | BigInt64Array;

/** A graph that is written operator by operator, in an order in which it can run. Tensors are known by their names. */
export class OnnxModel {
  readonly #nodes: Node[] = [];
  readonly #inputs: Port[] = [];
  readonly #outputs: Port[] = [];
  readonly #initializers = new Map<string, Initializer>();
  /** Names of constants by what they hold, so that each is written once. */
  readonly #constants = new Map<string, string>();
  /** Names that outputs of operators get as outputs of the graph. */
  readonly #renamed = new Map<string, string>();
  #count = 0;

  input(name: string, type: ElementType, shape: readonly Dimension[]): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  /** Makes an operator's output one of the graph, under the given name. */
  output(tensor: string, name: string, type: ElementType, shape: readonly Dimension[]): void {
    const computed = this.#nodes.some(({ outputs }) => outputs.includes(tensor));
    // What no operator gives, or has a name already, needs an operator of its own.
    const from = computed && !this.#renamed.has(tensor) ? tensor : this.operator("Identity", [tensor]);
    this.#renamed.set(from, name);
    this.#outputs.push({ name, type, shape });
  }

  /** A constant that lies in a file. */
  external(name: string, type: ElementType, shape: readonly number[], data: ExternalData): string {
    this.#initializers.set(name, { name, type, shape, data });
    return name;
  }

  /** A constant within the model. */
  constant(shape: readonly number[], data: ConstantData): string {
    const type = data instanceof Float32Array ? "float32" : data instanceof Float64Array ? "float64" : "int64";
    const key = `${type} ${shape} ${data}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#fresh("constant");
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#initializers.set(name, { name, type, shape, data: bytes });
    this.#constants.set(key, name);
    return name;
  }

  /** A list of integers, the form of shapes and axes. */
  integers(...values: readonly number[]): string {
    return this.constant([values.length], BigInt64Array.from(values, BigInt));
  }

  /** Appends an operator with one output, whose name is returned. An input "" is one left out. */
  operator(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Domain = "",
  ): string {
    return this.operators(type, inputs, 1, attributes, domain)[0] as string;
  }

  /** The same with several outputs. */
  operators(
    type: string,
    inputs: readonly string[],
    outputCount: number,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Domain = "",
  ): readonly string[] {
    const outputs = Array.from({ length: outputCount }, () => this.#fresh(type));
    this.#nodes.push({ type, domain, inputs, outputs, attributes });
    return outputs;
  }

  get inputNames(): readonly string[] {
    return this.#inputs.map(({ name }) => name);
  }

  get outputNames(): readonly string[] {
    return this.#outputs.map(({ name }) => name);
  }

  /** The ModelProto. */
  bytes(): Uint8Array {
    const writer = new BinaryWriter();
    integerField(writer, 1, IR_VERSION);
    stringField(writer, 2, "rpo-kit");
    message(writer, 7, () => this.#graph(writer));
    for (const { domain, version } of OPERATOR_SETS)
      message(writer, 8, () => {
        stringField(writer, 1, domain);
        integerField(writer, 2, version);
      });
    return writer.finish();
  }

  #fresh(type: string): string {
    this.#count += 1;
    return `${type}_${this.#count}`;
  }

  // What the outputs depend on. ONNX Runtime would run the rest too, such as the end of a forward pass of which only the
  // gradients are asked for.
  #needed(): { readonly nodes: readonly Node[]; readonly initializers: readonly Initializer[] } {
    const needed = new Set([...this.#renamed.keys(), ...this.#outputs.map(({ name }) => name)]);
    const nodes: Node[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((output) => needed.has(output))) continue;
      nodes.push(node);
      for (const input of node.inputs) needed.add(input);
    }
    const initializers = [...this.#initializers.values()].filter(({ name }) => needed.has(name));
    return { nodes: nodes.reverse(), initializers };
  }

  // GraphProto
  #graph(writer: BinaryWriter): void {
    const renamed = (tensor: string) => this.#renamed.get(tensor) ?? tensor;
    const { nodes, initializers } = this.#needed();
    for (const node of nodes)
      message(writer, 1, () => {
        for (const input of node.inputs) stringField(writer, 1, renamed(input));
        for (const output of node.outputs) stringField(writer, 2, renamed(output));
        // Profiles of a run call operators by these names.
        stringField(writer, 3, node.outputs[0] as string);
        stringField(writer, 4, node.type);
        for (const [name, value] of Object.entries(node.attributes))
          message(writer, 5, () => attribute(writer, name, value));
        if (node.domain !== "") stringField(writer, 7, node.domain);
      });
    stringField(writer, 2, "graph");
    for (const initializer of initializers) message(writer, 5, () => tensorProto(writer, initializer));
    for (const port of this.#inputs) message(writer, 11, () => valueInfo(writer, port));
    for (const port of this.#outputs) message(writer, 12, () => valueInfo(writer, port));
  }
}

// AttributeProto
function attribute(writer: BinaryWriter, name: string, value: Attribute): void {
  stringField(writer, 1, name);
  if (typeof value === "number") {
    integerField(writer, 3, value);
    integerField(writer, 20, ATTRIBUTE_TYPES.integer);
  } else if (typeof value === "string") {
    stringField(writer, 4, value);
    integerField(writer, 20, ATTRIBUTE_TYPES.string);
  } else if ("float" in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    integerField(writer, 20, ATTRIBUTE_TYPES.float);
  } else {
    for (const element of value) integerField(writer, 8, element);
    integerField(writer, 20, ATTRIBUTE_TYPES.integers);
  }
}

// TensorProto
function tensorProto(writer: BinaryWriter, { name, type, shape, data }: Initializer): void {
  for (const size of shape) integerField(writer, 1, size);
  integerField(writer, 2, ELEMENT_TYPES[type]);
  stringField(writer, 8, name);
  if (data instanceof Uint8Array) {
    writer.tag(9, WireType.LengthDelimited).bytes(data);
    return;
  }
  const entries = { location: data.location, offset: String(data.offset), length: String(data.length) };
  for (const [key, value] of Object.entries(entries))
    message(writer, 13, () => {
      stringField(writer, 1, key);
      stringField(writer, 2, value);
    });
  integerField(writer, 14, EXTERNAL);
}

// ValueInfoProto { name, TypeProto { Tensor { elem_type, TensorShapeProto { Dimension } } } }
function valueInfo(writer: BinaryWriter, { name, type, shape }: Port): void {
  stringField(writer, 1, name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      integerField(writer, 1, ELEMENT_TYPES[type]);
      message(writer, 2, () => {
        for (const size of shape)
          message(writer, 1, () => {
            if (typeof size === "number") integerField(writer, 1, size);
            else stringField(writer, 2, size);
          });
      });
    }),
  );
}

function integerField(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

function stringField(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}
