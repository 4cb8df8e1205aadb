// Lists of literals: “A”、“B”和“C” asks for all, “A”或“B” for any.
import { QUOTED_PATTERN, unquote } from "../../wording/quoted.ts";

const QUOTED = new RegExp(QUOTED_PATTERN, "gu");

/** The phrases of a group, without their quotation marks. */
export const phrasesIn = (group: string | undefined): string[] => (group?.match(QUOTED) ?? []).map(unquote);

/** The phrase of a group that holds one literal. A comma at its very end belongs to the sentence around it. */
export const phraseIn = (group: string | undefined): string => phrasesIn(group)[0] ?? "";

/** How the literals of a group are joined; null where 和 and 或 are mixed. */
export function joinerOf(group: string): "all" | "any" | null {
  const between = group.replace(QUOTED, "");
  const any = /或/.test(between);
  const every = /和|与|及|并/.test(between);
  return any && every ? null : any ? "any" : "all";
}
