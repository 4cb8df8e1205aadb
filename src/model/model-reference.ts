// Reads what a user calls a model: a known name, `hf:owner/repo/file.gguf`, or the path of a file. Looks at no disk and no
// network.
import { CATALOGUE, type CatalogueModel, catalogueModel } from "./catalogue.ts";

export type ModelReference =
  | { readonly kind: "catalogue"; readonly model: CatalogueModel }
  | { readonly kind: "hub"; readonly repo: string; readonly path: string }
  | { readonly kind: "path"; readonly path: string };

/** A reference that means nothing: says what is possible. */
export class ModelReferenceError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ModelReferenceError";
  }
}

const HUB_PREFIX = "hf:";

/** One segment of a hub name: it becomes a segment of a path in the cache. */
const SEGMENT = /^(?!\.{1,2}$)[\w.-]+$/;

/**
 * Reads a reference. What is neither a known name nor `hf:…` and looks like a path is one.
 * @throws ModelReferenceError naming what is known.
 */
export function modelReference(text: string): ModelReference {
  if (text.startsWith(HUB_PREFIX)) return hubReference(text);
  const model = catalogueModel(text);
  if (model !== undefined) return { kind: "catalogue", model };
  if (/[/\\]|\.gguf$/i.test(text)) return { kind: "path", path: text };
  const names = CATALOGUE.map(({ name }) => name).join(", ");
  throw new ModelReferenceError(
    `no model ${JSON.stringify(text)}: known are ${names}; or hf:owner/repo/file.gguf; or a path`,
  );
}

function hubReference(text: string): ModelReference {
  const segments = text.slice(HUB_PREFIX.length).split("/");
  const [owner, name, ...path] = segments;
  if (path.length === 0 || !segments.every((segment) => SEGMENT.test(segment)))
    throw new ModelReferenceError(`${JSON.stringify(text)} is no hub file: write hf:owner/repo/file.gguf`);
  if (!path.at(-1)!.toLowerCase().endsWith(".gguf"))
    throw new ModelReferenceError(`${JSON.stringify(text)} is no GGUF file: its name must end in .gguf`);
  return { kind: "hub", repo: `${owner}/${name}`, path: path.join("/") };
}
