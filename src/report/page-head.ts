// The head of every page of ours: one file that opens without a server, asks nothing of any network and has no script; a content
// security policy stands behind that.
import { html, type Markup, trusted } from "./markup.ts";
import { pageStyle } from "./page-style.ts";

/** Nothing is loaded or run: the style and the pictures are in the page. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** ✓✗ in the tab: a picture in the address, so that the browser does not look for one. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
  "%3Crect width='16' height='16' rx='3' fill='%230f766e'/%3E" +
  "%3Cpath d='M3 6h9l-3-3M13 10H4l3 3' fill='none' stroke='white' stroke-width='1.6'/%3E%3C/svg%3E";

/** All of a page before its body. @param style rules of its own, beside those of all pages */
export const pageHead = (title: string, style = ""): Markup => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="${trusted(ICON)}">
<style>${trusted(pageStyle() + style)}</style>
</head>
`;
