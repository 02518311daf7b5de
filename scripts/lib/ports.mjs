import { once } from 'node:events';
import { createServer } from 'node:net';
import { Problem } from './problem.mjs';

const host = '127.0.0.1';

/** Throws a `Problem` when something listens on the port already. */
export async function assertPortFree(port, instead) {
  const error = await listen(port).catch(problem => problem);
  if (error.code === 'EADDRINUSE') {
    throw new Problem(
      `Port ${port} is already in use.`,
      `Stop what listens there, or choose another port: ${instead}.`,
    );
  }
  if (error instanceof Error) {
    throw new Problem(
      `Port ${port} cannot be used (${error.code ?? error.message}).`,
      `Choose another port: ${instead}.`,
    );
  }
}

/** A free port, chosen by the system. */
export const freePort = () => listen(0);

/** Listens on a port for a moment; answers which it was. */
async function listen(wanted) {
  const server = createServer();
  server.listen({ port: wanted, host, exclusive: true });
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Reads `--port`; answers the fallback when it was not given. */
export function parsePort(text, fallback) {
  if (text === undefined) {
    return fallback;
  }
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Problem(
      `"${text}" is not a port.`,
      'Give a number from 1 to 65535, for example --port 7008.',
    );
  }
  return port;
}
