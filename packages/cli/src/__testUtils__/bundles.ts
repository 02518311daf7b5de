import { resolve } from 'node:path';
import { runCommand } from './runCommand';

export const CLI = resolve(__dirname, '../..');

/** What is in a bundle. */
export interface Bundled {
  bytes: number;
  packages: { name: string; version: string; license: string; node?: string }[];
}

/** Makes one as a release does, from the source. */
export async function bundle(...args: string[]): Promise<Bundled> {
  const { code, stdout, stderr } = await runCommand(
    [process.execPath, resolve(CLI, 'bundle/bundle.mjs'), '--json', ...args],
    { cwd: CLI, env: { PATH: process.env.PATH } },
  );
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The variables of this process by which AWS is reached. */
export const awsVariables = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name.startsWith('AWS_')),
  );
