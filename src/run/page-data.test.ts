import { expect, it } from "vitest";
import type { PreferenceRow } from "../preference/training-row.ts";
import type { JudgedTurn } from "./judge.ts";
import { matrixViews, pairViews, passRate } from "./page-data.ts";

const turn = (profile: string, id: string, verdicts: readonly (readonly ("pass" | "fail" | "na")[])[]): JudgedTurn => ({
  id,
  profile,
  language: "en",
  query: "Hi",
  messages: [],
  request: "r",
  constraints: [
    { id: "c1", text: "one", reversed: "not one", check: { must: { judge: "?", want: true } } },
    { id: "c2", text: "two", reversed: null, check: { must: { judge: "?", want: true } } },
  ],
  samples: verdicts.map((row, sample) => ({
    sample,
    text: `t${sample}`,
    finishReason: "stop",
    tokens: 1,
    verdicts: row,
  })),
});
const row = (profile: string, id: string, margin: number, reversed: readonly string[]): PreferenceRow => ({
  kind: "preference",
  prompt: [],
  chosen: "a",
  rejected: "b",
  margin,
  provenance: { method: "rpo", turn: id, profile, reversed, differ: ["c1"], verdictSource: "code" },
});

it("counts the pass rate over verdicts that apply", () => {
  expect(
    passRate([
      turn("a", "a/1", [
        ["pass", "na"],
        ["fail", "pass"],
      ]),
    ]),
  ).toBe(2 / 3);
  expect(passRate([turn("a", "a/1", [["na", "na"]])])).toBe(0);
});

it("shows matrices of every profile before a second one of any, the most varied first", () => {
  const turns = [
    turn("a", "a/1", [
      ["pass", "pass"],
      ["pass", "fail"],
    ]),
    turn("a", "a/2", [
      ["pass", "pass"],
      ["pass", "fail"],
      ["fail", "fail"],
    ]),
    turn("b", "b/1", [
      ["pass", "na"],
      ["pass", "na"],
    ]),
  ];
  const views = matrixViews(turns);
  expect(views.map((view) => view.turn)).toEqual(["a/2", "b/1", "a/1"]);
  expect(views[1]!.responses[0]).toEqual({ id: "s1", text: "t0", verdicts: [true, null] });
});

it("shows pairs with something reversed, with its text and its reverse", () => {
  const rows = [
    row("a", "a/1", 3, []),
    row("a", "a/1", 2, ["c1"]),
    row("a", "a/1", 2, ["c1"]),
    row("b", "b/1", 1, ["c1"]),
  ];
  const views = pairViews(rows, [turn("a", "a/1", []), turn("b", "b/1", [])]);
  expect(views.map((view) => view.row.provenance.profile)).toEqual(["a", "b", "a"]);
  expect(views[0]!.reversed).toEqual([{ id: "c1", from: "one", to: "not one" }]);
});
