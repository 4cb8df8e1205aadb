import { describe, expect, it } from "vitest";
import { ChatTemplateError, chatTemplate } from "./chat-template.ts";

const tokens = { bosToken: "<s>", eosToken: "</s>" };
const user = (content: string) => ({ role: "user", content }) as const;

describe("chatTemplate", () => {
  it("gives the template the messages, the tokens, its variables, and asks for the assistant's turn", () => {
    const template = chatTemplate(
      "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m['content'] }}{{ eos_token }}{% endfor %}" +
        "{% if add_generation_prompt and not think %}[assistant]{% endif %}",
      { ...tokens, variables: { think: false } },
    );
    expect(template.render([user("a"), { role: "assistant", content: "b" }, user("c")])).toBe(
      "<s>[user]a</s>[assistant]b</s>[user]c</s>[assistant]",
    );
  });

  it("writes a conversation that has ended without asking for more", () => {
    const template = chatTemplate(
      "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}",
      tokens,
    );
    expect(template.renderConversation([user("a"), { role: "assistant", content: "b" }])).toBe("[user]a[assistant]b");
    expect(template.render([user("a")])).toBe("[user]a[assistant]");
  });

  it("cuts lines of block tags as the templates expect", () => {
    const template = chatTemplate(
      "{% for m in messages %}\n  {% if true %}\n{{ m.content }}\n{% endif %}\n{% endfor %}\n",
      tokens,
    );
    expect(template.render([user("x"), user("y")])).toBe("x\ny\n");
  });

  it("knows range, and a date that does not change", () => {
    const template = chatTemplate(
      "{% for i in range(1, 4) %}{{ i }}{% endfor %} {{ strftime_now('%d %b %Y') }}",
      tokens,
    );
    expect(template.render([user("x")])).toBe("123 01 Jan 2025");
  });

  it("leaves white space and markup in contents alone", () => {
    const template = chatTemplate("{{ messages[0].content }}", tokens);
    expect(template.render([user("  {{ bos_token }} <|im_end|>\n")])).toBe("  {{ bos_token }} <|im_end|>\n");
  });

  it("puts the replacement character for a lone surrogate, which no tokenizer can read", () => {
    expect(chatTemplate("{{ messages[0].content }}", tokens).render([user("a\uD83Db")])).toBe("a\uFFFDb");
  });

  it("says with which roles a template refuses", () => {
    const template = chatTemplate("{{ raise_exception('System role not supported') }}", tokens);
    const render = () => template.render([{ role: "system", content: "s" }, user("u")]);
    expect(render).toThrow(ChatTemplateError);
    expect(render).toThrow("refuses a conversation of [system, user]: System role not supported");
  });

  it("says that a template can't be read", () => {
    expect(() => chatTemplate("{% for %}", tokens)).toThrow(ChatTemplateError);
  });
});
