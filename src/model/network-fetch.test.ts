import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { networkFetch } from "./network-fetch.ts";

const servers: Server[] = [];

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    (server as ReturnType<typeof createServer>).closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const folder = mkdtempSync(join(tmpdir(), "rpo-fetch-"));
const certificateFile = join(folder, "cert.pem");
const keyFile = join(folder, "key.pem");
const made = spawnSync("openssl", [
  ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1".split(" "),
  ..."-addext subjectAltName=IP:127.0.0.1".split(" "),
  ...["-out", certificateFile, "-keyout", keyFile],
]);
afterAll(() => rm(folder, { recursive: true }));

describe("networkFetch", () => {
  it("fetches directly where no proxy is named", async () => {
    const port = await listen(createServer((_, response) => response.end("direct")));
    const fetch = await networkFetch({ env: {} });
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("direct");
  });

  it("goes through the proxy that the environment names, but not to where NO_PROXY says", async () => {
    const origin = await listen(createServer((_, response) => response.end("origin")));
    const through: string[] = [];
    const proxyServer = createServer((request, response) => {
      through.push(request.url!);
      response.end("proxy");
    });
    proxyServer.on("connect", (request, socket) => {
      through.push(request.url!);
      const upstream = connect(origin, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
    });
    const proxy = `http://127.0.0.1:${await listen(proxyServer)}`;
    const proxied = await networkFetch({ env: { HTTP_PROXY: proxy } });
    await (await proxied("http://models.invalid/file")).text(); // a name that only the proxy can make something of
    expect(through.join()).toContain("models.invalid");
    through.length = 0;
    const around = await networkFetch({ env: { HTTP_PROXY: proxy, NO_PROXY: "127.0.0.1" } });
    expect(await (await around(`http://127.0.0.1:${origin}/`)).text()).toBe("origin");
    expect(through).toEqual([]);
  });

  it.skipIf(made.status !== 0)(
    "trusts the certificates that the environment or the caller names, and no others (needs openssl)",
    async () => {
      const tls = { key: readFileSync(keyFile), cert: readFileSync(certificateFile) };
      const url = `https://127.0.0.1:${await listen(createTlsServer(tls, (_, response) => response.end("safe")))}/`;
      const get = async (options: Parameters<typeof networkFetch>[0]) =>
        (await (await networkFetch(options))(url)).text();
      await expect(get({ env: {} })).rejects.toThrow();
      expect(await get({ env: { SSL_CERT_FILE: certificateFile } })).toBe("safe");
      expect(await get({ env: { PIP_CERT: certificateFile } })).toBe("safe");
      expect(await get({ env: {}, certificateFiles: [join(folder, "absent.pem"), certificateFile] })).toBe("safe");
    },
  );
});
