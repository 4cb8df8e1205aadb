// The engines that train in a Python environment of their own (spec/engines.md): TRL and LLaMA-Factory can't share one.

export const ENGINE_NAMES = ["trl", "llamafactory"] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** What each is called by those who make it. */
export const ENGINE_TITLES: Readonly<Record<EngineName, string>> = { trl: "TRL", llamafactory: "LLaMA-Factory" };
