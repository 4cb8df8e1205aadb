// How much of two texts is the same at their beginning and their end: 1 of equal ones, near 1 of a text and a small edit of it.
// Cheap, and enough to tell an edit from another response; knows nothing of words moved or meanings shared.

/** 0 to 1, by UTF-16 code units of the longer one; 1 of two empty texts. */
export function likeness(a: string, b: string): number {
  const longer = Math.max(a.length, b.length);
  const shorter = Math.min(a.length, b.length);
  if (longer === 0) return 1;
  let start = 0;
  while (start < shorter && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  return (start + end) / longer;
}
