/** @needs aws kubectl */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LifecycleWorld } from '../lifecycle/__testUtils__/LifecycleWorld';
import { BOUNDARY } from '../lifecycle/__testUtils__/lifecyclePortal';
import { realBash } from '../verification/__testUtils__/bash';
import {
  CLUSTER,
  adminKubeconfig,
  bareAccount,
} from './__testUtils__/bareAccount';
import { addTeamCluster } from './__testUtils__/adopterAccount';
import { REFUSED } from './__testUtils__/refused';

const DEPLOY = resolve(__dirname, '../../../../deploy');
const REF = `${CLUSTER}/payments/by-the-book`;

/** The files as docs/giving-rights.md has them applied, by the real programs, in an account and a cluster that have nothing. */
describe('deploy/', () => {
  let world: LifecycleWorld;
  const run = realBash();
  const done = async (script: string) => {
    const { sandbox } = world;
    const ran = await run(sandbox, sandbox.credentials.admin, script);
    expect(ran).toMatchObject({ code: 0 });
    return ran.stdout;
  };

  // For each try, should one be retried
  beforeEach(async () => {
    // At the pace of the programs, which wait by the clock on the wall
    world = await LifecycleWorld.start({ portals: {}, clockRate: 1 });
    await bareAccount(world.sandbox);
  });
  afterEach(() => world.stop());

  const deployed = (clusterName: string) => `
aws cloudformation deploy --region eu-west-1 --stack-name backstage-eks \
  --template-file ${DEPLOY}/cloudformation.yaml --capabilities CAPABILITY_NAMED_IAM \
  --parameter-overrides ClusterName=${clusterName} PortalPrincipalArn=${world.sandbox.credentials.backstage.arn} PortalId=main.example.com`;
  const DELETED = `
aws cloudformation delete-stack --region eu-west-1 --stack-name backstage-eks
aws cloudformation wait stack-delete-complete --region eu-west-1 --stack-name backstage-eks`;

  it('is rolled back where it cannot be applied, ends in a proof without an unknown, and leaves no trace', async () => {
    const { sandbox } = world;
    const { aws, credentials } = sandbox;
    expect(
      await run(sandbox, credentials.admin, deployed('nowhere')),
    ).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('Failed to create/update the stack.'),
    });
    expect(aws.iam.roles().map(({ name }) => name)).not.toContain(
      'backstage-eks-read',
    );
    await done(DELETED);

    expect(await done(deployed(CLUSTER))).toContain(
      'Successfully created/updated stack - backstage-eks',
    );
    await done(`
export KUBECONFIG=$HOME/kubeconfig
cat >$KUBECONFIG <<'END'
${await adminKubeconfig(sandbox)}
END
kubectl delete clusterrole,clusterrolebinding backstage-eks-pod-identity-read backstage-eks-pod-identity-verify backstage-eks-pod-identity-write
kubectl apply --validate=strict -f ${DEPLOY}/rbac.yaml -f ${DEPLOY}/admission-policies.yaml`);
    world.addPortal('main');
    await world.associate(REF, {
      managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess'],
    });
    const report = await world.verify(REF, {}, {}, 'pod');
    expect(
      report.checks.filter(({ status }) =>
        ['unknown', 'fail', 'warn'].includes(status),
      ),
    ).toEqual([]);
    expect(report.status).toBe('no-workload');

    await world.teardown(REF);
    await done(DELETED);
    for (const arn of Object.values(credentials.roles)) {
      expect(aws.iam.findRole(arn)).toBeUndefined();
    }
    expect(aws.eks.accessEntries(CLUSTER)).not.toContainEqual(
      expect.objectContaining({
        principalArn: expect.stringContaining('backstage-eks'),
      }),
    );
  });

  it('@night ends in a proof with the stacks of an account and of its cluster, which keep the boundary', async () => {
    const { sandbox } = world;
    const { aws, credentials } = sandbox;
    const [block] = readFileSync(
      resolve(DEPLOY, '../docs/adopting.md'),
      'utf8',
    ).match(/(?<=\n## Several clusters\n[^]*?```sh\n)[^]*?(?=```)/)!;
    await addTeamCluster(sandbox, 'shop-prod');
    await done(
      `cd ${DEPLOY}/..\n${block.replace(
        'arn:aws:iam::111122223333:role/backstage-portal',
        credentials.backstage.arn,
      )}`,
    );
    world.addPortal('portal', {
      clusters: [{ name: CLUSTER }, { name: 'shop-prod' }],
    });
    const main = { portal: 'portal' };
    await world.associate(
      REF,
      {
        managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess'],
      },
      main,
    );
    const report = await world.verify(REF, {}, main, 'pod');
    expect(
      report.checks.filter(({ status }) =>
        ['unknown', 'fail', 'warn'].includes(status),
      ),
    ).toEqual([]);
    const { arn } = await world
      .portal('portal')
      .clusters.session('shop-prod', 'write')
      .describeCluster();
    expect(arn).toBe('arn:aws:eks:eu-west-1:111122223333:cluster/shop-prod');
    await world.teardown(REF, {}, main);
    await done(
      [`cluster-${CLUSTER}`, 'cluster-shop-prod', 'account']
        .map(
          name => `
aws cloudformation delete-stack --region eu-west-1 --stack-name backstage-${name}
aws cloudformation wait stack-delete-complete --region eu-west-1 --stack-name backstage-${name}`,
        )
        .join(''),
    );
    expect(aws.iam.findRole(credentials.roles.read)).toBeUndefined();
    await done(
      `aws iam get-policy --region eu-west-1 --policy-arn ${BOUNDARY}`,
    );
  });

  it('@night is refused by the aws of a terminal where a parameter would give too much', async () => {
    // Each start of the program takes a second: the first template whole, and of the others one
    const rows = REFUSED.flatMap(({ template, needed, refused }, index) =>
      Object.entries(refused)
        .slice(...(index === 0 ? [] : [-1]))
        .map(([parameter, [, values]]) => ({
          template,
          parameter,
          // Written short, an empty value and one with a comma would be another
          parameters: JSON.stringify(
            Object.entries({ ...needed, [parameter]: values[0] }).map(
              ([ParameterKey, ParameterValue]) => ({
                ParameterKey,
                ParameterValue,
              }),
            ),
          ),
        })),
    );
    const said = await done(
      rows
        .map(
          ({ template, parameters }) => `
aws cloudformation create-stack --region eu-west-1 --stack-name refused --capabilities CAPABILITY_NAMED_IAM \\
  --template-body file://${DEPLOY}/${template} --parameters '${parameters}' 2>&1 | tr -d '\\n' || true
echo`,
        )
        .join('\n'),
    );
    expect(
      said
        .split('\n')
        .filter(Boolean)
        .map(
          line => /Parameter '?(\w+)'? (failed|must)/.exec(line)?.[1] ?? line,
        ),
    ).toEqual(rows.map(({ parameter }) => parameter));
  });
});
