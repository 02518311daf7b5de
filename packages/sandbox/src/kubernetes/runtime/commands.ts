import { CustomCommand, defineCommand } from 'just-bash';
import { SimulatedClock } from '../../core/contract';

const environmentText = (env: Record<string, string> = {}) =>
  Object.entries(env)
    .filter(([name]) => name !== 'OLDPWD')
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

const ok = (stdout = '') => ({ stdout, stderr: '', exitCode: 0 });

const UNITS: Record<string, number> = {
  '': 1,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
};

/** Milliseconds of `sleep`'s arguments; undefined when one is invalid. */
export function sleepMs(args: string[]): number | undefined {
  let total = 0;
  for (const arg of args) {
    if (arg === 'infinity') return Infinity;
    const match = arg.match(/^(\d+(?:\.\d+)?|\.\d+)([smhd]?)$/);
    if (!match) return undefined;
    total += Number(match[1]) * UNITS[match[2]] * 1000;
  }
  return args.length > 0 ? total : undefined;
}

/** Waits on the simulated clock, for ever if requested, without polling. */
export function pause(
  clock: SimulatedClock,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  if (ms !== Infinity) {
    return clock.sleep(ms, signal);
  }
  return new Promise((_resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** Names of the commands below. */
export const SYSTEM_COMMANDS = [
  'sleep',
  'env',
  'printenv',
  'hostname',
  'whoami',
  'id',
  'uname',
  'date',
];

export interface SystemOptions {
  clock: SimulatedClock;
  hostname: string;
  uid: number;
  gid: number;
}

/** Linux commands that just-bash lacks, or that would report on the machine instead of the pod. */
export function systemCommands({
  clock,
  hostname,
  uid,
  gid,
}: SystemOptions): CustomCommand[] {
  const user = uid === 0 ? 'root' : undefined;
  return [
    defineCommand('sleep', async (args, ctx) => {
      const ms = sleepMs(args);
      if (ms === undefined) {
        const text = args.length
          ? `sleep: invalid time interval '${args[0]}'\n`
          : 'sleep: missing operand\n';
        return { stdout: '', stderr: text, exitCode: 1 };
      }
      await pause(clock, ms, ctx.signal ?? new AbortController().signal);
      return ok();
    }),
    defineCommand('env', async (args, ctx) => {
      if (args.length > 0 && ctx.origCommand) {
        return ctx.origCommand(args);
      }
      return ok(environmentText(ctx.exportedEnv));
    }),
    defineCommand('printenv', async (args, ctx) => {
      const env = ctx.exportedEnv ?? {};
      if (args.length === 0) return ok(environmentText(env));
      const known = args.filter(name => env[name] !== undefined);
      return {
        ...ok(known.map(name => `${env[name]}\n`).join('')),
        exitCode: known.length === args.length ? 0 : 1,
      };
    }),
    defineCommand('hostname', async () => ok(`${hostname}\n`)),
    defineCommand('whoami', async () =>
      user
        ? ok(`${user}\n`)
        : {
            stdout: '',
            stderr: `whoami: cannot find name for user ID ${uid}\n`,
            exitCode: 1,
          },
    ),
    defineCommand('id', async args => {
      if (args[0] === '-u') return ok(`${uid}\n`);
      if (args[0] === '-g') return ok(`${gid}\n`);
      const name = (id: number) => (id === 0 ? `${id}(root)` : `${id}`);
      return ok(`uid=${name(uid)} gid=${name(gid)} groups=${name(gid)}\n`);
    }),
    defineCommand('uname', async args =>
      ok(
        args.includes('-a')
          ? `Linux ${hostname} 6.1.0 #1 SMP x86_64 GNU/Linux\n`
          : 'Linux\n',
      ),
    ),
    defineCommand('date', async (args, ctx) => {
      const dated = args.some(
        arg => arg.startsWith('-d') || arg.startsWith('--date'),
      );
      const now = `@${Math.floor(clock.now() / 1000)}`;
      return ctx.origCommand!(dated ? args : ['-d', now, ...args]);
    }),
  ];
}
