import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message } from "../profile/message.ts";
import { historyCuts, withoutOldest } from "./history-cut.ts";

const spell = (letters: string): Message[] =>
  [...letters].map((letter, i) => ({
    role: ({ s: "system", u: "user", a: "assistant" } as const)[letter as "s"],
    content: `${i}`,
  }));
const letters = (messages: readonly Message[]): string => messages.map(({ role }) => role[0]).join("");

/** A conversation with system messages anywhere, ending with the query. */
const conversations = fc.stringMatching(/^[sua]{0,12}$/).map((history) => spell(`${history}u`));

describe("historyCuts", () => {
  it.each([
    ["u", ["u"]],
    ["su", ["su"]],
    ["suau", ["suau", "su"]],
    ["suauau", ["suauau", "suau", "su"]],
    ["sauau", ["sauau", "suau", "su"]],
    ["uuau", ["uuau", "uau", "u"]],
    ["susau", ["susau", "ssu"]],
    ["saa", ["saa"]],
    ["suaua", ["suaua", "sua"]],
  ])("of %s leaves %j", (given, left) => {
    const messages = spell(given);
    expect(historyCuts(messages).map((cut) => letters(withoutOldest(messages, cut)))).toEqual(left);
  });

  it("keeps every system message and the last query, in order", () => {
    fc.assert(
      fc.property(conversations, (messages) => {
        for (const cut of historyCuts(messages)) {
          const left = withoutOldest(messages, cut);
          expect(left.at(-1)).toBe(messages.at(-1));
          expect(left.filter(({ role }) => role === "system")).toEqual(
            messages.filter(({ role }) => role === "system"),
          );
          expect(left).toEqual(messages.filter((message) => left.includes(message)));
        }
      }),
    );
  });

  it("leaves out the oldest: what is left of the spoken messages is their end, and begins with the user", () => {
    fc.assert(
      fc.property(conversations, (messages) => {
        const spoken = messages.filter(({ role }) => role !== "system");
        for (const cut of historyCuts(messages).slice(1)) {
          const left = withoutOldest(messages, cut).filter(({ role }) => role !== "system");
          expect(left).toEqual(spoken.slice(cut));
          expect(left[0]?.role).toBe("user");
        }
      }),
    );
  });

  it("goes from no cut to the query alone, each cut leaving less", () => {
    fc.assert(
      fc.property(conversations, (messages) => {
        const cuts = historyCuts(messages);
        expect(cuts[0]).toBe(0);
        expect(cuts).toEqual([...new Set(cuts)].sort((a, b) => a - b));
        expect(withoutOldest(messages, cuts.at(-1)!).filter(({ role }) => role !== "system")).toHaveLength(1);
      }),
    );
  });
});
