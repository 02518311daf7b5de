import { spawn } from 'node:child_process';
import { toolsPath } from '../../__testUtils__/tools';

export interface Interaction {
  /** Waits until the text appears after the text of the previous wait. */
  until(text: string): Promise<void>;
  type(keys: string): void;
  /** Resolves with the exit code once the program has ended. */
  ended: Promise<number | null>;
  output(): string;
  stop(): void;
}

/** Runs a program, so that a test can react to its output instead of guessing how long it takes. */
export function interact(
  command: string,
  args: string[],
  env: Record<string, string>,
): Interaction {
  const child = spawn(command, args, {
    env: { PATH: toolsPath(), ...env },
  });
  let text = '';
  let seen = 0;
  let look = () => {};
  const collect = (chunk: Buffer) => {
    text += chunk.toString('utf8');
    look();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = new Promise<number | null>(resolve => {
    child.on('close', code => {
      resolve(code);
      look();
    });
  });
  return {
    ended,
    output: () => text,
    type: keys => {
      child.stdin.write(keys);
    },
    stop: () => {
      child.kill();
    },
    until: wanted =>
      new Promise((resolve, reject) => {
        look = () => {
          const at = text.indexOf(wanted, seen);
          if (at >= 0) {
            seen = at + wanted.length;
            look = () => {};
            resolve();
          } else if (child.exitCode !== null) {
            reject(
              new Error(
                `The program ended without ${JSON.stringify(wanted)}: ${text}`,
              ),
            );
          }
        };
        look();
      }),
  };
}
