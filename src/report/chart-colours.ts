// The colours of all pictures and of the page, on light and dark ground; each has a contrast of 4.5 or more to it.

/** What DPO makes of a pair: nothing, a pair that teaches some constraints backwards or away, or a clean one. */
export type Fate = "wasted" | "noisy" | "clean";

/** The gaps have a colour of their own; soft is for what stands beside the ink. */
export const CHART_COLOURS: Readonly<Record<Fate | "gap" | "ink" | "soft", { light: string; dark: string }>> = {
  wasted: { light: "#6b7280", dark: "#9aa3ae" },
  noisy: { light: "#b4560f", dark: "#eda15f" },
  clean: { light: "#0f766e", dark: "#56c7b4" },
  gap: { light: "#3f62a8", dark: "#8fb0ee" },
  ink: { light: "#1f2328", dark: "#e8e6e1" },
  soft: { light: "#5b636d", dark: "#a5adb6" },
};
