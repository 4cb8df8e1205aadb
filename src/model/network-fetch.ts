// A fetch for downloads that works where the machine's other tools work: through the proxy that the environment names, and
// trusting the certificate authorities that the system or the environment adds (Node.js alone trusts only its own list).
// Ignores retries and resuming: see download.ts.
import { readFile } from "node:fs/promises";
import tls from "node:tls";

export type Fetch = typeof globalThis.fetch;

/** Environment variables by which tools are told of further certificate authorities: paths of PEM files. */
const CERTIFICATE_VARIABLES = ["SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Makes such a fetch. Proxies come from HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
 * @param certificateFiles PEM files trusted besides; those that can't be read are passed over.
 */
export async function networkFetch({
  env = process.env,
  certificateFiles = [],
}: {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly certificateFiles?: readonly string[];
} = {}): Promise<Fetch> {
  const { EnvHttpProxyAgent, fetch } = await import("undici");
  const { ca, ...proxies } = await proxySettings(env, certificateFiles);
  const dispatcher = new EnvHttpProxyAgent({
    connect: { ca, timeout: CONNECT_TIMEOUT_MS },
    requestTls: { ca },
    proxyTls: { ca },
    ...proxies,
  });
  const through = (input: Parameters<typeof fetch>[0], init?: Parameters<typeof fetch>[1]) =>
    fetch(input, { ...init, dispatcher });
  return through as unknown as Fetch; // undici's own types and those of the global fetch name the same things twice
}

/** What connections to other machines have to know: proxies, and PEM certificates of the authorities to trust. */
export async function proxySettings(
  env: Readonly<Record<string, string | undefined>>,
  certificateFiles: readonly string[] = [],
): Promise<{
  readonly ca: string[];
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}> {
  const files = [...CERTIFICATE_VARIABLES.map((name) => env[name] ?? ""), ...certificateFiles];
  const proxy = (name: string): string => env[name.toLowerCase()] || env[name] || "";
  return {
    ca: await certificateAuthorities(files.filter((file) => file !== "")),
    httpProxy: proxy("HTTP_PROXY"),
    httpsProxy: proxy("HTTPS_PROXY") || proxy("HTTP_PROXY"),
    noProxy: proxy("NO_PROXY"),
  };
}

/** PEM certificates: Node.js's own list, the system's, and those of the files. */
async function certificateAuthorities(files: readonly string[]): Promise<string[]> {
  const authorities = new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")]);
  for (const file of new Set(files)) {
    const text = await readFile(file, "utf8").catch(() => "");
    for (const [certificate] of text.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g))
      authorities.add(certificate);
  }
  return [...authorities];
}
