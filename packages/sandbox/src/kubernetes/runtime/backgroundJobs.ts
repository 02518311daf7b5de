import {
  CustomCommand,
  defineCommand,
  ExecResult,
  IFileSystem,
  parse,
  SimpleCommandNode,
  TransformPlugin,
  WordNode,
} from 'just-bash';

const START = 'sandbox-start';
const WAIT = 'sandbox-wait';

/** Names of the commands below, which no script writes. */
export const JOB_COMMANDS = [START, WAIT];

/** Holds what a script reads as `$!`. */
const LAST_JOB = 'SANDBOX_LAST_JOB';

const word = (value: string): WordNode => ({
  type: 'Word',
  parts: [{ type: 'SingleQuoted', value }],
});

const isSimple = (command: any): command is SimpleCommandNode =>
  command?.type === 'SimpleCommand' &&
  command.name !== null &&
  command.assignments.length === 0 &&
  command.redirections.every(({ operator }: any) =>
    ['>', '>>', '>&'].includes(operator),
  );

/** `program words > file 2>&1` → `SANDBOX_LAST_JOB=$(sandbox-start 2 '1>' file '2>&' 1 program words)` */
function started(command: SimpleCommandNode): SimpleCommandNode {
  const { name, args, redirections } = command;
  const start = {
    ...command,
    name: word(START),
    args: [
      word(String(redirections.length)),
      ...redirections.flatMap(({ fd, operator, target }) => [
        word(`${fd ?? 1}${operator}`),
        target as WordNode,
      ]),
      name!,
      ...args,
    ],
    redirections: [],
  };
  const { statements } = parse(`${LAST_JOB}=$(true)`);
  const [assignment] = statements[0].pipelines[0].commands as any[];
  const [substitution] = assignment.assignments[0].value.parts;
  substitution.body.statements[0].pipelines[0].commands = [start];
  return assignment;
}

function rewritten(node: any): any {
  if (Array.isArray(node)) return node.map(rewritten);
  if (node === null || typeof node !== 'object') return node;
  const [pipeline] = node.background ? node.pipelines : [];
  const [command, next] = pipeline?.commands ?? [];
  if (node.pipelines?.length === 1 && !next && isSimple(command)) {
    const commands = [started(rewritten(command))];
    const pipelines = [{ ...pipeline, commands }];
    return { ...node, background: false, pipelines };
  }
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, rewritten(value)]),
  );
  if (copy.type === 'SimpleCommand' && copy.name?.parts[0].value === 'wait') {
    return { ...copy, name: word(WAIT) };
  }
  return copy.type === 'ParameterExpansion' && copy.parameter === '!'
    ? { ...copy, parameter: LAST_JOB }
    : copy;
}

/** The interpreter runs what ends in `&` like any other command, one after the other; this has simple ones started. */
export const backgroundPlugin: TransformPlugin = {
  name: 'background',
  transform: ({ ast }) => ({ ast: rewritten(ast) }),
};

/** Where each of two streams goes; the last redirection wins, as in a shell. */
function destinations(redirections: [string, string][]) {
  const to: Record<string, { file: string; append: boolean } | undefined> = {};
  for (const [how, target] of redirections) {
    const [, fd, operator] = /^(\d+)(.*)$/.exec(how)!;
    to[fd] =
      operator === '>&'
        ? to[target]
        : { file: target, append: operator === '>>' };
  }
  return to;
}

async function write(
  fs: IFileSystem,
  cwd: string,
  redirections: [string, string][],
  result: ExecResult,
) {
  const to = destinations(redirections);
  const begun = new Set<string>();
  for (const [fd, text] of [
    ['1', result.stdout],
    ['2', result.stderr],
  ]) {
    const path = to[fd] && fs.resolvePath(cwd, to[fd].file);
    if (!path || path === '/dev/null') continue;
    if (to[fd]!.append || begun.has(path)) await fs.appendFile(path, text);
    else await fs.writeFile(path, text);
    begun.add(path);
  }
}

/** `wait`, and what starts the programs of one shell that it waits for. */
export function jobCommands(
  fs: () => IFileSystem,
  run: (
    argv: string[],
    env: Record<string, string>,
    cwd: string,
  ) => Promise<ExecResult>,
): CustomCommand[] {
  const jobs = new Map<string, Promise<number>>();
  const answer = (exitCode: number, stdout = '') => ({
    stdout,
    stderr: '',
    exitCode,
  });
  return [
    defineCommand(START, async (args, { exportedEnv, cwd }) => {
      const count = Number(args[0]);
      const redirections = Array.from(
        { length: count },
        (_, at): [string, string] => [args[1 + 2 * at], args[2 + 2 * at]],
      );
      const argv = args.slice(1 + 2 * count);
      const job = run(argv, { ...exportedEnv }, cwd).then(async result => {
        await write(fs(), cwd, redirections, result);
        return result.exitCode;
      });
      const pid = String(jobs.size + 2);
      // A container that ends meanwhile takes it along.
      jobs.set(
        pid,
        job.catch(() => 137),
      );
      return answer(0, pid);
    }),
    defineCommand(WAIT, async pids => {
      if (pids.length === 0) {
        await Promise.all(jobs.values());
        return answer(0);
      }
      const codes = await Promise.all(pids.map(pid => jobs.get(pid) ?? 127));
      return answer(codes.at(-1)!);
    }),
  ];
}
