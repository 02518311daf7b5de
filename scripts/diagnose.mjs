import { join } from 'node:path';
import { awayFromAws, onToolchain } from './lib/environment.mjs';
import { root, testOutput } from './lib/paths.mjs';
import { nodeWithTypeScript } from './lib/portal.mjs';
import { main, Problem } from './lib/problem.mjs';
import { run } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';
import { bringTools, missingOf, toolsEnvironment } from './lib/tools.mjs';

const TOOLS = ['aws', 'kubectl'];

/** Starts packages/trials/src/diagnosis/main.ts with the real tools; the arguments are its own. */
await main(async () => {
  await setUp();
  const env = awayFromAws(onToolchain(), testOutput);
  const tools = await bringTools(TOOLS, env);
  const missing = missingOf(TOOLS, tools);
  if (missing) {
    throw new Problem('A program is missing.', missing);
  }
  const [node, ...args] = nodeWithTypeScript;
  const { code } = await run(
    node,
    [
      ...args,
      join(root, 'packages/trials/src/diagnosis/main.ts'),
      ...process.argv.slice(2),
    ],
    { env: toolsEnvironment(tools, env), onLine: line => console.log(line) },
  );
  return code;
});
