import Ajv from 'ajv';
import { ACCESS_VERDICTS } from 'backstage-plugin-eks-pod-identity-common';
import { countByOperation } from 'eks-sandbox';
import { CliWorld } from './__testUtils__/CliWorld';
import { VERDICTS } from './commandLine';

const ON = ['inventory', '--cluster', 'payments-prod', '--quiet'];
const ROLE = 'arn:aws:iam::111122223333:role/shop-api';

let world: CliWorld;
beforeAll(async () => {
  world = await CliWorld.start();
  const kube = world.sandbox.cluster('payments-prod');
  const url = kube.issuer;
  const Federated = world.sandbox.aws.iam.putOidcProvider({ url });
  world.sandbox.aws.iam.putRole({
    name: 'shop-api',
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: {
              [`${url.replace('https://', '')}:sub`]: [
                'system:serviceaccount:shop:api',
                'system:serviceaccount:shop:=worker',
              ],
            },
          },
        },
      ],
    },
  });
  await kube.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: {
        name: 'api',
        namespace: 'shop',
        annotations: { 'eks.amazonaws.com/role-arn': ROLE },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: {
        name: 'gone',
        namespace: 'shop',
        annotations: { 'eks.amazonaws.com/role-arn': `${ROLE}-gone` },
      },
    },
  ]);
});
afterAll(() => world.stop());

describe('inventory', () => {
  it('lists every AWS identity of a cluster, what needs a person first', async () => {
    const { code, stdout, stderr } = await world.run(ON);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^Broken today +shop\/gone \(IRSA\)\n +Role shop-api-gone does not exist/,
    );
    expect(stdout).toMatch(
      /^ +kubectl -n shop annotate serviceaccount gone --resource-version \d+ eks\.amazonaws\.com\/role-arn-$/m,
    );
    expect(stdout).toMatch(
      /^Cannot tell +shop\/api \(IRSA\)\n +Cannot tell: /m,
    );
    expect(stdout).toMatch(
      /^Nothing to move +payments\/payments-ledger \(Pod Identity\)$/m,
    );
    expect(stdout).toMatch(
      /^\d of \d service accounts with an AWS identity go by Pod Identity\.$/m,
    );
    expect(stdout).toMatch(
      /^Calls by IRSA were read since 20\S+ in eu-west-1, since 20\S+ in us-east-1\.$/m,
    );
    expect(stdout).toMatch(
      /^Who acts as the nodes:\n {2}Node group general: CloudTrail shows no call as the node since 20.*; 2 of 3 nodes were looked at\.$/m,
    );
    expect(stdout).not.toContain('\u001b');
  });

  it('says what it reads on standard error, unless it is to be quiet', async () => {
    const { stderr } = await world.run(ON.slice(0, -1));
    expect(stderr).toMatch(/^Reading the cluster$/m);
  });

  it('keeps to the namespaces that it is given', async () => {
    const { stdout } = await world.run([...ON, '-n', 'shop', '-o', 'json']);
    const { access } = JSON.parse(stdout);
    expect(
      access.rows.map(({ ref }: any) => ref.serviceAccount).sort(),
    ).toEqual(['api', 'gone']);
    expect(access).not.toHaveProperty('nodeGroups');
  });

  it('says as JSON what its schema says', async () => {
    const { stdout } = await world.run([...ON, '-o', 'json']);
    const schema = JSON.parse(
      (await world.run(['schema', 'inventory'])).stdout,
    );
    const { properties } = schema.properties.access;
    expect(Object.keys(properties.rows.items.properties)).toContain('verdict');
    expect(JSON.parse(stdout).access.nodeGroups).toHaveLength(1);
    const ajv = new Ajv({ allErrors: true, strict: false, logger: false });
    const isValid = ajv.compile(schema);
    expect(isValid(JSON.parse(stdout)) || isValid.errors).toBe(true);
    const wrong = JSON.parse(stdout);
    delete wrong.access.rows[0].verdict;
    expect(isValid(wrong)).toBe(false);
  });

  it('writes CSV in which no cell is a formula', async () => {
    const { stdout } = await world.run([...ON, '-o', 'csv']);
    const [header, first] = stdout.split('\r\n');
    expect(header).toMatch(/^"cluster","namespace","serviceAccount","roads"/);
    expect(first).toMatch(/^"payments-prod","shop","gone","irsa","broken",/);
    expect(stdout).not.toMatch(/"=/);
  });

  it('writes a table as Markdown', async () => {
    const { stdout } = await world.run([...ON, '-o', 'markdown']);
    expect(stdout).toMatch(/^# All AWS access of payments-prod\n/);
    expect(stdout).toMatch(/^\| shop\/gone \| IRSA \| Broken today \| /m);
    expect(stdout).toMatch(
      /^## shop\/gone\n\n.*\n\n(- .*\n)+\n```bash\nkubectl -n shop annotate /m,
    );
    expect(stdout).toMatch(
      /^## Who acts as the nodes\n\n- \*\*Node group general\*\*: CloudTrail shows/m,
    );
  });

  it('ends with 1 where a verdict is asked for, and only then', async () => {
    const shop = [...ON, '-n', 'shop', '--fail-on'];
    expect((await world.run([...shop, 'broken'])).code).toBe(1);
    expect((await world.run([...shop, 'ready', 'blocked'])).code).toBe(0);
    const { code, stderr } = await world.run([...shop, 'nonsense']);
    expect(code).toBe(2);
    expect(stderr).toContain('Allowed choices are broken,');
    expect([...VERDICTS].sort()).toEqual(Object.keys(ACCESS_VERDICTS).sort());
  });

  it('does without CloudTrail and without Kubernetes, and says what it costs', async () => {
    const none = ['--no-cloudtrail', '--kubernetes', 'none'];
    const { code, stdout } = await world.run([...ON, ...none]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^\? Not checked: .* \(--kubernetes none\)\.\n {2}Service accounts with the annotation of IRSA are missing/m,
    );
    expect(stdout).toMatch(
      /^\? What CloudTrail recorded is not read here\.\n {2}SDKs and the last use/m,
    );
    expect(stdout).toMatch(/^ {2}Which programs act as their node is missing/m);
    expect(stdout).not.toContain('Who acts as the nodes');
  });

  it('does without the rights of a portal that reads little, and names them', async () => {
    const { admin, backstage, roles } = world.sandbox.credentials;
    world.use(backstage);
    const as = ['--assume-role', roles.verify];
    const { code, stdout } = await world.run([...ON, ...as]);
    world.use(admin);
    expect(code).toBe(0);
    for (const [action, costs] of [
      ['eks:ListAddons', 'Service accounts that EKS annotated are'],
      ['iam:GetAccountAuthorizationDetails', 'Makers, trust policies and last'],
      ['cloudtrail:LookupEvents', 'SDKs and the last use by IRSA are missing'],
    ]) {
      expect(stdout).toMatch(
        new RegExp(
          `^\\? .* not allowed to call ${action}.*\\n {2}${costs}`,
          'm',
        ),
      );
    }
  });

  it('writes nothing', async () => {
    await world.sandbox.client.resetCalls();
    await world.run(ON);
    const calls = await world.sandbox.client.calls({ internal: false });
    expect(Object.keys(countByOperation(calls))).toContain(
      'iam:GetAccountAuthorizationDetails',
    );
    expect(calls.filter(({ write }) => write)).toEqual([]);
  });
});
