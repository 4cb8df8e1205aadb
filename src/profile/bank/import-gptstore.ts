// The list of GPTs of casssapir/gpt-list as inspirations, with the chats that 1mrat/gpt-stats counts for some of them
// (spec/corpora.md). A GPT has a name and a line or two of description, no prompt. Ignores icons and creators.

import { csvRows } from "../../dataset/csv-rows.ts";
import { InputError, type OnBadRow } from "../../dataset/input-error.ts";
import { inputName } from "../../dataset/jsonl.ts";
import { corpusText } from "./corpus-text.ts";
import { htmlText } from "./html-text.ts";
import type { Inspiration } from "./inspiration.ts";
import { textLanguage } from "./text-language.ts";

const SOURCE = "gptstore";
const GPT_ID = /^[\w-]{1,80}$/;

/** What the search engine that the list was drawn from put into the descriptions. */
const BOILERPLATE =
  /\bChatGPT(?: Sign up){2}|\bSign up to chat\b|\bRequires ChatGPT Plus\b|\bChatGPT is a free-to-use AI system\..*$/gs;
/** Full stops and spaces that are left where boilerplate stood. */
const LEFTOVER = /\s*(?:\.\s*){2,}(?!\.\.)|^\s*\.\s+/g;

/** A description without markup and boilerplate; its own ellipses and full stops stay. */
function descriptionOf(html: string): string {
  const text = htmlText(html);
  const cut = text.replace(BOILERPLATE, "");
  return (cut === text ? text : cut.replace(LEFTOVER, (_, at: number) => (at === 0 ? "" : ". "))).trim();
}

/**
 * The GPTs of one or more lists, in their order.
 * @param stats CSV with ID and Chats; GPTs it does not know have no usage
 * @param onBad takes rows that are no CSV or have no usable id
 */
export async function* importGptStore(
  files: readonly string[],
  stats: string | undefined,
  onBad: OnBadRow,
): AsyncGenerator<Inspiration> {
  const chats = stats === undefined ? new Map<string, number>() : await chatsById(stats, onBad);
  for (const path of files) {
    for await (const { line, fields } of csvRows(path, ["gpt_id", "name", "description"], onBad)) {
      const { gpt_id: id, name } = fields;
      const refuse = (field: string, reason: string): void =>
        onBad({ file: inputName(path), line, field, reason, raw: Object.values(fields).join(",") });
      if (!GPT_ID.test(id)) {
        refuse("gpt_id", "ids are letters, digits, - and _");
        continue;
      }
      const description = descriptionOf(fields.description);
      if (`${name}${description}`.trim() === "") {
        refuse("name", "neither name nor description");
        continue;
      }
      const count = chats.get(id);
      yield {
        id: `${SOURCE}_${id}`,
        source: SOURCE,
        name: htmlText(name),
        description,
        corpus: corpusText(htmlText(name), description),
        language: textLanguage(description === "" ? name : description),
        ...(count !== undefined && { usage: { chats: count } }),
        constraints: [],
        meta: {},
      };
    }
  }
}

/** Chats by the id of the GPT; those without a count are left out. @throws InputError where a count is no number */
async function chatsById(path: string, onBad: OnBadRow): Promise<Map<string, number>> {
  const chats = new Map<string, number>();
  for await (const { line, fields } of csvRows(path, ["ID", "Chats"], onBad)) {
    if (fields.Chats.trim() === "") continue;
    const count = Number(fields.Chats);
    if (Number.isFinite(count) && count >= 0) chats.set(fields.ID, count);
    else
      onBad({
        file: inputName(path),
        line,
        field: "Chats",
        reason: `must be a number, not "${fields.Chats}"`,
        raw: `${fields.ID},${fields.Chats}`,
      });
  }
  if (chats.size === 0) throw new InputError(`${inputName(path)}: no counts of chats in it`);
  return chats;
}
