// Renders a conversation with the chat template that a model file carries (Jinja), the way the model was trained to see
// it. Ignores tokenization. Nothing is added and nothing removed: what the template writes is the prompt, a default system
// message of its own included (SmolLM2 has one). As with every chat server, a content that spells out one of the template's
// control texts is read as that control text.
import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";
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

/** What every chat template may call or name. */
const GLOBALS: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  raise_exception: (reason: string): never => {
    throw new Error(reason);
  },
  range: (start: number, stop?: number, step = 1): number[] => {
    const [first, end] = stop === undefined ? [0, start] : [start, stop];
    return Array.from({ length: Math.max(0, Math.ceil((end - first) / step)) }, (_, i) => first + i * step);
  },
  strftime_now: (format: string): string => format.replace(/%[a-zA-Z]/g, (code) => TEMPLATE_DATE[code] ?? code),
};

/** A parsed chat template. */
export interface ChatTemplate {
  /**
   * The prompt for the assistant message that follows the messages.
   * @throws ChatTemplateError when the template refuses the conversation (some know no system message, or want user and
   * assistant in turn).
   */
  render(messages: readonly Message[]): string;
  /**
   * The messages as a conversation that has ended: no assistant message is asked for.
   * @throws ChatTemplateError as render does
   */
  renderConversation(messages: readonly Message[]): string;
}

/**
 * Parses a chat template.
 * @throws ChatTemplateError when it is no valid Jinja.
 */
export function chatTemplate(source: string, settings: ChatTemplateSettings): ChatTemplate {
  const program = parsed(source);
  const variables = {
    ...GLOBALS,
    ...settings.variables,
    bos_token: settings.bosToken,
    eos_token: settings.eosToken,
  };
  const rendered = (messages: readonly Message[], asksForAnswer: boolean): string => {
    try {
      const environment = new Environment();
      for (const [name, value] of Object.entries(variables)) environment.set(name, value);
      environment.set("add_generation_prompt", asksForAnswer);
      environment.set(
        "messages",
        messages.map(({ role, content }) => ({ role, content: content.toWellFormed() })),
      );
      return String(new Interpreter(environment).run(program).value);
    } catch (error) {
      const roles = messages.map((message) => message.role).join(", ");
      const reason = error instanceof Error ? error.message : String(error);
      throw new ChatTemplateError(`the model's chat template refuses a conversation of [${roles}]: ${reason}`, {
        cause: error,
      });
    }
  };
  return {
    render: (messages) => rendered(messages, true),
    renderConversation: (messages) => rendered(messages, false),
  };
}

function parsed(source: string): ReturnType<typeof parse> {
  try {
    // As the library that templates are written for sets it: a block tag takes its line's indent and line end with it.
    return parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ChatTemplateError(`the model's chat template can't be read: ${reason}`, { cause: error });
  }
}
