import { createServer } from 'node:net';
import { Problem } from './problem.mjs';

const host = '127.0.0.1';

/** Throws a `Problem` when something listens on the port already. */
export async function assertPortFree(port, instead) {
  const error = await tryListening(port);
  if (error?.code === 'EADDRINUSE') {
    throw new Problem(
      `Port ${port} is already in use.`,
      `Stop what listens there, or choose another port: ${instead}.`,
    );
  }
  if (error) {
    throw new Problem(
      `Port ${port} cannot be used (${error.code ?? error.message}).`,
      `Choose another port: ${instead}.`,
    );
  }
}

async function tryListening(port) {
  const server = createServer();
  try {
    await listening(server, port);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await closed(server);
  }
}

/** A free port, chosen by the system. */
export async function freePort() {
  const server = createServer();
  await listening(server, 0);
  const { port } = server.address();
  await closed(server);
  return port;
}

function listening(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, resolve);
  });
}

function closed(server) {
  return new Promise(resolve => server.close(resolve));
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
