import { expect, it } from "vitest";
import { seededRandom } from "../preference/seed.ts";
import { drawManners, MANNERS } from "./manners.ts";

it.each(["en", "zh"] as const)("has at least 40 manners in %s, all different, drawn by seed", (language) => {
  expect(new Set(MANNERS[language]).size).toBe(MANNERS[language].length);
  expect(MANNERS[language].length).toBeGreaterThanOrEqual(40);
  const drawn = drawManners(language, 10, seededRandom(1));
  expect(new Set(drawn).size).toBe(10);
  expect(drawManners(language, 10, seededRandom(1))).toEqual(drawn);
  expect(drawManners(language, 10, seededRandom(2))).not.toEqual(drawn);
});
