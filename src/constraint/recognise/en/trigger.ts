// Triggers: conditions on the user's message ("If the user's message contains “x”, …"). Any other condition, above all one
// on the response itself, is no trigger that can be checked, and the whole constraint is left to a judge.
import { complement } from "../../complement.ts";
import { atom, type Requirement } from "../../expression.ts";
import { SOME } from "../../interval.ts";
import { bareVerb, readClauses } from "./clause.ts";
import { PHRASES } from "./phrase.ts";
import { USER_MESSAGE } from "./subject.ts";

const USER =
  "(?:the |a |your )?(?:users?|person|customer|caller|visitor|client|guest|reader|player|student|someone|somebody|anyone|anybody|they)";
const MESSAGE = `(?:${USER_MESSAGE}|(?:the |a |an |any |what (?:the )?)?(?:users?|person|customer|caller|visitor|client|guest|student)(?:'s|s'|') (?:latest |last |first |own )?(?:message|query|prompt|question|request|input|text|post|turn)|(?:a|any) (?:message|query|prompt|question|request)(?: from the user| by the user)?|what the user (?:says|writes|sends))`;

const WHEN =
  "(?:if|when|whenever|where|in case|any time|anytime|every time|each time|should|provided(?: that)?|as long as|in the event that)";
const OPENING = new RegExp(`^(?<word>${WHEN}|unless|except when|except if) (?<rest>.+)$`, "iu");
const CLOSING = new RegExp(
  `^(?<must>.+?),? (?<word>if|when|whenever|any time|every time|each time|in case|unless|except when|except if) (?<condition>(?:${USER}|${MESSAGE})[ '].+)$`,
  "iu",
);

const UTTERS =
  "(?:says?|writes?|types?|uses?|mentions?|includes?|utters?|sends?|brings? up|names?|talks? about|asks? about|enters?|posts?|employs?|puts?(?: in)?)";
const USER_UTTERS = new RegExp(
  `^${USER} (?<not>(?:does not|doesn't|do not|don't|never) )?(?:ever |even )?(?<verb>${UTTERS})(?<what>(?: (?:either|any of|one of|the|an?|at least one of|both|following|exact))*(?: (?:words?|phrases?|terms?|names?|keywords?|letters?))?:?) (?<list>${PHRASES})(?<tail> (?:in|anywhere in) (?:${MESSAGE}|it))?$`,
  "iu",
);
const USER_ASKS = new RegExp(
  `^${USER} (?<not>(?:does not|doesn't|do not|don't) )?(?:asks?|poses?|puts?|sends?|has|is asking|are asking)(?: you| us)? (?:an?|any|you a|a direct) (?:\\w+ )??questions?$`,
  "iu",
);
const USER_WRITES_IN = new RegExp(
  `^${USER} (?<not>(?:does not|doesn't|do not|don't|is not|isn't) )?(?:writes?|asks?|speaks?|messages?|types?|says something|is writing|is speaking|writing|speaking|addresses|contacts|texts|communicates?|replies|responds?)(?: to you| you| something| a question| their (?:message|question))? in (?<language>.+)$`,
  "iu",
);
const USER_SPEAKS = new RegExp(`^${USER} (?:speaks?|is speaking) (?<language>[A-Z]\\p{L}+)$`, "u");
const USER_DOES = new RegExp(
  `^${USER} (?<not>(?:does not|doesn't|do not|don't) )?(?<verb>uses?|includes?|writes?|sends?|types?|shouts?|starts?|begins?|ends?|puts?|adds?)(?: (?:${MESSAGE}|with|their message))? (?<rest>.+)$`,
  "iu",
);
const MESSAGE_IS = new RegExp(`^(?:${MESSAGE}|it) (?<rest>.+)$`, "iu");

const base = (verb: string): string =>
  verb
    .toLowerCase()
    .replace(/^(uses|includes|writes|types|utters|names|puts)$/, (found) => found.slice(0, -1))
    .replace(/s$/, "");

/** The user's message as any text: rules speak of a response. */
function requirementOf(predicate: string, negated: boolean): Requirement | null {
  return readClauses(`the response must ${negated ? "not " : ""}${predicate}`)?.requirement ?? null;
}

