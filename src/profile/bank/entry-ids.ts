// Ids made from the names of a corpus's files: legible, of letters, digits, - and _ only, and different where the names are.

/** Characters of a name that go into an id. */
const MOST = 60;

/** A maker of ids for one source; the same names in the same order get the same ids. */
export function entryIds(source: string): (name: string) => string {
  const taken = new Set<string>();
  return (name) => {
    const legible = name.replace(/[^A-Za-z0-9_]+/g, "-").replace(/^-+|-+$/g, "");
    const first = `${source}_${legible.slice(0, MOST) || "entry"}`;
    let id = first;
    for (let n = 2; taken.has(id); n += 1) id = `${first}-${n}`;
    taken.add(id);
    return id;
  };
}
