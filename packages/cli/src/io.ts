import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, resolve, sep } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { CliError } from './exitCodes';
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

/** Longest file that is read, in bytes. One without an end, such as a device or a pipe, has more in any case. */
const LONGEST = 16 * 1024 * 1024;

/**
 * Reads a text, or standard input.
 *
 * @throws Error where it is longer than is read
 */
function readBounded(path: string): string {
  const file = path === '-' ? 0 : openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    const chunk = Buffer.alloc(64 * 1024);
    for (let bytes = 0; ; ) {
      const read = readSync(file, chunk);
      if (read === 0) return Buffer.concat(chunks).toString();
      // A copy of what was read alone: a pipe gives some hundred bytes at a time.
      chunks.push(Buffer.from(chunk.subarray(0, read)));
      bytes += read;
      if (bytes > LONGEST) throw new Error('it is longer than 16 MB');
    }
  } finally {
    if (file !== 0) closeSync(file);
  }
}

/** Where the system itself has symbolic links to open files, such as `/dev/stdout`. */
const OF_SYSTEM = /^\/(dev|proc)\//;

/** A symbolic link among the file and the folders below that of the run. */
function linkOn(file: string): string | undefined {
  const below = process.cwd() + sep;
  let at = file;
  do {
    if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) return at;
    at = dirname(at);
  } while (at.startsWith(below));
  return undefined;
}

/**
 * Writes a file that only its owner reads: it says of clusters what is for those who ran the program. A symbolic link in a
 * repository must not lead it elsewhere: neither the file nor a folder below that of the run may be one.
 *
 * @throws CliError where it cannot be written
 */
function writeOwn(path: string, text: string): void {
  const whole = resolve(process.cwd(), path);
  const isOfSystem = OF_SYSTEM.test(whole);
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const flags = O_WRONLY | O_CREAT | O_TRUNC | (isOfSystem ? 0 : O_NOFOLLOW);
  try {
    const link = isOfSystem ? undefined : linkOn(whole);
    if (link) {
      throw new Error(
        `${link} is a symbolic link. Name the file that it stands for`,
      );
    }
    const file = openSync(whole, flags, 0o600);
    try {
      writeFileSync(file, text);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const { code, errno = 0, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' && !existsSync(dirname(whole))
        ? `there is no folder ${dirname(path)}`
        : getSystemErrorMap().get(errno)?.[1] ?? message;
    throw new CliError(`${path} is not written: ${why}.`);
  }
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
      readFile: readBounded,
      writeFile: writeOwn,
      watch,
    },
    end: () => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
    },
  };
}
