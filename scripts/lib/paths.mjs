import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository these scripts lie in, wherever they were started from. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Node.js and Yarn, fetched where the machine lacks them; never committed. */
export const toolchain = join(root, '.toolchain');

/** Logs and state of the sandbox and of the portal on it; never committed. */
export const sandboxDirectory = join(root, '.sandbox');

/** Logs and reports of `npm test`; never committed. */
export const testOutput = join(root, '.cache', 'test');
