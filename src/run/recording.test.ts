import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { scriptedModel } from "../model/scripted-model.ts";
import { readProfiles, SAMPLE_PROFILES } from "../profile/profile-files.ts";
import { judgeTurns } from "./judge.ts";
import { planTurns } from "./plan.ts";
import { readRecordingHeader, recordingLines, replayRecording } from "./recording.ts";
import { type Sampling, sampleTurns } from "./sample.ts";
import { RunStore } from "./store.ts";

const { turns } = planTurns((await readProfiles(SAMPLE_PROFILES)).slice(0, 2), 2);
const sampling: Sampling = { n: 3, temperature: 1, maxTokens: 50, seed: 7 };
const header = { model: "m", identity: "sha", seed: 7, temperature: 1, maxTokens: 50, madeWith: "a test" };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rpo-recording-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

it("gives back in another run what was recorded in one, and nothing to other settings", async () => {
  const made = new RunStore(join(directory, "made"), () => new Date(0));
  await sampleTurns(turns, { identity: "sha", chat: scriptedModel(["a", "b 😀", "c\n“d”"]) }, sampling, made);
  const path = join(directory, "recording.jsonl");
  writeFileSync(path, [...recordingLines(header, turns, sampling, made)].join("\n"));
  expect(await readRecordingHeader(path)).toEqual(header);

  const replayed = new RunStore(join(directory, "replayed"), () => new Date(0));
  expect(await replayRecording(path, turns, "sha", sampling, replayed)).toBe(12);
  expect(judgeTurns(turns, "sha", sampling, replayed)).toEqual(judgeTurns(turns, "sha", sampling, made));
  expect(await replayRecording(path, turns, "sha", { ...sampling, n: 2 }, replayed)).toBe(8);
  expect(await replayRecording(path, turns, "sha", { ...sampling, seed: 8 }, replayed)).toBe(0);
  expect(await replayRecording(path, turns, "another model", sampling, replayed)).toBe(0);
  made.close();
  replayed.close();
});

it("refuses a file that is no recording", async () => {
  const path = join(directory, "x.jsonl");
  writeFileSync(path, '{"model":"m"}\n');
  await expect(readRecordingHeader(path)).rejects.toThrow(/identity/);
  writeFileSync(path, "");
  await expect(readRecordingHeader(path)).rejects.toThrow(/is empty/);
});
