// Plain text of a snippet out of a web page: entities resolved, tags of emphasis removed. For descriptions of a line or two,
// not for pages.

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

/** Resolves each entity once, so that "&amp;lt;" is "&lt;". Unknown ones stay as they are. */
export const htmlText = (html: string): string =>
  html
    .replace(/<\/?[bi]>/g, "")
    .replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,6}));/gi, (whole, decimal, hex, name) => {
      if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
      const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : whole;
    });
