// The condition that a constraint opens with, in its words: "If the user asks for a price" of "If the user asks for a price, give
// one." For constraints that carry no trigger of their own (samples, imported rules). Pure. Whether a condition holds is not
// decided here.

const CONDITION = {
  en: /^(?:if|when|whenever|unless|in case|for (?:questions|messages|requests)|should)\b/i,
  zh: /^(?:当|如果|若|假如|要是|只要|一旦|遇到|对于|在.{1,30}时|每当|凡是|除非|.{1,30}(?:时|的话)[，,])/u,
} as const;

/** Whether a text opens like a condition. */
export const opensWithCondition = (text: string, language: "en" | "zh"): boolean => CONDITION[language].test(text);

/** The condition, up to the first comma that no quotation marks enclose; null where the text opens with none. */
export function openingCondition(text: string, language: "en" | "zh"): string | null {
  if (!opensWithCondition(text, language)) return null;
  return /^(?:“[^”]*”|「[^」]*」|"[^"]*"|[^,，])+(?=[,，])/u.exec(text)?.[0].trim() ?? null;
}
