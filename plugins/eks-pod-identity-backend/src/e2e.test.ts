import { TestDatabases } from '@backstage/backend-test-utils';
import {
  SandboxPortal,
  startSandboxPortal,
} from './__testUtils__/sandboxBackend';
import {
  ADA,
  associate,
  follow,
  Replica,
  teardown,
  verify,
} from './__testUtils__/testBackend';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('the backend on the AWS side of the sandbox', () => {
  let portal: SandboxPortal;
  let replica: Replica;

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'] },
      clusters: [
        {
          name: 'payments-prod',
          id: 'prod',
          kubernetes: { access: 'none' },
        },
      ],
    });
    replica = await portal.start({ knex: await databases.init('SQLITE_3') });
  });

  afterAll(() => portal?.stop());

  const input = {
    managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
  };

  async function run(
    body: Parameters<ReturnType<Replica['as']>['startOperation']>[0],
  ) {
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(body);
    const events = await follow(ada, id);
    return { events, operation: await ada.getOperation(id) };
  }

  it('associates, looks, associates again without a write, tears down, and again', async () => {
    portal.callsSince();
    const first = await run(associate('checkout', input));
    expect(first.operation.error).toBeUndefined();
    expect(first.operation).toMatchObject({
      state: 'succeeded',
      result: {
        kind: 'associate',
        applied: true,
        changed: true,
        effective: 'unknown',
        associationId: expect.stringMatching(/^a-/),
      },
    });
    expect(portal.callsSince().writes).toContain(
      'eks:CreatePodIdentityAssociation',
    );

    const look = await run(verify('checkout'));
    expect(look.operation.result).toMatchObject({
      kind: 'verify',
      status: 'consistent',
      proof: 'none',
      failed: 0,
    });

    portal.callsSince();
    const again = await run(associate('checkout', input));
    expect(again.operation.result).toMatchObject({ changed: false });
    expect(portal.callsSince().writes).toEqual([]);

    const gone = await run(teardown('checkout'));
    expect(gone.operation).toMatchObject({
      state: 'succeeded',
      result: { changed: true },
    });
    portal.callsSince();
    const twice = await run(teardown('checkout'));
    expect(twice.operation).toMatchObject({
      state: 'succeeded',
      result: { changed: false },
    });
    expect(portal.callsSince().writes).toEqual([]);
  });
});
