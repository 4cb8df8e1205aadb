import fc from "fast-check";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { escapeText, html, trusted } from "./markup.ts";

describe("html", () => {
  it("escapes values in text and in attributes, and keeps its own markup", () => {
    const hostile = `"><img src=x onerror=alert(1)></style><script>'\``;
    expect(html`<p title="${hostile}">${hostile}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&lt;/style&gt;&lt;script&gt;&#39;&#96;">' +
        "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&lt;/style&gt;&lt;script&gt;&#39;&#96;</p>",
    );
    expect(html`<ul>${["<a>", "b"].map((text) => html`<li>${text}</li>`)}${null}${trusted("<hr>")}${7}</ul>`.text).toBe(
      "<ul><li>&lt;a&gt;</li><li>b</li><hr>7</ul>",
    );
  });

  it("never lets a value become markup", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        const { document } = parseHTML(`<html><body>${html`<p title="${value}">${value}</p>`.text}</body></html>`);
        const paragraph = document.querySelector("p");
        expect(document.body.childNodes.length).toBe(1);
        expect(paragraph?.children.length).toBe(0);
        expect(paragraph?.getAttributeNames()).toEqual(["title"]);
      }),
    );
  });
});

describe("escapeText", () => {
  it("shows characters that would turn or hide text, and mends what is not Unicode", () => {
    expect(escapeText("a\u202eb\u2066c\u0000d\u001b[0m")).toBe("a[U+202E]b[U+2066]c[U+0000]d[U+001B][0m");
    expect(escapeText("\ud800x")).toBe("\ufffdx");
    expect(escapeText("a\r\nb\rc\td")).toBe("a\nb\nc\td");
  });

  it("leaves right-to-left writing, joiners and emoji as they are", () => {
    for (const text of ["שלום\u200f", "👩‍🌾", "字词"]) expect(escapeText(text)).toBe(text);
  });
});
