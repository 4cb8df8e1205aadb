// The connections to an endpoint: at most so many, kept open, through the proxy that the environment names where the endpoint is
// not on this machine, and trusting the certificate authorities that the system adds, as downloads do (network-fetch.ts). Ignores
// what is sent.
import { type Dispatcher, EnvHttpProxyAgent, Pool } from "undici";
import { proxySettings } from "./network-fetch.ts";

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

export interface DispatcherOptions {
  readonly connections: number;
  readonly connectMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Makes the dispatcher for an origin such as `http://localhost:8000`. */
export async function endpointDispatcher(
  origin: URL,
  { connections, connectMs, env }: DispatcherOptions,
): Promise<Dispatcher> {
  // One request at a time on a connection: an answer may take minutes, and none waits behind another.
  const shared = { connections, pipelining: 1, connect: { timeout: connectMs } };
  if (LOOPBACK.test(origin.hostname)) return new Pool(origin, shared);
  const { ca, ...proxies } = await proxySettings(env);
  return new EnvHttpProxyAgent({
    ...shared,
    connect: { ca, timeout: connectMs },
    requestTls: { ca },
    proxyTls: { ca },
    ...proxies,
  });
}
