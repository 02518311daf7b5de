import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../sandbox';
import { AwsCli } from './clients';
import { comparable, PodAwsCase, putCasesRoles } from './podAwsCases';

/** Tries the cases of pods with the real `aws`, in a sandbox where no group of cases has run. */
export function podAwsTrial(sandbox: Sandbox) {
  const roleArn = putCasesRoles(sandbox.aws);
  const keys = sandbox.aws.iam.sessionOf({ roleArn, sessionName: 'trial' });
  return async (cases: PodAwsCase[]) => {
    const cli = new AwsCli(sandbox, keys);
    mkdirSync(join(cli.home, 'folder/b'), { recursive: true });
    writeFileSync(join(cli.home, 'note.txt'), 'hello');
    writeFileSync(join(cli.home, 'folder/a.txt'), 'a\n');
    writeFileSync(join(cli.home, 'folder/b/c.txt'), 'c\n');
    const tried = [];
    for (const one of cases) {
      const answer = await cli.run(one.args, {}, one.stdin);
      tried.push({
        expected: comparable(one),
        real: comparable({ args: one.args, ...answer }),
      });
    }
    cli.remove();
    return tried;
  };
}
