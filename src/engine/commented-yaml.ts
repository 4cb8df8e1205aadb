// YAML for people: settings in sections, each with its reason behind it, so that whoever changes one knows what it was for. Read by
// programs with other YAML libraries, PyYAML among them, which takes 1e-5 for a text: numbers have a point.
import { Document, isScalar, type Pair, type Scalar } from "yaml";

/** A setting and why it is what it is; null leaves the setting out. */
export type CommentedSetting = readonly [name: string, value: unknown, why: string];

export interface CommentedSection {
  readonly title: string;
  readonly settings: readonly CommentedSetting[];
}

/** @param head lines before the first section, without their # */
export function commentedYaml(head: readonly string[], sections: readonly CommentedSection[]): string {
  // The version of PyYAML, in which no, on and 12:30 are no texts unless they are quoted.
  const document = new Document({}, { version: "1.1" });
  document.commentBefore = head.map((line) => ` ${line}`).join("\n");
  const map = document.contents as unknown as { items: Pair<Scalar<string>>[] };
  for (const { title, settings } of sections) {
    const present = settings.filter(([, value]) => value !== null);
    for (const [index, [name, value, why]] of present.entries()) {
      const pair = document.createPair(name, value) as Pair<Scalar<string>>;
      if (index === 0) {
        pair.key.commentBefore = `## ${title}`;
        pair.key.spaceBefore = map.items.length > 0;
      }
      if (isScalar(pair.value)) {
        pair.value.comment = ` ${why}`;
        if (typeof value === "number" && /e/.test(String(value))) pair.value.format = "EXP";
      } else
        pair.key.commentBefore = `${pair.key.commentBefore === undefined ? "" : `${pair.key.commentBefore}\n`} ${why}`;
      map.items.push(pair);
    }
  }
  return withPoints(document.toString({ lineWidth: 0 }));
}

/** 1e-7 as 1.0e-7. */
const withPoints = (yaml: string): string => yaml.replace(/^([\w.]+: \d+)e([-+]?\d+)/gm, "$1.0e$2");
