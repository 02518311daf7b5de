import { Sandbox } from '../sandbox';
import { AwsCli } from './clients';
import { comparable, PodAwsCase, putCasesRoles } from './podAwsCases';

/** Tries the cases of pods with the real `aws`. */
export function podAwsTrial(sandbox: Sandbox) {
  const roleArn = putCasesRoles(sandbox.aws);
  const keys = sandbox.aws.iam.sessionOf({ roleArn, sessionName: 'trial' });
  return async (cases: PodAwsCase[]) => {
    const cli = new AwsCli(sandbox, keys);
    const tried = [];
    for (const one of cases) {
      const answer = await cli.run(one.args);
      tried.push({
        expected: comparable(one),
        real: comparable({ args: one.args, ...answer }),
      });
    }
    cli.remove();
    return tried;
  };
}