/** A condition on the user's message, or null. */
export function readCondition(text: string): Requirement | null {
  const condition = text
    .trim()
    .replace(/[,.]+$/, "")
    .replace(/^(?:then|that) /i, "");
  const utters = USER_UTTERS.exec(condition)?.groups;
  if (utters !== undefined) {
    // what is talked or asked about may go by other words; only what is said is literal
    if (/about/i.test(utters.verb!)) return null;
    const verb = /^(?:say|write|type|use|utter)s?$/i.test(utters.verb!) ? base(utters.verb!) : "contain";
    return requirementOf(
      `${verb === "say" || verb === "utter" ? "use" : verb}${utters.what} ${utters.list}`,
      utters.not !== undefined,
    );
  }
  const asks = USER_ASKS.exec(condition)?.groups;
  if (asks !== undefined) {
    if (!/(?:an?|any|direct) questions?$/i.test(condition)) return null;
    const question = atom("question", SOME);
    return asks.not === undefined ? question : complement(question);
  }
  const writes = USER_WRITES_IN.exec(condition)?.groups ?? USER_SPEAKS.exec(condition)?.groups;
  if (writes !== undefined) return requirementOf(`be in ${writes.language}`, writes.not !== undefined);
  const message = MESSAGE_IS.exec(condition)?.groups?.rest;
  if (message !== undefined) return statement(message);
  const does = USER_DOES.exec(condition)?.groups;
  if (does !== undefined) {
    const verb = base(does.verb!);
    const predicate =
      verb === "start" || verb === "begin" || verb === "end"
        ? `${verb} ${condition.includes(" with ") && !/^with/i.test(does.rest!) ? `with ${does.rest}` : does.rest}`
        : `contain ${does.rest}`;
    if (/^(?:write|type|shout)$/.test(verb) && /^in /i.test(does.rest!))
      return requirementOf(`be ${does.rest}`, does.not !== undefined);
    return /^(?:use|include|start|begin|end|add|send|type|put)$/.test(verb)
      ? requirementOf(predicate.replace(/^(start|begin|end) with with/, "$1 with"), does.not !== undefined)
      : null;
  }
  return null;
}

function statement(predicate: string): Requirement | null {
  const plain = predicate.replace(/^also /i, "");
  const negated = /^(?:does not|doesn't|do not|don't) (.+)$/i.exec(plain)?.[1];
  if (negated !== undefined) return requirementOf(negated, true);
  const isNot = /^(?:is not|isn't|are not|aren't) (.+)$/i.exec(plain)?.[1];
  if (isNot !== undefined) return requirementOf(`be ${isNot}`, true);
  const mentions = /^(?:mentions?|says?|reads?) (.+)$/i.exec(plain)?.[1];
  if (mentions !== undefined) return requirementOf(`contain ${mentions}`, false);
  const bare = bareVerb(plain.replace(/^asks (a|any)/i, "asks $1"));
  return bare === null ? null : requirementOf(bare, false);
}

export interface Triggered {
  /** Null: there is no condition; the text is the requirement. */
  readonly when: Requirement | null;
  readonly must: string;
}

const negating = (word: string): boolean => /^(?:unless|except)/i.test(word);

/** Splits a condition off a text; null if there is one that is not understood. */
export function splitTrigger(text: string): Triggered | null {
  const messages =
    /^(?:for|in (?:response|reply|answer) to|in answering|when (?:answering|replying to|responding to)|to) (?:messages?|quer(?:y|ies)|prompts?|questions?|requests?|an? (?:message|query|prompt|question|request))(?: that)? (?<rest>.+?), (?<must>.+)$/iu.exec(
      text,
    )?.groups;
  if (messages !== undefined) {
    const rest = messages
      .rest!.replace(/^contain(?:ing)? /i, "contains ")
      .replace(/^mention(?:ing)? /i, "mentions ")
      .replace(/^(?=in [A-Z]|longer|shorter|of |with |under|over)/i, "is ")
      .replace(/^(?:start|begin)ing /i, "starts ")
      .replace(/^is with /i, "contains ")
      .replace(/^is of /i, "contains ")
      .replace(/^are /i, "is ")
      .replace(/^written in /i, "is in ");
    const when = statement(rest);
    return when === null ? null : { when, must: messages.must! };
  }
  const opening = OPENING.exec(text)?.groups;
  if (opening !== undefined) {
    const { word, rest } = opening;
    for (const comma of rest!.matchAll(/, ?(?:then,? )?| then /gi)) {
      const condition = rest!.slice(0, comma.index);
      const must = rest!.slice(comma.index + comma[0].length);
      const when = readCondition(/^should$/i.test(word!) ? indicative(condition) : condition);
      if (when !== null && must !== "") return { when: negating(word!) ? complement(when) : when, must };
    }
    return null;
  }
  const closing = CLOSING.exec(text)?.groups;
  if (closing !== undefined) {
    const when = readCondition(closing.condition!);
    const only = /^only /i.test(closing.must!) || / only$/i.test(closing.must!);
    return when === null || only
      ? null
      : { when: negating(closing.word!) ? complement(when) : when, must: closing.must! };
  }
  return { when: null, must: text };
}

/** "Should the user mention …" as "the user mentions …". */
const indicative = (condition: string): string =>
  condition.replace(
    /^(the (?:user|customer|user's message|message|query|question)) (\w+)/i,
    (_, who: string, verb: string) => `${who} ${verb === "be" ? "is" : `${verb}s`}`,
  );
