// What a model that thinks aloud says in the end. Servers that know such a model hand its thoughts over apart from its answer (vLLM
// with a reasoning parser, Ollama); behind others they stand before the answer, between <think> and </think>, of which the opening
// mark may be part of the prompt and missing. Pure. Ignores marks of other kinds.
const BEGIN = "<think>";
const END = "</think>";

/** The text behind the thoughts that it begins with, all of it without any, and nothing where they never end. */
export function afterThoughts(text: string): string {
  const end = text.indexOf(END);
  if (end !== -1) return text.slice(end + END.length).trimStart();
  return text.trimStart().startsWith(BEGIN) ? "" : text;
}
