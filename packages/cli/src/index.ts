/**
 * The program `eks-pod-identity`: verifies AWS identities of pods on Amazon EKS, without a portal.
 *
 * @packageDocumentation
 */
import { processIo } from './io';
import { run } from './program';

/** Runs the program with the arguments of this process; its exit code is that of the process. */
export async function start(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', withoutReader);
  }
  const { io, end } = processIo();
  try {
    process.exitCode = await run(process.argv.slice(2), io);
  } finally {
    end();
  }
}

/** What reads the output may end first, as `head` does: the rest is lost, and the exit code stays that of the program. */
function withoutReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
