import { internalError } from '../model/status';
import { ExecRequest, ExecStreams } from '../http/dependencies';
import { ContainerShell, ExecutableNotFound } from '../runtime/containerShell';

const SHELLS = new Set(['sh', 'bash', 'ash']);

/** Programs that read standard input to its end before they answer. */
const READERS = new Set([
  'cat',
  'tar',
  'tee',
  'xargs',
  'grep',
  'wc',
  'sort',
  'head',
  'tail',
  'jq',
  'base64',
  'sed',
  'awk',
  'tr',
  'cut',
  'uniq',
  'gzip',
  'gunzip',
  'md5sum',
  'sha256sum',
]);

const toTerminal = (text: string) => text.replace(/\r?\n/g, '\r\n');

/** Printed for an interactive shell, which the sandbox lacks. */
const NO_SHELL =
  'The sandbox has no interactive shell. Give the command: kubectl exec POD -- sh -c COMMAND\r\n';

const basename = (path: string) => path.split('/').pop()!;

const isInteractiveShell = (command: string[]) =>
  SHELLS.has(basename(command[0])) &&
  command.slice(1).every(arg => /^-[il]+$/.test(arg));

async function readAll(stdin: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const readsInput = ({ command, interactive, tty }: ExecRequest) => {
  const name = basename(command[0]);
  return interactive && !tty && (READERS.has(name) || SHELLS.has(name));
};

/** Aborts at ^C on the terminal. */
function interruptible(streams: ExecStreams): AbortSignal {
  const interrupt = new AbortController();
  void (async () => {
    for await (const chunk of streams.stdin) {
      if (chunk.includes(3)) interrupt.abort();
    }
  })();
  return AbortSignal.any([interrupt.signal, streams.signal]);
}

/** Runs a command of `kubectl exec` in a container. */
export async function execIn(
  shell: ContainerShell,
  request: ExecRequest,
  streams: ExecStreams,
): Promise<number> {
  const { command, tty } = request;
  if (tty && isInteractiveShell(command)) {
    await write(streams.stdout, NO_SHELL);
    return 1;
  }
  const stdin = readsInput(request) ? await readAll(streams.stdin) : undefined;
  const signal = tty ? interruptible(streams) : streams.signal;
  try {
    const result = await shell.run(command, { stdin, signal });
    await write(
      streams.stdout,
      tty ? toTerminal(result.stdout) : result.stdout,
    );
    await write(
      streams.stderr,
      tty ? toTerminal(result.stderr) : result.stderr,
    );
    return result.exitCode;
  } catch (error) {
    if (!(error instanceof ExecutableNotFound)) throw error;
    throw internalError(
      `error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: ${error.message}`,
    );
  }
}

function write(stream: ExecStreams['stdout'], text: string): Promise<void> {
  return new Promise(resolve => {
    if (text === '') resolve();
    else stream.write(Buffer.from(text, 'utf8'), () => resolve());
  });
}
