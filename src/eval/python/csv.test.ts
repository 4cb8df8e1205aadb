import { describe, expect, it } from "vitest";
import { CsvError, csvRows } from "./csv.ts";

describe("csvRows", () => {
  it("reads quotes at the beginning of fields only, and blank lines as rows without fields", () => {
    expect(csvRows('a,"b, ""c""",d "e"\n\n"x"y,\n')).toEqual([["a", 'b, "c"', 'd "e"'], [], ["xy", ""]]);
    expect(csvRows('"a\nb",c\r\nd\te', ",")).toEqual([["a\nb", "c"], ["d\te"]]);
    expect(csvRows("a\tb,c", "\t")).toEqual([["a", "b,c"]]);
    expect(csvRows("")).toEqual([]);
  });

  it("ends a text within quotes where it ends", () => {
    expect(csvRows('a,"b\n')).toEqual([["a", "b\n"]]);
    expect(csvRows('a,"')).toEqual([["a", ""]]);
  });

  it("refuses what Python's reader refuses", () => {
    expect(() => csvRows("a\rb")).toThrow(CsvError);
    expect(csvRows("a\r\r\nb")).toEqual([["a"], ["b"]]);
    expect(() => csvRows("x".repeat(131_073))).toThrow("field larger");
  });
});
