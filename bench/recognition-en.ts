// How much of the IFEval instructions, phrased by people, the English rules recognise, and whether what they recognise
// agrees with the instruction ids that the prompts carry. Sentences of the system messages are read one by one. The official
// programs and our measures define words and sentences their own ways; what is compared here is what is asked for: the
// bounds, the phrases, the language. Run: node bench/recognition-en.ts (data in ../shared, or RPO_SHARED).
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Atom, Requirement } from "../src/constraint/expression.ts";
import {
  atLeast,
  atMost,
  exactly,
  type IntervalSet,
  intersection,
  NONE,
  SOME,
  sameSet,
} from "../src/constraint/interval.ts";
import { readEnglish } from "../src/constraint/recognise/en/read.ts";
import { parse } from "../src/constraint/wording/parse.ts";
import { render } from "../src/constraint/wording/render.ts";

export const sharedFile = (path: string): string =>
  join(process.env.RPO_SHARED ?? join(import.meta.dirname, "../../shared"), "data", path);
export const SYSTEM_PROMPTS = sharedFile("ifeval/system-position.jsonl");

type Kwargs = Readonly<Record<string, unknown>>;
interface Row {
  readonly key: number;
  readonly instruction_id_list: readonly string[];
  readonly kwargs: readonly Kwargs[];
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/** A recognised sentence that asks for something else than the instruction it stands for. */
export interface Disagreement {
  readonly key: number;
  readonly sentence: string;
  readonly wording: string;
  readonly expected: string;
}

export interface Coverage {
  readonly sentences: number;
  readonly recognised: number;
  /** Instructions and how many of them some recognised sentence says, by instruction id. */
  readonly byId: Readonly<Record<string, { readonly total: number; readonly said: number }>>;
  readonly disagreements: readonly Disagreement[];
  readonly missed: readonly string[];
}

/** What one alternative of a requirement asks: an atom, or alternatives of which one will do. */
type Demand = readonly Atom[];

function demandsOf(requirement: Requirement): Demand[] {
  if ("all" in requirement) {
    // "every line …" comes with "there is a line": that is no demand of its own
    if (requirement.all.some((part) => "every" in part)) return [];
    return requirement.all.flatMap(demandsOf);
  }
  if ("any" in requirement) return [requirement.any.flatMap((part) => demandsOf(part).flat())];
  if ("judge" in requirement || "is" in requirement) return [];
  return [[requirement]];
}

const text = (value: unknown): string => String(value).trim().toLowerCase();
const listed = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : []);
const phraseOf = (atom: Atom): string => text(atom.arg?.phrase ?? atom.arg?.word);
const related = (relation: unknown, n: unknown): IntervalSet =>
  relation === "less than" ? atMost(Number(n) - 1) : atLeast(Number(n));
/** People write "4 sections" where the program wants at least 4: the lower bound is what must agree. */
const from = (atom: Atom, n: unknown): boolean => atom.in.length === 1 && atom.in[0]![0] === Number(n);

/** The bound that an instruction sets, if it sets one: two ids on one thing ("between 20 and 25") are met together. */
function boundOf(id: string, kwargs: Kwargs): IntervalSet | null {
  switch (id) {
    case "keywords:existence":
      return SOME;
    case "keywords:frequency":
      return related(kwargs.relation, kwargs.frequency);
    case "length_constraints:number_sentences":
      return related(kwargs.relation, kwargs.num_sentences);
    case "length_constraints:number_words":
      return related(kwargs.relation, kwargs.num_words);
    case "change_case:capital_word_frequency":
      return related(kwargs.capital_relation, kwargs.capital_frequency);
    default:
      return null;
  }
}

interface Expectation {
  /** Measures that speak of the same thing, and whether this atom says the instruction. */
  readonly about: (atom: Atom, kwargs: Kwargs) => boolean;
  readonly agrees: (atom: Atom, kwargs: Kwargs) => boolean;
}
const measure =
  (...names: readonly string[]) =>
  (atom: Atom): boolean =>
    names.includes(atom.measure);
const OCCURS = measure("occurrences", "word-occurrences");

