// The end of a turn, found from the chat templates of the known families as their makers write the parts that matter here.
import { describe, expect, it } from "vitest";
import { catalogueModel } from "../model/catalogue.ts";
import { chatTemplate } from "../model/chat-template.ts";
import { endOfTurn } from "./end-of-turn.ts";

/** A tokenizer of control texts; any other character is token 0. */
const CONTROL = [
  "<bos>",
  "<eos>",
  "<|im_start|>",
  "<|im_end|>",
  "<end_of_turn>",
  "<|eot_id|>",
  "<|end_of_text|>",
  "</s>",
];
const BY_TEXT = new Map(CONTROL.map((text, i) => [text, i + 1]));
const PIECES = new RegExp(`${CONTROL.map((text) => text.replaceAll("|", "\\|")).join("|")}|[^]`, "gu");
const encode = (text: string): Int32Array =>
  Int32Array.from(text.match(PIECES) ?? [], (piece) => BY_TEXT.get(piece) ?? 0);

function endBy(source: string, eos: string | null = "<eos>"): string | null {
  const template = chatTemplate(source, { bosToken: "<bos>", eosToken: eos ?? "" });
  const isControl = (token: number) => token > 0;
  const token = endOfTurn({ template, encode, isControl, eos: eos === null ? null : (BY_TEXT.get(eos) as number) });
  return token === null ? null : (CONTROL[token - 1] as string);
}

const all = (body: string) => `{% for m in messages %}${body}{% endfor %}`;

describe("endOfTurn", () => {
  it.each([
    ["ChatML", all("<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"), "<|im_end|>"],
    ["Gemma", catalogueModel("gemma3-270m")!.chatTemplate!, "<end_of_turn>"],
    ["Llama 3", `{{ bos_token }}${all("{{ m.role }}\n\n{{ m.content | trim }}<|eot_id|>")}`, "<|eot_id|>"],
    ["one that writes the end only after earlier answers", all("{{ m.role }}: {{ m.content }}\n"), "<eos>"],
    ["Llama 2, with text before the end", all("{{ ' ' + m.content + ' ' + eos_token }}"), "<eos>"],
    [
      "Qwen 3, which writes the last answer with its thoughts",
      all(
        "<|im_start|>{{ m.role }}\n{% if loop.last %}<think>\n\n</think>\n\n{% endif %}" +
          "{{ m.content.split('</think>')[-1].lstrip('\\n') }}<|im_end|>\n",
      ),
      "<|im_end|>",
    ],
    ["one that refuses the conversation", "{{ raise_exception('no') }}", "<eos>"],
    ["one that leaves the answer out", "{{ messages[0].content }}<|im_end|>", "<eos>"],
  ])("is asked of %s", (_, source, end) => {
    expect(endBy(source)).toBe(end);
  });

  it("is null where neither template nor model file names one", () => {
    expect(endBy(all("{{ m.content }}\n"), null)).toBeNull();
  });
});
