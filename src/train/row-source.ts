// Rows by their number, wherever they lie: a file, memory, or another source seen through a change. Ignores what reads them.
import type { TokenRow } from "./token-row.ts";

/** The rows of one data set, 0 to length − 1. */
export interface RowSource {
  readonly length: number;
  /** SHA-256 (hex) of the data set: equal sources give equal rows. */
  readonly sha256: string;
  /** @throws RangeError for a number that is not there */
  get(index: number): Promise<TokenRow>;
}
