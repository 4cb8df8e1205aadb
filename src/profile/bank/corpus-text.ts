// The text that a profile is inspired by, laid out as SysBank's records have it (spec/corpora.md, "BlackFriday file grammar").

/** `inspired_corpus` of a record, from its name and its `desription`, both to the letter. */
export const corpusText = (name: string, description: string): string => `Name: ${name}\nDescription: ${description}`;

/** A description with its prompt, in the layout that BlackFriday's files give it. */
export const describedPrompt = (description: string, prompt: string): string =>
  `# Description\n\n${description}\n\n# Prompt\n\n${prompt}\n`;
