import { PodNetwork } from './network';
import type { RunResult } from './containerShell';

/** Where the agent listens unless its arguments say otherwise. */
const ADDRESSES = ['169.254.170.23', 'fd00:ec2::23'];
const BIND = ['-b', '--bind-hosts'];

const IMAGE = /(^|\/)eks-pod-identity-agent[:@]/;

export const isAgentImage = (image: string) => IMAGE.test(image);

/** Values of a flag that takes a list and may be repeated. */
const valuesOf = (args: string[], flags: string[]) =>
  args.flatMap((arg, index) => {
    const [flag, value] = arg.split('=', 2);
    return flags.includes(flag)
      ? (value ?? args[index + 1] ?? '').split(',')
      : [];
  });

/** What becomes of the agent when it starts: undefined if it can serve, else how it ends. */
export function startAgent(
  args: string[],
  network: PodNetwork,
  now: number,
): RunResult | undefined {
  const asked = valuesOf(args, BIND);
  const trouble = (asked.length ? asked : ADDRESSES)
    .map(address => network.listen(address, 80))
    .find(text => text !== undefined);
  if (!trouble) {
    return undefined;
  }
  const line = {
    level: 'fatal',
    msg: `Unable to start server: ${trouble}`,
    time: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
  };
  return { exitCode: 1, stdout: '', stderr: `${JSON.stringify(line)}\n` };
}
