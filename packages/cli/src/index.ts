/**
 * The program `eks-pod-identity`: verifies AWS identities of pods on Amazon EKS, without a portal.
 *
 * @packageDocumentation
 */
import { processIo } from './io';
import { run } from './program';

/** Runs the program with the arguments of this process; its exit code is that of the process. */
export async function start(): Promise<void> {
  const { io, end } = processIo();
  try {
    process.exitCode = await run(process.argv.slice(2), io);
  } finally {
    end();
  }
}
