import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { startSandbox, Sandbox } from '../sandbox';
import { wire } from '../kubernetes/__testUtils__/wire';
import type { Moment, PassingWrite } from './holds';

/** What a sender sees whose connection ends before or after its write took effect. */
describe('A write that a test drops', () => {
  let sandbox: Sandbox;
  let iam: IAMClient;
  let seen: string[];

  const dropAt = (wanted: Moment) =>
    sandbox.holds.set(async (moment: Moment, write: PassingWrite) => {
      seen.push(`${moment} ${write.service}:${write.operation}`);
      return moment === wanted ? 'drop' : 'pass';
    });

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ['payments-prod'] });
    const { accessKeyId, secretAccessKey } = sandbox.credentials.admin;
    iam = new IAMClient({
      endpoint: sandbox.awsEndpoint,
      region: sandbox.region,
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 1,
    });
  });
  beforeEach(() => {
    seen = [];
    sandbox.calls.reset();
  });
  afterEach(() => sandbox.holds.set(undefined));
  afterAll(async () => {
    iam?.destroy();
    await sandbox?.stop();
  });

  const createRole = (RoleName: string) =>
    iam.send(
      new CreateRoleCommand({
        RoleName,
        AssumeRolePolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Principal: { Service: 'pods.eks.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        }),
      }),
    );
  const roles = () => sandbox.aws.iam.roles().map(({ name }) => name);

  it.each([
    ['before', 'reset', false],
    ['after', 'lost-answer', true],
  ] as const)('%s it takes effect', async (moment, fault, isThere) => {
    dropAt(moment);
    await expect(createRole(moment)).rejects.toThrow(
      /socket hang up|ECONNRESET/,
    );
    expect(roles().includes(moment)).toBe(isThere);
    expect(seen.at(-1)).toBe(`${moment} iam:CreateRole`);
    expect(sandbox.calls.calls()).toMatchObject([
      { operation: 'CreateRole', fault },
    ]);
  });

  it('may wait first', async () => {
    const { promise, resolve } = Promise.withResolvers<'pass'>();
    const reached = new Promise<PassingWrite>(held => {
      sandbox.holds.set(async (moment, write) => {
        if (moment === 'after') return 'pass';
        held(write);
        return promise;
      });
    });
    const creating = createRole('late');
    expect((await reached).text).toContain('RoleName=late');
    expect(roles()).not.toContain('late');
    resolve('pass');
    await creating;
    expect(roles()).toContain('late');
  });

  it.each([
    ['before', false],
    ['after', true],
  ] as const)('%s it takes effect in Kubernetes', async (moment, isThere) => {
    const handle = sandbox.cluster('payments-prod');
    const { credentials } = sandbox;
    dropAt(moment);
    await expect(
      wire({ handle, key: handle.key, credentials }).call(
        'POST',
        '/api/v1/namespaces',
        {
          body: {
            apiVersion: 'v1',
            kind: 'Namespace',
            metadata: { name: moment },
          },
        },
      ),
    ).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(handle.get('namespaces', undefined, moment) !== undefined).toBe(
      isThere,
    );
    expect(seen.at(-1)).toBe(`${moment} kubernetes:create namespaces`);
  });
});
