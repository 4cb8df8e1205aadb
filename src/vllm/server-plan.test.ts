import { expect, it } from "vitest";
import { planServers } from "./server-plan.ts";

it.each([
  [[0], undefined, [[0]], []],
  [[0, 1, 2, 3], undefined, [[0, 1, 2, 3]], []],
  [[0, 2, 5], undefined, [[0, 2]], [5]],
  [[0, 1, 2, 3], 1, [[0], [1], [2], [3]], []],
  [
    [0, 1, 2, 3, 6],
    2,
    [
      [0, 1],
      [2, 3],
    ],
    [6],
  ],
  [[4, 5, 6], 3, [[4, 5, 6]], []],
])("GPUs %j with %s a server: servers %j, left over %j", (gpus, tensorParallel, servers, unused) => {
  const plan = planServers(gpus, tensorParallel);
  expect(plan.servers.map((server) => server.gpus)).toEqual(servers);
  expect(plan.unused).toEqual(unused);
  expect(plan.tensorParallel).toBe(servers[0]!.length);
});

it("refuses more than there are", () => {
  expect(() => planServers([0, 1], 4)).toThrow("--tensor-parallel 4 needs 4 graphics processors, and there are 2");
  expect(() => planServers([3], 2)).toThrow("needs 2 graphics processors, and there is 1");
  expect(() => planServers([])).toThrow(/no graphics processor is free/);
});