/** What each instruction id asks for, in our terms. */
const EXPECTED: Readonly<Record<string, Expectation>> = {
  "keywords:existence": {
    about: (atom, kwargs) => OCCURS(atom) && listed(kwargs.keywords).includes(phraseOf(atom)),
    agrees: (atom) => sameSet(atom.in, SOME),
  },
  "keywords:frequency": {
    about: (atom, kwargs) => OCCURS(atom) && phraseOf(atom) === text(kwargs.keyword),
    agrees: (atom, kwargs) => sameSet(atom.in, related(kwargs.relation, kwargs.frequency)),
  },
  "keywords:forbidden_words": {
    about: (atom, kwargs) => OCCURS(atom) && listed(kwargs.forbidden_words).includes(phraseOf(atom)),
    agrees: (atom) => sameSet(atom.in, NONE),
  },
  "keywords:letter_frequency": {
    about: (atom, kwargs) => OCCURS(atom) && phraseOf(atom) === text(kwargs.letter),
    agrees: (atom, kwargs) => sameSet(atom.in, related(kwargs.let_relation, kwargs.let_frequency)),
  },
  "language:response_language": {
    about: measure("language"),
    agrees: (atom, kwargs) => atom.arg?.language === kwargs.language && sameSet(atom.in, SOME),
  },
  "length_constraints:number_sentences": {
    about: (atom) => atom.measure === "sentences" && atom.of === undefined,
    agrees: (atom, kwargs) => sameSet(atom.in, related(kwargs.relation, kwargs.num_sentences)),
  },
  "length_constraints:number_paragraphs": {
    about: (atom) => measure("paragraphs", "parts")(atom) && (atom.arg?.separator ?? "***") === "***",
    agrees: (atom, kwargs) =>
      sameSet(atom.in, exactly(Number(kwargs.num_paragraphs))) ||
      (atom.measure === "parts" && sameSet(atom.in, atLeast(2))),
  },
  "length_constraints:number_words": {
    about: (atom) => atom.measure === "words" && atom.of === undefined,
    agrees: (atom, kwargs) => sameSet(atom.in, related(kwargs.relation, kwargs.num_words)),
  },
  "length_constraints:nth_paragraph_first_word": {
    about: (atom) =>
      atom.measure === "paragraphs" ||
      (measure("starts-with", "starts-with-word")(atom) && atom.of?.segment === "paragraph"),
    agrees: (atom, kwargs) =>
      atom.measure === "paragraphs"
        ? sameSet(atom.in, exactly(Number(kwargs.num_paragraphs)))
        : [kwargs.nth_paragraph, -1].includes(atom.of!.at) && phraseOf(atom) === text(kwargs.first_word),
  },
  "detectable_content:number_placeholders": {
    about: measure("placeholders"),
    agrees: (atom, kwargs) => from(atom, kwargs.num_placeholders),
  },
  "detectable_content:postscript": {
    about: measure("postscript"),
    agrees: (atom, kwargs) =>
      text(atom.arg?.marker).replace(/[ .]/g, "") === text(kwargs.postscript_marker).replace(/[ .]/g, ""),
  },
  "detectable_format:number_bullet_lists": {
    about: measure("bullets", "items"),
    agrees: (atom, kwargs) => sameSet(atom.in, exactly(Number(kwargs.num_bullets))),
  },
  "detectable_format:constrained_response": {
    about: (atom) => measure("equals", "occurrences")(atom) && /my answer is/.test(phraseOf(atom)),
    agrees: () => true,
  },
  "detectable_format:number_highlighted_sections": {
    about: measure("highlights", "italic", "bold"),
    agrees: (atom, kwargs) => from(atom, kwargs.num_highlights),
  },
  "detectable_format:multiple_sections": {
    about: measure("sections"),
    agrees: (atom, kwargs) => from(atom, kwargs.num_sections) && text(atom.arg?.label) === text(kwargs.section_spliter),
  },
  "detectable_format:json_format": { about: measure("json", "json-schema"), agrees: (atom) => sameSet(atom.in, SOME) },
  "detectable_format:title": { about: measure("titles"), agrees: (atom) => atom.in[0]![0] === 1 },
  "combination:two_responses": {
    about: (atom) => measure("parts", "distinct-parts")(atom) && atom.arg?.separator === "******",
    agrees: (atom) => sameSet(atom.in, exactly(2)) || sameSet(atom.in, atLeast(2)),
  },
  "combination:repeat_prompt": { about: measure("repeats-query"), agrees: (atom) => sameSet(atom.in, SOME) },
  "startend:end_checker": {
    about: (atom) => measure("ends-with", "ends-with-word")(atom) || (atom.measure === "equals" && atom.of?.at === -1),
    agrees: (atom, kwargs) => phraseOf(atom).replace(/[.]$/, "") === text(kwargs.end_phrase).replace(/[.]$/, ""),
  },
  "startend:quotation": { about: measure("quoted"), agrees: (atom) => sameSet(atom.in, SOME) },
  "change_case:capital_word_frequency": {
    about: measure("capital-words"),
    agrees: (atom, kwargs) => sameSet(atom.in, related(kwargs.capital_relation, kwargs.capital_frequency)),
  },
  "change_case:english_capital": {
    about: (atom) => measure("uppercase", "lowercase")(atom) || atom.measure === "language",
    agrees: (atom) => atom.measure === "uppercase" || atom.arg?.language === "en",
  },
  "change_case:english_lowercase": {
    about: (atom) => measure("uppercase", "lowercase", "language")(atom) || atom.arg?.pattern === "\\p{Lu}",
    agrees: (atom) =>
      (atom.measure === "lowercase" && sameSet(atom.in, SOME)) || atom.arg?.language === "en" || sameSet(atom.in, NONE),
  },
  "punctuation:no_comma": {
    about: (atom) => atom.measure === "marks" && atom.arg?.mark === "comma",
    agrees: (atom) => sameSet(atom.in, NONE),
  },
};

