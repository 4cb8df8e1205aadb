import type { FormName } from "./form.ts";
export function chooseForm(..._: unknown[]): FormName {
  return "whole";
}
