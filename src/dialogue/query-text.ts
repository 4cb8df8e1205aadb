// The text of a query as a person would have typed it: what a model put around it taken off, no emoji, no quotation marks, one
// line, and not longer than the method allows (spec/method.md, data construction, 3). Pure.

/** Words of English, characters of Chinese (a Latin word or a number in Chinese counts as one). */
export const MOST_UNITS = 20;

/** Emoji with their skin tones, variation selectors, flags and keycaps (joiners are invisible); kaomoji are left. */
const EMOJI = /[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}]|[\ufe0e\ufe0f]|\u20e3/gu;
const QUOTES = /["“”„‟«»「」『』〝〞＂`]|(?<![\p{L}\p{N}])['‘’‚‹›]|['‘’‚‹›](?![\p{L}\p{N}])/gu;
/** "User:", "Query:", "用户：" and the like, that models begin with. */
const LABEL =
  /^(?:(?:\*\*)?(?:user|customer|me|query|question|message|my message|next message|the next message|rephrased|output|answer|用户|我|顾客|问题|提问|消息|新消息|下一条消息|改写|输出|回答)(?:\*\*)?\s*[:：]\s*(?:\*\*)?\s*)+/iu;
/** Invisible characters and those that control the direction of writing: nobody types them. */
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu;

/** The first paragraph of what a model wrote, cleaned. Cleaning twice changes nothing more. */
export function queryText(raw: string): string {
  let text = raw.toWellFormed();
  // Each step may bare what another takes off ("“User: …").
  for (let before = ""; before !== text; ) {
    before = text;
    text = (text.split(/\n\s*\n/).find((paragraph) => paragraph.trim() !== "") ?? "")
      .replace(/\s+/gu, " ")
      .replace(EMOJI, "")
      .replace(INVISIBLE, "")
      .replace(QUOTES, "")
      .replace(/\s+/gu, " ")
      .trim()
      .replace(LABEL, "")
      .replace(/^(?:[-*•]\s+|\d{1,2}[.)]\s+)/u, "")
      .trim();
  }
  return text;
}

/** Its length in words (English) or characters (Chinese); punctuation is not counted. */
export function unitsOf(text: string, language: "en" | "zh"): number {
  return unitsIn(text, language).length;
}

const UNIT = {
  en: /[\p{L}\p{N}]\S*/gu,
  zh: /\p{Script=Han}|[^\s\p{P}\p{S}\p{Script=Han}]+/gu,
} as const;

const unitsIn = (text: string, language: "en" | "zh"): RegExpExecArray[] => [...text.matchAll(UNIT[language])];

/** As many whole sentences or clauses as fit, or where not even one does, as many units. */
export function shortened(text: string, language: "en" | "zh", most = MOST_UNITS): string {
  const units = unitsIn(text, language);
  const last = units[most - 1];
  if (units.length <= most || last === undefined) return text;
  const fits = text.slice(0, last.index + last[0].length);
  // The sentence's own mark stays; a comma at the end does not.
  const sentence = /^.*[.!?。！？…](?=\s|$|[^\x20-\x7e])/u.exec(fits)?.[0];
  if (sentence !== undefined && unitsOf(sentence, language) > 0) return sentence.trim();
  const clause = /^(.*)[,;:，；：、](?=\s|[^\x20-\x7e]|$)/u.exec(fits)?.[1];
  if (clause !== undefined && unitsOf(clause, language) >= most / 4) return clause.trim();
  return fits.trim();
}
