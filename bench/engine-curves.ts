// `node bench/engine-curves.ts [FILE]`: one small training by the embedded trainer, TRL and LLaMA-Factory, from the same model,
// pairs, order and first adapter, as a picture of their losses and how far they are apart; docs/engine-curves.svg by default.
// test/engine-curves.test.ts holds them against each other.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { agreementSvg } from "../src/report/agreement-chart.ts";
import { ALLOWED_DIFFERENCE, type CurveEngine, engineCurves } from "../test/engine-curves.ts";

const NAMES: readonly (readonly [engine: CurveEngine, name: string])[] = [
  ["embedded", "embedded"],
  ["trl", "TRL"],
  ["llamafactory", "LLaMA-Factory"],
];

const file = process.argv[2] ?? fileURLToPath(new URL("../docs/engine-curves.svg", import.meta.url));
const home = await mkdtemp(join(tmpdir(), "rpo-engine-curves-"));
try {
  const { plain: curves } = await engineCurves(home);
  const drawn = NAMES.map(([engine, name]) => ({ name, losses: curves[engine].map(({ loss }) => loss) }));
  const svg = agreementSvg(drawn, ALLOWED_DIFFERENCE);
  await writeFile(file, svg);
  console.log(`${file}: ${/<desc>(.*)<\/desc>/.exec(svg)?.[1]}`);
} finally {
  await rm(home, { recursive: true, force: true });
}
