import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { watch } from './watchdog';

/** Of the program. */
export const NAME = 'eks-pod-identity';

/** A stream that text is written to; one of a terminal knows its columns, and whether it has colours. */
export interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  hasColors?(): boolean;
}

/** Everything that the program gets from and gives to its process. */
export interface Io {
  /** What the user types to run the program; default: `NAME`. */
  name?: string;
  /** Results only. */
  stdout: Output;
  /** Progress and errors. */
  stderr: Output;
  env: Record<string, string | undefined>;
  /** Aborted when the program is interrupted. */
  signal: AbortSignal;
  /** @param path - `-` is standard input */
  readFile(path: string): string;
  writeFile(path: string, text: string): void;
  /** Until a request counts as unanswered; default: that of the engine. */
  requestTimeoutMs?: number;
  /** Waits between two verifications; default: wall time. */
  sleep?(ms: number): Promise<void>;
  /** Ends the process where it computes for longer than this without a pause, until the answer is called. */
  watch?(seconds: number): () => void;
}

/** kubectl runs this file for `kubectl eks-pod-identity`. */
const OF_KUBECTL = 'kubectl-eks_pod_identity';

/** Those of this process; `end` takes its signal handlers away. */
export function processIo(): { io: Io; end(): void } {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error('Interrupted'));
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return {
    io: {
      ...(basename(process.argv[1]) === OF_KUBECTL
        ? { name: 'kubectl eks-pod-identity' }
        : {}),
      stdout: process.stdout,
      stderr: process.stderr,
      env: process.env,
      signal: controller.signal,
      readFile: path => readFileSync(path === '-' ? 0 : path, 'utf8'),
      // What it says of clusters is for those who ran the program.
      writeFile: (path, text) => writeFileSync(path, text, { mode: 0o600 }),
      watch,
    },
    end: () => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
    },
  };
}
