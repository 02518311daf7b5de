import { ANA, startTestPortal, TestPortal } from './__testUtils__/portal';
import { templateOf } from './__testUtils__/scaffolder';

const usual = {
  namespace: 'payments',
  serviceAccount: 'fraud-scorer',
  entityRef: 'component:default/fraud-scorer',
};

/** Clusters in which the portal cannot do its work. */
const clusters = ['no-entry', 'no-rbac', 'payments-prod'];

/** A portal for the tests of one `describe`. */
function setUpPortal(timings: { requestTimeout?: number } = {}) {
  let portal: TestPortal;

  beforeAll(async () => {
    portal = await startTestPortal({
      timings,
      clusters: () => [{ name: 'no-entry' }, { name: 'no-rbac' }],
      entities: clusters.map(clusterName =>
        templateOf(`associate-${clusterName}`, {
          steps: [
            {
              id: 'associate',
              name: 'Associate',
              action: 'eks:pod-identity:associate',
              input: { ...usual, clusterName },
            },
          ],
        }),
      ),
    });
    const { sandbox } = portal;
    await sandbox.createCluster({ name: 'no-entry' });
    await sandbox.createCluster({ name: 'no-rbac' });
    for (const principalArn of Object.values(sandbox.credentials.roles)) {
      sandbox.aws.eks.putAccessEntry('no-rbac', {
        principalArn,
        groups: ['nobody-bound-this-group'],
      });
    }
  });

  afterAll(() => portal?.stop());
  afterEach(() => portal.sandbox.latency.clear());

  async function associate(clusterName: string) {
    const { result, calls } = await portal.counting(() =>
      portal.scaffolder.run(
        `template:default/associate-${clusterName}`,
        {},
        ANA,
      ),
    );
    expect(calls.writes).toEqual([]);
    return result;
  }

  return { associate, sandbox: () => portal.sandbox };
}

/** What is around the portal is wrong: its user learns what, and nothing is written. */
describe('bad surroundings: class, sentence, and nothing written', () => {
  describe('without rights on the cluster', () => {
    const { associate } = setUpPortal();

    it('no access entry', async () => {
      const { error } = await associate('no-entry');
      expect(error).toMatchObject({
        name: 'NotAllowedError',
        message: expect.stringMatching(/access entry/),
      });
    });

    it('no RBAC', async () => {
      const { error } = await associate('no-rbac');
      expect(error).toMatchObject({
        name: 'NotAllowedError',
        message: expect.stringMatching(/serviceaccounts|namespaces/),
      });
    });
  });

  describe('without an answer', () => {
    // wall time: of calls that nobody answers, and long enough for those before them
    const { associate, sandbox } = setUpPortal({ requestTimeout: 4_000 });

    it('a Kubernetes API that accepts connections and never answers', async () => {
      sandbox().latency.set('kubernetes:*', 60_000);
      const { error } = await associate('payments-prod');
      expect(error).toMatchObject({
        name: 'ServiceUnavailableError',
        message: expect.stringMatching(/payments-prod/),
      });
    });

    it('an AWS endpoint that accepts connections and never answers', async () => {
      sandbox().latency.set('eks:*', 60_000);
      const { error } = await associate('payments-prod');
      expect(error).toMatchObject({
        name: 'ServiceUnavailableError',
        message: expect.stringMatching(/cannot reach AWS in eu-west-1/),
      });
    });
  });

  describe('without anybody there', () => {
    const { associate, sandbox } = setUpPortal();

    it('a closed port', async () => {
      await sandbox().stop();
      const { error } = await associate('payments-prod');
      expect(error).toMatchObject({
        name: 'ServiceUnavailableError',
        message: expect.stringMatching(/cannot be reached|ECONNREFUSED/),
      });
    });
  });
});
