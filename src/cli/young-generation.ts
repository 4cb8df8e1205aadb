// V8 answers a stream of short-lived objects with a young generation of 3 × 32 MB and more, which costs 100 MB and, since it no
// longer fits a cache, time (a quarter, in bench/pairs.ts). Commands whose rows and requests are garbage as soon as they are
// written ask for a small one.
import { setFlagsFromString } from "node:v8";

/** To be called before the work begins. */
export const keepYoungGenerationSmall = (): void => setFlagsFromString("--semi-space-growth-factor=1");
