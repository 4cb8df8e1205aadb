// The page of a run in a real browser, opened as a file: what is drawn, that it asks for nothing, fits any screen, and works
// from the keyboard. Where there is no Chromium (npm test installs it), this says so and is left out.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderPage } from "../src/report/page.ts";
import { PAGE_COLOURS } from "../src/report/page-style.ts";
import { samplePageData } from "./page-sample.ts";

const setup = (await import(new URL("../setup/chromium.mjs", import.meta.url).href)) as {
  chromiumPath(): string | null;
};
const executablePath = setup.chromiumPath();

/** Nothing of the browser's own goes to the network; no sandbox, as tests may run as root. */
const ARGUMENTS =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

/** "#0f766e" as the browser gives colours. */
const rgb = (colour: string): string =>
  `rgb(${[1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)).join(", ")})`;

/** A property of how an element is drawn. The tests are compiled without a browser's types. */
const styleOf = (element: Locator, property: string): Promise<string | undefined> =>
  element.evaluate(
    (drawn, name) =>
      (globalThis as unknown as { getComputedStyle(element: unknown): Record<string, string> }).getComputedStyle(drawn)[
        name
      ],
    property,
  );

describe("the page in Chromium", () => {
  let browser: Browser;
  let folder: string;
  const address = (name: string): string => pathToFileURL(join(folder, name)).href;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "rpo-page-"));
    const data = samplePageData();
    await writeFile(join(folder, "index.html"), await renderPage(data));
    const long = "W".repeat(3000);
    const hostile = `"><img src=https://nowhere.invalid/x onerror=alert(1)></style><script>alert(2)</script>${long}`;
    await writeFile(
      join(folder, "hostile.html"),
      await renderPage({
        ...data,
        title: hostile,
        model: { name: hostile, recorded: true, settings: { [hostile]: hostile } },
        files: [{ path: `javascript:alert(4)//${hostile}`, what: hostile, bytes: 1 }],
        matrices: data.matrices.map((matrix) => ({
          ...matrix,
          turn: hostile,
          profile: hostile,
          query: hostile,
          constraints: matrix.constraints.map(({ id }) => ({ id: id + hostile, text: hostile, reversed: hostile })),
          responses: matrix.responses.map(({ id, verdicts }) => ({ id: id + hostile, text: hostile, verdicts })),
        })),
        pairs: data.pairs.map(({ row, language, reversed }) => ({
          row: {
            ...row,
            prompt: row.prompt.map((message) => ({ ...message, content: hostile + message.content })),
            chosen: hostile,
            rejected: hostile,
          },
          language,
          reversed: reversed.map((reversal) => ({ ...reversal, from: hostile })),
        })),
      }),
    );
    if (executablePath === null)
      throw new Error("no Chromium here: `npm test` installs it, RPO_CHROMIUM names another");
    browser = await chromium.launch({ executablePath, args: ARGUMENTS.split(" ") });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens a page; `complaints` gathers what the console says, errors, dialogs and every request but the page itself. */
  async function open(
    name: string,
    options: { width?: number; dark?: boolean } = {},
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({
      viewport: { width: options.width ?? 1280, height: 900 },
      colorScheme: options.dark ? "dark" : "light",
    });
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      if (request.url() !== address(name) && !request.url().startsWith("data:")) complaints.push(request.url());
    });
    await page.goto(address(name), { waitUntil: "load" });
    return { page, complaints };
  }

  it("draws the census, the matrices and the pairs, and asks for nothing", async () => {
    const { page, complaints } = await open("index.html");
    expect(await page.title()).toBe("RPO quickstart");
    expect(await page.locator("svg.rpo-census g.case rect").count()).toBe(7);
    expect(await page.locator("svg.rpo-census g.gap.bar rect").count()).toBe(6);
    const tallest = await page.locator("svg.rpo-census g.gap.bar rect").nth(1).boundingBox();
    expect(tallest?.height).toBeGreaterThan(60);
    expect(await page.locator("td.verdict").count()).toBe(70);
    expect(await page.locator(".pair").count()).toBe(samplePageData().pairs.length);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("shows the reversed words, marked and in sight, in English and in Chinese", async () => {
    const { page } = await open("index.html");
    const inserted = await page.locator(".pair ins").all();
    expect(inserted.length).toBeGreaterThan(8);
    for (const words of inserted) {
      expect(await words.isVisible()).toBe(true);
      const box = await words.boundingBox();
      expect(box?.width).toBeGreaterThan(8);
    }
    const english = page.locator(".pair ins", { hasText: "The response must contain at least 1 exclamation mark." });
    expect(await styleOf(english.first(), "backgroundColor")).toBe(rgb(PAGE_COLOURS["pass-ground"].light));
    const removed = page.locator(".pair del", { hasText: "Do not use any exclamation marks." });
    expect(await styleOf(removed.first(), "textDecorationLine")).toBe("line-through");
    const chinese = page.locator('.pair [lang="zh"] ins', { hasText: "回复必须包含至少1个" });
    const reversesTables = samplePageData().pairs.some(({ reversed }) =>
      reversed.some(({ from }) => from === "不用表格。"),
    );
    expect((await chinese.count()) > 0).toBe(reversesTables);
    expect(await page.locator('.pair [lang="zh"] ins').count()).toBeGreaterThan(0);
    await page.close();
  });

  it.each([360, 700, 1280, 2200])("fits a screen %d px wide, in light and dark, everything opened", async (width) => {
    for (const dark of [false, true]) {
      for (const name of ["index.html", "hostile.html"]) {
        const { page } = await open(name, { width, dark });
        await page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true");
        const root = await page.evaluate("document.documentElement.scrollWidth");
        expect(root, `${name}, dark: ${dark}`).toBeLessThanOrEqual(width);
        await page.close();
      }
    }
  });

  it("keeps each verdict under its constraint, on a wide screen and on a narrow one", async () => {
    for (const width of [360, 1280]) {
      const { page } = await open("index.html", { width });
      const head = await page.locator(".turn thead th:has(a)").nth(4).boundingBox();
      const cell = await page.locator(".turn tbody tr").nth(2).locator("td.verdict").nth(4).boundingBox();
      const middle = (box: typeof head): number => (box === null ? Number.NaN : box.x + box.width / 2);
      expect(Math.abs(middle(head) - middle(cell)), `${width} px`).toBeLessThan(3);
      await page.close();
    }
  });

  it("is light or dark as the reader's system is", async () => {
    for (const mode of ["light", "dark"] as const) {
      const { page } = await open("index.html", { dark: mode === "dark" });
      const style = (selector: string, property: string): Promise<unknown> =>
        styleOf(page.locator(selector).first(), property);
      expect(await style("body", "backgroundColor")).toBe(rgb(PAGE_COLOURS.ground[mode]));
      expect(await style("h1", "color")).toBe(rgb(PAGE_COLOURS.ink[mode]));
      expect(await style("svg .noisy.case", "fill")).toBe(rgb(PAGE_COLOURS.noisy[mode]));
      await page.close();
    }
  });

  it("works from the keyboard: skip link first, responses open with Enter", async () => {
    const { page } = await open("index.html");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.className")).toBe("skip");
    expect((await page.locator(".skip").boundingBox())?.x).toBeGreaterThanOrEqual(0);
    const response = page.locator(".matrix details").first();
    await response.locator("summary").focus();
    expect(await response.locator(".text").isVisible()).toBe(false);
    await page.keyboard.press("Enter");
    expect(await response.locator(".text").isVisible()).toBe(true);
    expect(await response.locator(".text").textContent()).toContain("That is rule seven.");
    await page.close();
  });

  it("says a table to those who hear it, on a narrow screen too", async () => {
    for (const width of [360, 1280]) {
      const { page } = await open("index.html", { width });
      const matrix = page.getByRole("table", { name: "Verdicts on the responses of en-allotment-secretary/q1" });
      expect(await matrix.getByRole("row").count()).toBe(7);
      expect(await matrix.getByRole("cell", { name: "fail" }).count()).toBeGreaterThan(5);
      expect(await page.getByRole("img", { name: "Census of the pairs of responses" }).count()).toBe(1);
      await page.close();
    }
  });

  it("prints in light, with every response of the matrices", async () => {
    const { page } = await open("index.html", { dark: true });
    const opened = async (): Promise<number | undefined> =>
      (await page.locator(".matrix .text").nth(1).boundingBox())?.height;
    expect((await opened()) ?? 0).toBe(0);
    await page.emulateMedia({ media: "print" });
    expect(await opened()).toBeGreaterThan(20);
    expect(await page.locator("nav").isVisible()).toBe(false);
    expect(await styleOf(page.locator("h1"), "color")).toBe(rgb(PAGE_COLOURS.ink.light));
    await page.close();
  });

  it("runs and loads nothing that the data brings along", async () => {
    const { page, complaints } = await open("hostile.html");
    expect(await page.locator("script, img, iframe").count()).toBe(0);
    expect(await page.title()).toContain("<script>alert(2)</script>");
    expect(await page.locator(".files a").evaluate((link) => (link as unknown as { protocol: string }).protocol)).toBe(
      "file:",
    );
    expect(complaints).toEqual([]);
    // And were something to get through, the policy would stop it.
    const blocked = page.waitForEvent("console", {
      predicate: (message) => /Content Security Policy/.test(message.text()),
    });
    await page.evaluate("document.body.append(Object.assign(new Image(), { src: 'https://nowhere.invalid/x.png' }))");
    expect((await blocked).text()).toContain("img-src");
    await page.close();
  });
});
