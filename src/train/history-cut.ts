// Shortens a conversation that is too long for training: whole messages of its history go, the oldest first. What the loss is
// about stays: every system message (it holds the constraints), the last query, and whatever follows it. Ignores tokens: the
// caller tries the cuts in turn.
import type { Message } from "../profile/message.ts";

/**
 * The cuts of a conversation from the mildest on: how many of its oldest messages, system messages not counted, each leaves
 * out. The first is 0, no cut. After a cut the conversation begins with a message of the user, so that user and assistant
 * still take turns, which many chat templates insist on.
 */
export function historyCuts(messages: readonly Message[]): number[] {
  const spoken = messages.filter(({ role }) => role !== "system");
  const query = spoken.findLastIndex(({ role }) => role === "user");
  const cuts = [0];
  for (let cut = 1; cut <= query; cut += 1) if (spoken[cut]?.role === "user") cuts.push(cut);
  return cuts;
}

/** The conversation without its `cut` oldest messages, system messages not counted. */
export function withoutOldest(messages: readonly Message[], cut: number): Message[] {
  let left = cut;
  return messages.filter(({ role }) => {
    if (role === "system" || left === 0) return true;
    left -= 1;
    return false;
  });
}
