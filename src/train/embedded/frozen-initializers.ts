// The frozen weights as constants of a graph that lie in the model's own files. ONNX Runtime maps such files into memory: the
// sessions of a process, and of several processes, share one copy, which the system may drop and read again.
//
// ONNX Runtime takes locations only relative to a folder (the session option `session.model_external_initializers_file_folder_path`)
// and refuses those that lead out of it, through links too. The folder is therefore the deepest one that holds all files, as
// the file system resolves them.
import { realpathSync } from "node:fs";
import { dirname, relative, sep } from "node:path";
import type { FrozenTensor, FrozenWeights } from "../../weights/frozen-weights.ts";
import type { Tape } from "./tape.ts";

const FLOAT32_BYTES = 4;

/** TensorProto.DataType.DOUBLE. */
const FLOAT64 = 11;

/** @throws Error if the files share no folder, as on two drives of Windows */
export function weightsFolder(weights: FrozenWeights): string {
  const files = new Set(Array.from(weights.tensors.values(), ({ file }) => file));
  const folders = Array.from(files, (file) => dirname(realpathSync(file)));
  const [first] = folders;
  if (first === undefined) throw new RangeError("a model without tensors");
  let folder = first;
  while (
    !folders.every((other) => other === folder || other.startsWith(folder.endsWith(sep) ? folder : folder + sep))
  ) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`the weights lie on several drives: ${[...files].join(", ")}`);
    folder = parent;
  }
  return folder;
}

/** Gives a graph the frozen tensors that it asks for. */
export class FrozenInitializers {
  readonly #tape: Tape;
  readonly #weights: FrozenWeights;
  readonly #folder: string;
  readonly #names = new Map<string, string>();
  readonly #locations = new Map<string, string>();

  /** @param folder as `weightsFolder` gives it */
  constructor(tape: Tape, weights: FrozenWeights, folder: string) {
    this.#tape = tape;
    this.#weights = weights;
    this.#folder = folder;
  }

  /** A tensor by its name in the checkpoint. */
  tensor(name: string): string {
    const tensor = this.#find(name);
    return this.#add(name, tensor, 0, tensor.shape[0] as number);
  }

  /** Some of a matrix' rows. */
  rows(name: string, first: number, end: number): string {
    return this.#add(`${name}.${first}`, this.#find(name), first, end);
  }

  /** A norm's weight with the architecture's offset. */
  norm(name: string): string {
    const weight = this.tensor(name);
    const { normOffset } = this.#weights.architecture;
    return normOffset === 0 ? weight : this.#tape.operator("Add", [weight, this.#tape.scalar(normOffset)]);
  }

  #find(name: string): FrozenTensor {
    const tensor = this.#weights.tensors.get(name);
    if (tensor === undefined) throw new RangeError(`no tensor ${name} among the frozen weights`);
    return tensor;
  }

  #add(name: string, { shape, file, offset }: FrozenTensor, first: number, end: number): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const rowBytes = shape.slice(1).reduce((product, size) => product * size, FLOAT32_BYTES);
    const data = {
      location: this.#location(file),
      offset: offset + first * rowBytes,
      length: (end - first) * rowBytes,
    };
    this.#tape.model.external(name, "float32", [end - first, ...shape.slice(1)], data);
    const used = this.#tape.type === "float32" ? name : this.#tape.operator("Cast", [name], { to: FLOAT64 });
    this.#names.set(name, used);
    return used;
  }

  #location(file: string): string {
    const known = this.#locations.get(file);
    if (known !== undefined) return known;
    const location = relative(this.#folder, realpathSync(file)).replaceAll(sep, "/");
    this.#locations.set(file, location);
    return location;
  }
}
