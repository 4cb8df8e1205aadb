import { expect, it } from "vitest";
import { loopTurn } from "./loop-turn.ts";

it("lets the event loop have its turn, however many workers there are", async () => {
  const gate = loopTurn(10);
  let [passed, most, since] = [0, 0, 0];
  let ticking = true;
  const tick = (): void => {
    since = 0;
    if (ticking) setImmediate(tick);
  };
  setImmediate(tick);
  async function worker(): Promise<void> {
    for (let i = 0; i < 100; i += 1) {
      passed += 1;
      since += 1;
      most = Math.max(most, since);
      const turn = gate();
      if (turn !== null) await turn;
    }
  }
  await Promise.all(Array.from({ length: 7 }, worker));
  ticking = false;
  expect(passed).toBe(700);
  expect(most).toBeLessThan(40);
});
