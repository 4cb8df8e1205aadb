// The HTML page of a run: one file that opens without a server and asks nothing of any network. It has no script; what it
// shows of the run is escaped by markup.ts, and a content security policy stands behind that. Ignores how the data came
// about (run/ makes it).
import { comparisonSentence } from "../eval/comparison-text.ts";
import { CASES, type PairCase } from "../preference/case.ts";
import { censusSvg, FATE_OF_CASE, fatesOf } from "./census-chart.ts";
import { evaluationSection } from "./evaluation-section.ts";
import { html, type Markup, trusted } from "./markup.ts";
import { matrixSection } from "./matrix-section.ts";
import { bytesText, dateText, grouped, percent } from "./number-text.ts";
import type { PageData } from "./page-data.ts";
import { pageHead } from "./page-head.ts";
import { pairSection } from "./pair-section.ts";
import { verdictSign } from "./verdict-sign.ts";
import { workedExample } from "./worked-example.ts";

const MEANING: Readonly<Record<PairCase, string>> = {
  identical: "Both satisfy the same constraints. There is nothing to prefer.",
  1: "Equal scores and nothing in common: thrown away, though the two could hardly differ more.",
  2: "Equal scores, some constraints in common: thrown away as well.",
  3: "The winner fails everything that the loser satisfies: those constraints are taught backwards.",
  4: "The loser satisfies something that the winner fails: that is taught backwards, and the scores understate how far the two lie apart.",
  5: "The winner is better throughout, yet imperfect: what it fails is taught as not needed.",
  6: "The winner satisfies everything: a clean pair, and a rare one.",
};

/**
 * The page of a run as a whole HTML document. The same data gives the same text.
 *
 * Text from the data may be anything; it never becomes markup. Paths of files are taken as relative to the page.
 */
export async function renderPage(data: PageData): Promise<string> {
  const chart = trusted(await censusSvg(data.census));
  const result = data.evaluation === undefined ? null : await evaluationSection(data.evaluation);
  return html`${pageHead(data.title)}<body>
<a class="skip" href="#made">To the contents</a>
<header class="top">
<p class="eyebrow">Reverse Preference Optimization</p>
<h1>${data.title}</h1>
<p class="lede">${lede(data)}</p>
${
  data.evaluation === undefined
    ? null
    : html`<p class="lede">${comparisonSentence(data.evaluation.comparison)}</p>
`
}<nav aria-label="Sections"><a href="#idea">The idea</a> <a href="#census">Census</a> <a href="#verdicts">Verdicts</a> <a href="#pairs">Pairs</a> ${result === null ? null : html`<a href="#result">Before and after</a> `}<a href="#files">Files</a> <a href="#how">How it was made</a></nav>
</header>
<main>
${made(data)}${idea()}${census(data, chart)}${verdicts(data)}${pairs(data)}${result}${files(data)}${how(data)}</main>
<footer><p>Made by rpo-kit, <time datetime="${data.madeAt}">${dateText(data.madeAt)}</time>. The method: Huang et al., “Reverse Preference Optimization for Complex Instruction Following”, Findings of ACL 2025.</p></footer>
</body>
</html>
`.text;
}

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;

function lede({ counts, model }: PageData): Markup {
  return html`${counted(counts.pairs, "preference pair")} without noise, made from ${counted(counts.responses, "response")} of <b>${model.name}</b>${
    model.recorded ? " (recorded)" : ""
  }${counts.edits === 0 ? "" : html` and ${counted(counts.edits, "edit")} of them by rule`} to ${counted(counts.turns, "turn")} of ${counted(counts.profiles, "system profile")}.`;
}

/** The numbers, in the order in which data goes through the method. */
function made({ counts, passRate }: PageData): Markup {
  const tile = (count: number, name: string, note: string): Markup =>
    html`<li><b>${grouped(count)}</b> <span>${name}</span> <small>${note}</small></li>
`;
  return html`<section id="made" aria-label="What was made">
<ol class="flow">
${tile(counts.profiles, "profiles", "system prompts with constraints")}${tile(counts.turns, "turns", "a query to each")}${tile(
  counts.responses,
  "responses",
  counts.edits === 0
    ? "sampled from the model"
    : `sampled; ${counted(counts.edits, "edit")} by rule, each satisfying one constraint more`,
)}${tile(counts.verdicts, "verdicts", `${percent(passRate)} pass`)}${tile(
  counts.pairs,
  "pairs",
  `${grouped(counts.train)} to train, ${grouped(counts.validation)} to validate`,
)}</ol>
</section>
`;
}

function idea(): Markup {
  return html`<section id="idea">
<h2>The idea</h2>
<p class="prose">A prompt with many constraints rarely gets a response that satisfies them all. Ranking imperfect responses by how many they satisfy, as is usual for DPO, throws ties away and teaches that what the winner fails does not matter. <strong>Reverse Preference Optimization rewrites the prompt instead</strong>: each constraint that a response fails is replaced by its exact opposite, and under that prompt the response is perfect. So any two responses that differ give two clean pairs, one in each direction, and the margin <i>g</i> is the number of constraints on which they differ.</p>
${workedExample()}
</section>
`;
}

