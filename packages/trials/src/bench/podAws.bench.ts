/**
 * What the `aws` in the sandbox's pods prints, against the real `aws`: all commands of `podAwsCases.ts`, of which
 * `npm test` tries a few with the real one. Prints the answers that differ.
 */
import { isDeepStrictEqual } from 'node:util';
import { POD_AWS_CASES } from '../../../sandbox/src/__testUtils__/podAwsCases';
import { podAwsTrial } from '../../../sandbox/src/__testUtils__/podAwsTrial';
import { startSandbox } from 'eks-sandbox';
import { main, Problem } from '../../../../scripts/lib/problem.mjs';
import {
  bringTools,
  missingOf,
  toolsEnvironment,
} from '../../../../scripts/lib/tools.mjs';
import { figure } from '../../../../scripts/lib/output.mjs';

main(async () => {
  const tools = await bringTools(['aws'], process.env);
  const missing = missingOf(['aws'], tools);
  if (missing) throw new Problem('The real aws is needed.', missing);
  Object.assign(process.env, toolsEnvironment(tools, process.env));
  const sandbox = await startSandbox({ scenario: 'empty' });
  try {
    const trial = podAwsTrial(sandbox);
    let same = 0;
    for (const [group, cases] of Object.entries(POD_AWS_CASES)) {
      console.error(`# ${group}`);
      for (const { expected, real } of await trial(cases)) {
        if (isDeepStrictEqual(expected, real)) same += 1;
        else console.error(JSON.stringify({ expected, real }, undefined, 2));
      }
    }
    figure(
      "commands of a pod's aws, same as of the real one",
      same,
      'commands',
      { least: Object.values(POD_AWS_CASES).flat().length },
    );
  } finally {
    await sandbox.stop();
  }
  return 0;
}).then(() => process.exit());
