import { createServer, request as forward } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { endpointModel } from "./endpoint.ts";
import { scriptedServer } from "./scripted-server.ts";

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((thing) => thing.close()))));

/** A proxy that counts what goes through it, whichever way it is asked. */
async function proxy() {
  let count = 0;
  const server = createServer((incoming, response) => {
    count += 1;
    const { method, headers } = incoming;
    incoming.pipe(
      forward(incoming.url!, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  server.on("connect", (incoming, socket) => {
    count += 1;
    const [host, port] = incoming.url!.split(":");
    const there = connect(Number(port), host, () => socket.write("HTTP/1.1 200 Connected\r\n\r\n"));
    there.pipe(socket).pipe(there);
    for (const end of [there, socket]) end.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  open.push({ close: async () => server.closeAllConnections() ?? server.close() });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, count: () => count };
}

async function answered(url: string, env: Record<string, string>): Promise<string> {
  const model = endpointModel({ url, model: "scripted", env, tries: 1 });
  open.push({ close: () => model.dispose() });
  const { choices } = await model.generate({ messages: [{ role: "user", content: "hi" }], seed: 1, maxTokens: 9 });
  return choices[0]!.text;
}

describe("endpointDispatcher", () => {
  it("goes through the proxy of the environment, unless the endpoint is on this machine or excepted", async () => {
    const server = await scriptedServer();
    open.push(server);
    const { url, count } = await proxy();
    // An address of this machine that is not the loopback's.
    const other = server.url.replace("127.0.0.1", "0.0.0.0");
    expect(await answered(server.url, { HTTP_PROXY: url })).toBe("Answer 0 to: hi");
    expect(await answered(other, { HTTP_PROXY: url, NO_PROXY: "0.0.0.0" })).toBe("Answer 0 to: hi");
    expect(await answered(other, {})).toBe("Answer 0 to: hi");
    expect(count()).toBe(0);
    expect(await answered(other, { HTTP_PROXY: url })).toBe("Answer 0 to: hi");
    expect(count()).toBe(1);
  });
});
