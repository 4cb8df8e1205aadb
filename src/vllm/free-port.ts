// A port that a server can listen on. Between the look and the server's start another program may take it; the server then fails
// by itself and says so.
import { createServer } from "node:net";

/** Whether nothing listens there. */
export const isPortFree = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** Ports beyond the first that are looked at. */
const TRIED = 1000;

/** So many free ports from the first one on, in order. @throws Error where there are too few */
export async function freePorts(first: number, count: number, host: string): Promise<number[]> {
  const free: number[] = [];
  for (let port = first; port < Math.min(first + TRIED, 65_536) && free.length < count; port += 1)
    if (await isPortFree(port, host)) free.push(port);
  if (free.length < count) throw new Error(`there are no ${count} free ports from ${first} on`);
  return free;
}