/** Sentences of a system message, as a person would list them. */
export const sentencesOf = (message: string): string[] =>
  message.split(/(?<=[.!?]["”']?)\s+(?=[A-Z])|\n+(?=[A-Z])/).filter((sentence) => sentence.trim() !== "");

/** Reads every sentence of the rows and holds what is recognised against the instructions. Throws on an unknown id. */
export function coverageOf(rows: readonly Row[]): Coverage {
  const byId: Record<string, { total: number; said: number }> = {};
  const disagreements: Disagreement[] = [];
  const missed: string[] = [];
  let sentences = 0;
  let recognised = 0;
  for (const row of rows) {
    const said = new Set<number>();
    const system = row.messages.filter(({ role }) => role === "system").map(({ content }) => content);
    for (const sentence of system.flatMap(sentencesOf)) {
      sentences += 1;
      const constraint = parse(sentence, "en") ?? readEnglish(sentence)?.constraint ?? null;
      if (constraint === null) {
        missed.push(sentence);
        continue;
      }
      recognised += 1;
      for (const demand of demandsOf(constraint.must)) {
        let spoken = false;
        let agreed = false;
        const bounds: { readonly at: number; readonly set: IntervalSet }[] = [];
        const expected: string[] = [];
        for (const [i, id] of row.instruction_id_list.entries()) {
          const expectation = EXPECTED[id];
          if (expectation === undefined) throw new RangeError(`row ${row.key}: no such instruction id: ${id}`);
          const kwargs = row.kwargs[i] ?? {};
          const about = demand.filter((atom) => expectation.about(atom, kwargs));
          if (about.length === 0) continue;
          spoken = true;
          const set = boundOf(id, kwargs);
          if (set !== null) bounds.push({ at: i, set });
          expected.push(`${id} ${JSON.stringify(kwargs)}`);
          if (about.every((atom) => expectation.agrees(atom, kwargs))) {
            agreed = true;
            said.add(i);
          }
        }
        if (!agreed && bounds.length > 1) {
          const together = bounds.map(({ set }) => set).reduce(intersection);
          // "some words in capitals" beside an exact range says the least of it
          agreed = demand.every(
            (atom) => sameSet(atom.in, together) || (sameSet(atom.in, SOME) && together[0]![0] > 0),
          );
          if (agreed) for (const { at } of bounds) said.add(at);
        }
        if (spoken && !agreed)
          disagreements.push({
            key: row.key,
            sentence,
            wording: render(constraint, "en"),
            expected: expected.join("; "),
          });
      }
    }
    for (const [i, id] of row.instruction_id_list.entries()) {
      byId[id] ??= { total: 0, said: 0 };
      byId[id].total += 1;
      if (said.has(i)) byId[id].said += 1;
    }
  }
  return { sentences, recognised, byId, disagreements, missed };
}

/** The rows of a JSONL file. */
export const rowsOf = (path: string): Row[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as Row);

if (import.meta.main) {
  if (!existsSync(SYSTEM_PROMPTS)) console.log(`no data at ${SYSTEM_PROMPTS}: set RPO_SHARED; nothing measured`);
  else {
    const { sentences, recognised, byId, disagreements, missed } = coverageOf(rowsOf(SYSTEM_PROMPTS));
    console.log(
      `${recognised} of ${sentences} sentences recognised (${((100 * recognised) / sentences).toFixed(1)} %)`,
    );
    const counts = Object.values(byId);
    const said = counts.reduce((sum, count) => sum + count.said, 0);
    const total = counts.reduce((sum, count) => sum + count.total, 0);
    console.log(
      `${said} of ${total} instructions said by a recognised sentence (${((100 * said) / total).toFixed(1)} %)`,
    );
    for (const [id, count] of Object.entries(byId).sort())
      console.log(`  ${id.padEnd(48)} ${count.said}/${count.total}`);
    console.log(`${disagreements.length} disagreements`);
    for (const { key, sentence, wording, expected } of disagreements)
      console.log(`  ${key}: ${sentence}\n    read:     ${wording}\n    expected: ${expected}`);
    if (process.argv.includes("--missed")) for (const sentence of missed) console.log(`- ${sentence}`);
  }
}
