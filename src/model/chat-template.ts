// Renders a conversation with the chat template that a model file carries (Jinja), the way the model was trained to see
// it. Ignores tokenization. Nothing is added and nothing removed: what the template writes is the prompt, a default system
// message of its own included (SmolLM2 has one). As with every chat server, a content that spells out one of the template's
// control texts is read as that control text.
import { Template } from "@huggingface/jinja";
import type { Message } from "../profile/message.ts";

/** A chat template that can't be read, or that refuses this conversation. */
export class ChatTemplateError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ChatTemplateError";
  }
}

/** What a template may use besides the messages. */
export interface ChatTemplateSettings {
  /** Text of the beginning-of-sequence and end-of-sequence tokens; "" where a model has none. */
  readonly bosToken: string;
  readonly eosToken: string;
  /** Variables of this template alone, such as Qwen3's `enable_thinking`. */
  readonly variables?: Readonly<Record<string, string | number | boolean>> | undefined;
}

// Some templates write today's date. A prompt must be the same tomorrow, so theirs is always this day.
const TEMPLATE_DATE: Readonly<Record<string, string>> = {
  "%Y": "2025",
  "%m": "01",
  "%d": "01",
  "%b": "Jan",
  "%B": "January",
  "%A": "Wednesday",
  "%a": "Wed",
  "%H": "00",
  "%M": "00",
  "%S": "00",
};

/** A parsed chat template. */
export interface ChatTemplate {
  /**
   * The prompt for the assistant message that follows the messages.
   * @throws ChatTemplateError when the template refuses the conversation (some know no system message, or want user and
   * assistant in turn).
   */
  render(messages: readonly Message[]): string;
}

/**
 * Parses a chat template.
 * @throws ChatTemplateError when it is no valid Jinja.
 */
export function chatTemplate(source: string, settings: ChatTemplateSettings): ChatTemplate {
  const template = parse(source);
  const variables = {
    ...settings.variables,
    bos_token: settings.bosToken,
    eos_token: settings.eosToken,
    add_generation_prompt: true,
    strftime_now: (format: string): string => format.replace(/%[a-zA-Z]/g, (code) => TEMPLATE_DATE[code] ?? code),
  };
  return {
    render(messages) {
      try {
        return template.render({
          ...variables,
          messages: messages.map(({ role, content }) => ({ role, content: content.toWellFormed() })),
        });
      } catch (error) {
        const roles = messages.map((message) => message.role).join(", ");
        const reason = error instanceof Error ? error.message : String(error);
        throw new ChatTemplateError(`the model's chat template refuses a conversation of [${roles}]: ${reason}`, {
          cause: error,
        });
      }
    },
  };
}

function parse(source: string): Template {
  try {
    return new Template(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ChatTemplateError(`the model's chat template can't be read: ${reason}`, { cause: error });
  }
}
