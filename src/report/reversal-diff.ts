// What changed in a constraint when it was reversed, word by word. Words are those of Unicode's segmentation, which also
// finds them in Chinese. Ignores what the words mean.
import { diffArrays } from "diff";
import type { WordingLanguage } from "../constraint/argument.ts";

/** A stretch of the two texts. Kept and removed ones join to the original, kept and inserted ones to the reverse. */
export interface Change {
  readonly kind: "kept" | "removed" | "inserted";
  readonly text: string;
}

/**
 * Smallest share of the shorter text's words that the longer one has too, in order, for the words to be compared one by
 * one. Below it the few that coincide ("the", "的") only tear the sentence to pieces, so it is shown replaced as a whole.
 */
const LEAST_COMMON = 0.4;

/** A kept stretch without a letter or digit between two changes only tears them apart. */
const HAS_WORD = /[\p{L}\p{N}]/u;

const segmenters: Record<WordingLanguage, Intl.Segmenter> = {
  en: new Intl.Segmenter("en", { granularity: "word" }),
  zh: new Intl.Segmenter("zh", { granularity: "word" }),
};

/** The words, spaces and marks of a text. */
function wordsOf(text: string, language: WordingLanguage): string[] {
  return Array.from(segmenters[language].segment(text), ({ segment }) => segment);
}

/** The changes from a constraint to its reverse, in reading order, what is removed before what takes its place. */
export function reversalDiff(from: string, to: string, language: WordingLanguage): Change[] {
  const [before, after] = [wordsOf(from, language), wordsOf(to, language)];
  const changes = diffArrays(before, after).map(
    ({ added, removed, value }): Change => ({
      kind: added ? "inserted" : removed ? "removed" : "kept",
      text: value.join(""),
    }),
  );
  const words = (texts: readonly string[]): number => texts.filter((text) => HAS_WORD.test(text)).length;
  const kept = words(changes.filter(({ kind }) => kind === "kept").flatMap(({ text }) => wordsOf(text, language)));
  if (kept < LEAST_COMMON * Math.min(words(before), words(after))) {
    return joined([
      { kind: "removed", text: from },
      { kind: "inserted", text: to },
    ]);
  }
  return joined(
    changes.flatMap((change, index): Change[] =>
      change.kind === "kept" && index > 0 && index < changes.length - 1 && !HAS_WORD.test(change.text)
        ? [
            { kind: "removed", text: change.text },
            { kind: "inserted", text: change.text },
          ]
        : [change],
    ),
  );
}

/** The same changes with neighbours of one kind joined and, between two kept stretches, one removal and one insertion. */
function joined(changes: readonly Change[]): Change[] {
  const result: Change[] = [];
  const push = (kind: Change["kind"], text: string): void => {
    const last = result.at(-1);
    if (last?.kind === kind) result[result.length - 1] = { kind, text: last.text + text };
    else if (text !== "") result.push({ kind, text });
  };
  let [removed, inserted] = ["", ""];
  const flush = (): void => {
    // White space that both begin or end with stays as it was.
    const edge = removed !== "" && inserted !== "" && inserted.trim() !== "" && removed.trim() !== "";
    const start = edge ? commonStart(removed, inserted) : 0;
    const end = edge ? commonEnd(removed, inserted) : 0;
    push("kept", removed.slice(0, start));
    push("removed", removed.slice(start, removed.length - end));
    push("inserted", inserted.slice(start, inserted.length - end));
    push("kept", removed.slice(removed.length - end));
    [removed, inserted] = ["", ""];
  };
  for (const { kind, text } of changes) {
    if (kind === "removed") removed += text;
    else if (kind === "inserted") inserted += text;
    else {
      flush();
      push("kept", text);
    }
  }
  flush();
  return result;
}

function commonStart(a: string, b: string): number {
  let length = 0;
  while (a[length] === b[length] && /\s/.test(a[length] ?? "")) length += 1;
  return length;
}

function commonEnd(a: string, b: string): number {
  let length = 0;
  while (a.at(-1 - length) === b.at(-1 - length) && /\s/.test(a.at(-1 - length) ?? "")) length += 1;
  return length;
}