function census({ census: counts }: PageData, chart: Markup): Markup {
  const shares = fatesOf(counts);
  const usable = counts.pairs === 0 ? Number.NaN : (counts.pairs - counts.identical) / counts.pairs;
  const meaning = (name: PairCase): Markup =>
    html`<div><dt><span class="swatch ${FATE_OF_CASE[name]}"></span>${name === "identical" ? "identical" : `case ${name}`}</dt><dd>${MEANING[name]}</dd></div>
`;
  return html`<section id="census">
<h2>Census</h2>
<p class="prose">All ${counted(counts.pairs, "pair")} of responses to the same turn, and what ranking them by score would make of each: <b class="wasted">${percent(shares.wasted)}</b> thrown away, <b class="noisy">${percent(shares.noisy)}</b> noisy, <b class="clean">${percent(shares.clean)}</b> clean. RPO can use whatever is not identical: <b>${percent(usable)}</b>, all of it clean.</p>
<div class="census">
<figure>${chart}</figure>
<dl class="cases">
${(["identical", ...CASES] as const).map(meaning)}</dl>
</div>
</section>
`;
}

function verdicts({ matrices, leftOut }: PageData): Markup {
  const left =
    leftOut === 0
      ? null
      : html` ${counted(leftOut, "constraint")} that only a judge could decide ${leftOut === 1 ? "was" : "were"} left out of the prompts.`;
  return html`<section id="verdicts">
<h2>Verdicts</h2>
<p class="prose">Each row is a response, each column a constraint of its prompt. ${verdictSign(true)} satisfied, ${verdictSign(
    false,
  )} failed, ${verdictSign(null)} not triggered by the query, so that it counts nowhere. Open a response to read it.${left}</p>
${matrices.length === 0 ? html`<p class="prose">There is none to show.</p>` : matrices.map((matrix, index) => matrixSection(matrix, index + 1))}</section>
`;
}

function pairs({ pairs: shown, counts }: PageData): Markup {
  const share =
    shown.length === counts.pairs ? "All of the pairs" : `${counted(shown.length, "pair")} of ${grouped(counts.pairs)}`;
  return html`<section id="pairs">
<h2>Pairs</h2>
<p class="prose">${share}. In each prompt, what the chosen response fails is reversed: <del>the original words</del> <ins>their opposite</ins>. What was already satisfied stays to the letter.</p>
${shown.map((pair, index) => pairSection(pair, index + 1))}</section>
`;
}

function files({ files: list }: PageData): Markup {
  return html`<section id="files">
<h2>Files</h2>
<ul class="files">
${list.map(
  ({ path, what, bytes }) =>
    html`<li><a href="${relativeAddress(path)}">${path}</a> <span>${what}</span> <small>${bytesText(bytes)}</small></li>
`,
)}</ul>
</section>
`;
}

/** The address of a file beside the page: a colon or a leading slash does not make another scheme or root of it. */
export function relativeAddress(path: string): string {
  const segments = path
    .toWellFormed()
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".");
  return `./${segments.map(encodeURIComponent).join("/")}`;
}

/** How the responses were made, and what to do next. */
function how({ model, files: list }: PageData): Markup {
  const table = list.find(({ path }) => /(?:^|\/)turns\.jsonl$/.test(path))?.path ?? "turns.jsonl";
  const settings = Object.entries(model.settings).map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>
`,
  );
  const source = model.recorded
    ? "Recorded: no model was at hand, so the responses are those that it gave earlier, with these settings."
    : "Live: sampled on this machine for this run.";
  const step = (
    command: string,
    what: string,
  ): Markup => html`<li><code>${unbrokenOptions(command)}</code> <span>${what}</span></li>
`;
  return html`<section id="how" class="two">
<div>
<h2>How it was made</h2>
<p>${source}</p>
<dl class="settings">
<div><dt>model</dt><dd>${model.name}</dd></div>
${settings}</dl>
</div>
<div>
<h2>How to go on</h2>
<p>In the folder of this page (<code>npx rpo</code> where rpo-kit is a checkout):</p>
<ul class="commands">
${step(`rpo pairs ${quoted(table)} --method rpo --min-gap 3 --out rpo-gap3`, "only pairs that differ on three constraints or more, which train better")}${step(
  `rpo pairs ${quoted(table)} --method dpo --out dpo`,
  "the usual pairs from the same responses, to compare; kto and sft likewise",
)}${step(
  `rpo train dataset --model ${quoted(model.name)} --method rpo --out adapter`,
  "an adapter on these pairs, with settings of your own",
)}${step(`rpo census ${quoted(table)}`, "the census in the terminal")}${step(
  "rpo constraint reverse 'Use at most 20 words.'",
  "one constraint, reversed",
)}</ul>
</div>
</section>
`;
}

/** A path as one word of a shell command. */
const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

/** A command that may break between its options, not within one. */
function unbrokenOptions(command: string): Markup {
  const [start = "", ...options] = command.split(" --");
  return html`${start}${options.map((option) => html` <span class="option">--${option}</span>`)}`;
}
