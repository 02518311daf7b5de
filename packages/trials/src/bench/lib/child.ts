import { type ChildProcess, fork, type ForkOptions } from 'node:child_process';
import { join } from 'node:path';
import type { Sandbox } from 'eks-sandbox';
import { nodeWithTypeScript } from '../../../../../scripts/lib/portal.mjs';
import { root } from '../../../../../scripts/lib/paths.mjs';

const [, ...loader] = nodeWithTypeScript;

/**
 * A program of a benchmark in a process of its own, so that what is measured is not measured with it.
 *
 * @param program - below this package's src/bench
 */
export function child(
  program: string,
  env: NodeJS.ProcessEnv = {},
  args: string[] = [],
  options: ForkOptions = {},
): ChildProcess {
  return fork(join(root, 'packages/trials/src/bench', program), args, {
    execArgv: [...loader, '--expose-gc'],
    env: { ...process.env, NODE_ENV: 'production', LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 2, 2, 'ipc'],
    ...options,
  });
}

/**
 * Sends a message to a program and waits for its `{ answer }`.
 *
 * @throws when the program ends before it answers
 */
export function ask<T>(asked: ChildProcess, message: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) =>
      reject(new Error(`A process of the benchmark ended with ${code}`));
    // The loader of TypeScript says things too
    const onMessage = (said: object) => {
      if (!('answer' in said)) return;
      asked.off('exit', onExit).off('message', onMessage);
      resolve(said.answer as T);
    };
    asked.on('exit', onExit).on('message', onMessage).send(message);
  });
}

/** What a portal in another process has to know of a sandbox. */
export const worldOf = (sandbox: Sandbox) => ({
  awsEndpoint: sandbox.awsEndpoint,
  region: sandbox.region,
  accountId: sandbox.accountId,
  credentials: sandbox.credentials,
  now: sandbox.clock.now(),
});

export type World = ReturnType<typeof worldOf>;

/** Answers each message with what `handle` makes of it; a failure ends the program. */
export function answerEach(handle: (message: any) => Promise<unknown>) {
  process.on('message', async message => {
    try {
      process.send!({ answer: await handle(message) });
    } catch (error) {
      console.error(error);
      process.exit(1);
    }
  });
  process.on('disconnect', () => process.exit());
}
