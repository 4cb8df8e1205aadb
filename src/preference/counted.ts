// How many of something, in words for people: "1 pair", "1,234 pairs".

/** The count with its noun, in the plural but for one. @param noun in the singular, one that takes an s */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
