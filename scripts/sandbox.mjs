import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { awayFromAws, onToolchain } from './lib/environment.mjs';
import { root, sandboxDirectory } from './lib/paths.mjs';
import { main } from './lib/problem.mjs';
import { sandboxCommand } from './lib/portal.mjs';
import { onEnd } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';

/** The sandbox alone, in this terminal; its own arguments, `--help` too, are passed through. */
await main(async () => {
  await setUp();
  mkdirSync(sandboxDirectory, { recursive: true });
  const [program, ...args] = sandboxCommand(sandboxDirectory);
  const child = spawn(program, [...args, ...process.argv.slice(2)], {
    cwd: root,
    env: awayFromAws(onToolchain()),
    stdio: 'inherit',
  });
  const ended = once(child, 'close');
  // Ctrl-C reaches the sandbox by itself; a signal to this process alone has to be handed on
  onEnd(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const [code, signal] = await ended;
  return signal ? 1 : code;
});
