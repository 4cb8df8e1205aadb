// What a benchmark asks: items of one or several turns, each turn with the messages that it adds to the conversation. Ignores
// what becomes of the responses: instructions, criteria and gold responses are of each benchmark's own items, which extend these.
import type { Message } from "../../profile/message.ts";

export interface BenchmarkTurn {
  /** What is said before the model's next response, after all that was said so far: a user's message, at first perhaps a system's. */
  readonly messages: readonly Message[];
  /** A response to go on from in place of the model's own, where the data set has one. */
  readonly gold?: string | undefined;
}

/** A conversation; each of its turns ends with a response. */
export interface BenchmarkItem<Turn extends BenchmarkTurn = BenchmarkTurn> {
  /** Unique in its data set. */
  readonly id: string;
  /** At least one. */
  readonly turns: readonly Turn[];
}

/** An instruction with its arguments by name, as a data set gives it. */
export interface AskedInstruction {
  readonly id: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** A turn of IFEval, IFBench or Multi-IF. */
export interface InstructionTurn extends BenchmarkTurn {
  /** The user's message. */
  readonly prompt: string;
  /** All that the response is to follow, those of earlier turns included. At least one. */
  readonly instructions: readonly AskedInstruction[];
}

export interface InstructionItem extends BenchmarkItem<InstructionTurn> {
  /** "English", as the data set has it; null where it names none. */
  readonly language: string | null;
  /** Where it stands, for messages. */
  readonly file: string;
  readonly line: number;
}
