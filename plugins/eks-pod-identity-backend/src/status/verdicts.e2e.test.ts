import { isDeepStrictEqual } from 'node:util';
import { TestDatabases } from '@backstage/backend-test-utils';
import {
  failureOf,
  type Identity,
  type IdentityStatus,
  POD_IDENTITY_ANNOTATION,
  STATUS_WORDS,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  fewAtOnce,
  hidePods,
  printTable,
  type Verdict,
  VERDICT_ACCOUNT,
  VERDICTS,
} from 'eks-sandbox/verdicts';
import {
  SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import {
  ADA,
  entities,
  follow,
  Replica,
  verify,
} from '../__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

/** Ada's component with that identity. */
const component = ({ name }: Verdict) => ({
  ...entities[0],
  metadata: {
    name,
    namespace: 'default',
    annotations: {
      [POD_IDENTITY_ANNOTATION]: `prod/${name}/${VERDICT_ACCOUNT}`,
    },
  },
});

const isBad = (status: string) => ['warn', 'fail'].includes(status);

/** Which rows of the path say that something is wrong, and whether the pods were seen. */
function blamedBy({ path }: Identity) {
  const of = (id: string) => path.find(hop => hop.id === id)!.status;
  return {
    pods: isBad(of('pods')),
    role: isBad(of('role')),
    unseen: of('pods') === 'unknown',
  };
}

/** The same, as the cell says it. */
function blameIn({ way, application, hidden, status }: Verdict) {
  const same = VERDICTS.filter(one => one.application === application);
  return {
    pods: same.some(
      one =>
        failureOf(one.status as IdentityStatus, 'degraded') === 'finding' &&
        one.status !== 'broken',
    ),
    role: way === 'broken' && !application.startsWith('no association'),
    // A row of pods also says what keeps the test pod from running
    unseen: hidden === true || status === 'could-not-check',
  };
}

describe('the portal and the table of verdicts', () => {
  let portal: SandboxPortal;
  let replica: Replica;

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'] },
      clusters: [{ name: 'payments-prod', id: 'prod' }],
    });
    await portal.sandbox.cluster('payments-prod').agentReady();
    replica = await portal.start({
      knex: await databases.init('SQLITE_3'),
      entities: VERDICTS.map(component),
    });
  });
  afterAll(() => portal?.stop());

  /** Verifies it by a click. */
  async function click({ name }: Verdict, probe: Verdict['probe']) {
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(
      verify(VERDICT_ACCOUNT, {
        namespace: name,
        entityRef: `component:default/${name}`,
        probe,
      }),
    );
    await follow(ada, id);
    const { error } = await ada.getOperation(id);
    expect([name, error]).toEqual([name, undefined]);
  }

  /** What the portal shows of it: its last report, its card and its row in the fleet. */
  async function see({ name }: Verdict) {
    const ada = replica.as(ADA);
    const {
      identities: [card],
    } = await ada.getEntityIdentities({
      kind: 'component',
      namespace: 'default',
      name,
    });
    const { items } = await ada.listAssociations({ q: name });
    const reports = await ada.listReports(card.ref, { limit: 1 });
    return {
      report: await ada.getReport(reports.items[0].id),
      card,
      row: items.find(({ ref }) => ref.namespace === name),
    };
  }

  it('agrees on card, fleet and report for each cell', async () => {
    const rows: string[][] = [];
    const wrong: unknown[] = [];
    const tell = async (one: Verdict) => {
      const { way, application, status } = one;
      await click(one, one.provenBefore ? 'none' : one.probe);
      const { report, card, row } = await see(one);
      rows[VERDICTS.indexOf(one)] = [
        ...[way, application, STATUS_WORDS[card.status].word, card.sentence],
        row ? STATUS_WORDS[row.status].word : 'no association, no row',
        card.path.map(hop => `${hop.id} ${hop.status}`).join(', '),
      ];
      // One run knows neither of a proof before it nor that there was never an association.
      const remembers =
        one.provenBefore || ['no-identity', 'uses-irsa'].includes(status);
      const found = {
        ...(remembers ? {} : { report: report.status }),
        card: card.status,
        row: row && [row.status, row.sentence, row.notes],
        ...blamedBy(card),
      };
      const expected = {
        ...(remembers ? {} : { report: status }),
        card: status,
        row: card.association && [status, card.sentence, card.notes],
        ...blameIn(one),
      };
      if (!isDeepStrictEqual(found, expected))
        wrong.push({ one, found, expected });
    };
    await fewAtOnce(VERDICTS, one => one.make(portal.sandbox));
    await fewAtOnce(
      VERDICTS.filter(one => one.provenBefore),
      one => click(one, one.probe),
    );
    await fewAtOnce(
      VERDICTS.filter(one => !one.hidden),
      tell,
    );
    await hidePods(portal.sandbox);
    await fewAtOnce(
      VERDICTS.filter(one => one.hidden),
      tell,
    );
    printTable(
      ['way', 'application', 'card', 'its sentence', 'fleet', 'path'],
      rows,
    );
    expect(wrong).toEqual([]);
  });
});
