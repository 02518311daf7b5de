import { spawn } from 'node:child_process';
import type { Ended } from './CliWorld';

/** A command that runs; what it has written, and its end. */
export interface Running {
  readonly stdout: string;
  type(text: string): void;
  /** Resolves once it has written that. */
  until(text: string): Promise<void>;
  ended: Promise<Ended>;
}

/** Starts a command with this environment alone, in a folder. Its standard input stays open until it ends. */
export function startCommand(
  [command, ...args]: string[],
  { cwd, env }: { cwd: string; env: Record<string, string | undefined> },
): Running {
  const child = spawn(command, args, { cwd, env: env as NodeJS.ProcessEnv });
  const said = { stdout: '', stderr: '' };
  const waiting = new Map<string, () => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
    for (const [words, resolve] of waiting) {
      if (said.stdout.includes(words)) resolve();
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child
      .on('error', reject)
      .on('close', code => resolve({ code: code ?? -1, ...said }));
  });
  return {
    get stdout() {
      return said.stdout;
    },
    type: text => child.stdin.write(text),
    until: words =>
      new Promise((resolve, reject) => {
        if (said.stdout.includes(words)) resolve();
        waiting.set(words, resolve);
        void ended.then(({ stdout, stderr }) =>
          reject(new Error(`It ended without "${words}":\n${stdout}${stderr}`)),
        );
      }),
    ended,
  };
}

/** Runs a command to its end, without anything on its standard input. */
export async function runCommand(
  command: string[],
  where: { cwd: string; env: Record<string, string | undefined> },
): Promise<Ended> {
  return startCommand(command, where).ended;
}
