import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recognised } from "../constraint/reverse-text.ts";
import { verdictOn, viewOf } from "../constraint/verdict.ts";
import { revise } from "./rule-critic.ts";

const RESPONSE = "The fen road floods in spring. Take the causeway, and leave before noon! You will need boots.";
const QUERY = "Which way should I take?";

function revisedBy(text: string, response = RESPONSE, query = QUERY): string | null {
  const found = recognised(text);
  if (found === null) throw new Error(`not recognised: ${text}`);
  return revise(found.constraint, query, response);
}

describe("the smallest edit", () => {
  test.each([
    ["Start every reply with “No dramas”.", `No dramas ${RESPONSE}`],
    ["End with the words “Well played.”", `${RESPONSE} Well played.`],
    ["Mention “the tannoy” at least once.", `the tannoy: ${RESPONSE}`],
    ["The last sentence must contain “Port Antonio”.", RESPONSE.replace("boots.", "boots, Port Antonio.")],
    ["Use no exclamation marks.", RESPONSE.replace("!", ".")],
    ["Write everything in lower case.", RESPONSE.toLowerCase()],
    ["Include at least one question mark.", RESPONSE.replace("spring.", "spring?")],
    ["Stay under 40 characters.", "The fen road floods in spring. Take the"],
    ["Put at least two words in all capitals.", RESPONSE.replace("The fen", "THE FEN")],
    [
      "Give exactly three numbered points.",
      "1. The fen road floods in spring.\n2. Take the causeway, and leave before noon!\n3. You will need boots.",
    ],
    [
      "Write exactly three lines.",
      "The fen road floods in spring.\nTake the causeway, and leave before noon!\nYou will need boots.",
    ],
    ["Enclose the whole script in double quotation marks.", `"${RESPONSE}"`],
  ])("%s", (text, expected) => {
    expect(revisedBy(text)).toBe(expected);
  });

  test("of a constraint with a trigger is made where the message triggers it", () => {
    const text = "If the user's message contains “brake”, include the phrase “walking pace”.";
    expect(revisedBy(text, RESPONSE, "My brake squeals")).toBe(`walking pace: ${RESPONSE}`);
  });

  test("is none where no rule knows one", () => {
    expect(revisedBy("Write at least 350 characters.")).toBeNull();
    expect(revisedBy("Answer in German.")).toBeNull();
  });
});

test("what comes out satisfies the constraint, whatever the response", () => {
  const texts = [
    "Start with “Right then,”.",
    "Use at least two emoji.",
    "Do not use the word “recipe”.",
    "Use at most four commas.",
    "Every line must end with “)”.",
    "Write exactly two paragraphs.",
    "Use exactly two markdown headings.",
    "Answer in at most two sentences.",
    "Give at least three bullet points.",
  ].map((text) => recognised(text)!.constraint);
  const words = fc.constantFrom(
    "boil",
    "recipe",
    "Recipe",
    "stir, then",
    "!",
    "?",
    "3.",
    "**",
    "\n",
    "\n\n",
    "- ",
    "🙂",
    "$&",
    "(",
  );
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(words, { maxLength: 40 }), (constraint, parts) => {
      const revised = revise(constraint, QUERY, parts.join(" "));
      if (revised !== null) expect(verdictOn(constraint, viewOf(revised), viewOf(QUERY))).toBe("pass");
    }),
    { numRuns: 500 },
  );
});
