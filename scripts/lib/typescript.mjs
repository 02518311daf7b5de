import { onToolchain } from './environment.mjs';
import { nodeWithTypeScript } from './portal.mjs';
import { run } from './run.mjs';

/** Runs a TypeScript file of this repository to its end, with its output on this terminal; answers its exit code. */
export async function runTypeScript(file, args) {
  const [node, ...options] = nodeWithTypeScript;
  const { code } = await run(node, [...options, file, ...args], {
    env: onToolchain(),
    onLine: line => console.log(line),
  });
  return code;
}
