/**
 * @jest-environment ./status/__testUtils__/pageEnvironment.js
 * @night `status/entityRoute` answers each state, the browser tests draw it
 */
/* eslint jest/expect-expect: ["warn", { "assertFunctionNames": ["expect", "reads"] }] */
import { carryOut, tasksByHand } from '../__testUtils__/byHand';
import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import { cleanup, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  POD_IDENTITY_ANNOTATION,
  type StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import {
  SandboxPortal,
  startSandboxPortal,
  TIMINGS,
} from '../__testUtils__/sandboxBackend';
import {
  ADA,
  associate,
  BOB,
  Replica,
  startReplica,
  verify,
} from '../__testUtils__/testBackend';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import { catalog, named, ShiftedClock } from './__testUtils__/cardCatalog';
import { Between, openCard, pageClient } from './__testUtils__/openCard';
import { startSignals } from './__testUtils__/signalsBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const WEEK = 7 * 24 * 3600_000;

/**
 * Every state of the card once, with nothing between the words on the page and the sandbox that is not the product:
 * plugin, client, HTTP, routes, database, engine. The states side by side, to look at: the page in `dev/` of the
 * frontend plugin.
 */
describe('the card, of the real backend', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  let signals: Awaited<ReturnType<typeof startSignals>>;
  let denied: (user: string, permission: string, ref?: string) => boolean;
  const clock = new ShiftedClock();
  const { tasks, scheduler } = tasksByHand();

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'] },
      clusters: [{ name: 'payments-prod', id: 'prod', title: 'Production' }],
    });
    await portal.sandbox.cluster('payments-prod').agentReady();
    signals = await startSignals();
    replica = await portal.start({
      features: [signals.bus],
      knex: await databases.init('SQLITE_3'),
      clock,
      // What changes here is in force at once
      // wall time: the first try counts
      section: { timings: { ...TIMINGS, probeGrace: 1000 } },
      entities: catalog,
      deny: (...args) => denied(...args),
      scheduler,
    });
  });

  beforeEach(() => {
    denied = () => false;
  });

  afterAll(async () => {
    cleanup();
    await signals?.stop();
    await portal?.stop();
  });

  const sweep = () => tasks.get('sweep:prod')!(new AbortController().signal);

  function open(
    name: string,
    options: { user?: string; between?: Between; baseUrl?: string } = {},
  ) {
    cleanup();
    return openCard(
      named(name),
      pageClient({
        baseUrl: options.baseUrl ?? replica.baseUrl,
        authorization: mockCredentials.user.header(options.user ?? ADA),
        between: options.between,
      }),
    );
  }

  /** A sentence on the card; and whatever is there, no skeleton beside it. */
  async function reads(sentence: string | RegExp) {
    const found = await screen.findAllByText(sentence);
    expect(found.length).toBeGreaterThan(0);
    expect(screen.queryByLabelText('Loading the AWS identity')).toBeNull();
  }

  async function run(body: StartOperation) {
    const ada = replica.as(ADA);
    await carryOut(ada, body);
    await waitFor(async () => {
      const { identities } = await ada.getEntityIdentities({
        kind: 'component',
        namespace: 'default',
        name: 'ledger',
      });
      expect(identities[0].verifying).toBeUndefined();
    });
  }

  const ledger = (extra = {}) =>
    verify('payments-ledger', {
      entityRef: 'component:default/ledger',
      ...extra,
    });

  describe('without a word about an identity', () => {
    it('none: one quiet line and a way in', async () => {
      open('bare');
      await reads('This component has no AWS identity.');
      const link = screen.getByRole('link', { name: 'Set up AWS access' });
      const form = new URL(link.getAttribute('href')!, 'http://portal');
      expect(form.pathname).toMatch(/give-a-component-an-aws-identity$/);
      expect(JSON.parse(form.searchParams.get('formData')!)).toEqual({
        entityRef: 'component:default/bare',
      });
      denied = (_, permission) => permission.endsWith('.create');
      open('bare');
      await reads('This component has no AWS identity.');
      expect(
        screen.queryByRole('link', { name: 'Set up AWS access' }),
      ).toBeNull();
    });

    it('malformed: what is wrong with the annotation', async () => {
      open('malformed');
      await reads(`The annotation ${POD_IDENTITY_ANNOTATION} cannot be read.`);
      await reads(/"prod\/payments" is not a service account reference/);
      await reads('Correct it in the catalog file of the component.');
      expect(
        screen.queryByText('This component has no AWS identity.'),
      ).toBeNull();
    });

    it('a cluster nobody knows', async () => {
      open('elsewhere');
      await reads(/The portal does not know a cluster “mars”/);
      expect(screen.queryByText('Verify now')).toBeNull();
    });

    it('not permitted', async () => {
      denied = (user, permission) =>
        user === BOB && permission.endsWith('association.read');
      open('ledger', { user: BOB });
      await reads('You are not allowed to see this AWS identity.');
      await reads('Ask the owner of the component, or the platform team.');
      expect(screen.queryByText(/payments-ledger/)).toBeNull();
    });

    it('signed out', async () => {
      cleanup();
      openCard(
        named('ledger'),
        pageClient({
          baseUrl: replica.baseUrl,
          authorization: mockCredentials.none.header(),
        }),
      );
      await reads('You are signed out.');
      await reads('Sign in again to see the AWS identity.');
    });

    it('a component that the catalog does not give', async () => {
      open('nobody');
      await reads('This component is no longer in the catalog.');
    });

    it('no backend plugin', async () => {
      const elsewhere = replica.baseUrl.replace(/[^/]+$/, 'not-installed');
      const response = await fetch(`${elsewhere}/v1/entities/a/b/c`);
      expect([response.status, await response.text()]).toEqual([404, '']);
      open('ledger', { baseUrl: elsewhere });
      await reads('The AWS identity backend is not installed.');
    });
  });

  describe('in trouble', () => {
    it('a database that is gone: the error, and it goes when it is back', async () => {
      const knex: Knex = await databases.init('SQLITE_3');
      const other = await startReplica({
        knex,
        world: new FakeWorld(),
        entities: catalog,
      });
      try {
        await knex.schema.renameTable('entity_refs', 'gone');
        open('ledger', { baseUrl: other.baseUrl });
        await reads('The AWS identity could not be loaded.');
        await knex.schema.renameTable('gone', 'entity_refs');
        await userEvent.click(screen.getByText('Try again'));
        await reads('Could not check');
        expect(screen.queryByText('Try again')).toBeNull();
      } finally {
        await other.stop();
      }
      // And the backend itself
      open('ledger', { baseUrl: other.baseUrl });
      await reads('The AWS identity could not be loaded.');
      await reads(/^The backend could not be reached\./);
    });

    it('answers that are slow, cut off, or somebody else’s', async () => {
      let release!: () => void;
      const released = new Promise<void>(resolve => {
        release = resolve;
      });
      const slow: Between = ask => released.then(ask);
      open('bare', { between: slow });
      await screen.findByLabelText('Loading the AWS identity');
      release();
      await reads('This component has no AWS identity.');

      const cut: Between = async ask =>
        new Response((await (await ask()).text()).slice(0, 40));
      open('ledger', { between: cut });
      await reads(/^The answer of the backend could not be read\./);

      const gateway: Between = async () =>
        new Response('<h1>Bad Gateway</h1>', {
          status: 502,
          statusText: 'Bad Gateway',
        });
      open('ledger', { between: gateway });
      await reads(/answered 502 Bad Gateway\. Try again in a moment\.$/);
      expect(screen.queryByText(/<h1>/)).toBeNull();
    });
  });

  describe('through the life of an identity', () => {
    const roles = () => portal.sandbox.aws.iam;
    const roleArn = 'arn:aws:iam::111122223333:role/payments-ledger';

    it('never verified', async () => {
      open('ledger');
      await reads('Could not check');
      await reads(
        'The portal has not looked at this identity yet. “Verify now” runs a test pod.',
      );
    });

    it('looks right as far as one can see without a pod', async () => {
      await run(ledger({ probe: 'none' }));
      open('ledger');
      await reads('Looks right');
    });

    it('verifying, live, and verified', async () => {
      portal.sandbox.latency.set('iam:*', 600_000);
      try {
        open('ledger');
        await userEvent.click(await screen.findByText('Verify now'));
        await reads('Testing…');
        await reads(/\d+ checks done/);
        portal.sandbox.latency.clear();
        await reads('Verified');
        expect(screen.queryByText('Testing…')).toBeNull();
      } finally {
        portal.sandbox.latency.clear();
      }
    });

    it('verifying, live, on the card that somebody else has open', async () => {
      let subscribed: Promise<unknown> | undefined;
      cleanup();
      const asked: string[] = [];
      openCard(
        named('ledger'),
        pageClient({
          baseUrl: replica.baseUrl,
          authorization: mockCredentials.user.header(BOB),
          between: (ask, { method, path }) => {
            asked.push(`${method} ${path.split('/')[2]}`);
            return ask();
          },
        }),
        {
          subscribe: (channel, onMessage) => {
            subscribed = signals.subscribe(BOB, [channel], () =>
              onMessage({} as any),
            );
            return { unsubscribe() {} };
          },
        },
      );
      await reads('Verified');
      // The card subscribes after it has shown its first answer
      await waitFor(() => expect(subscribed).toBeDefined());
      await subscribed;
      // Longer than any card takes, and over once it has been seen
      portal.sandbox.latency.set('iam:*', 600_000);
      try {
        // Another proof by a pod within a minute would be that of the test before
        const done = run(ledger({ probe: 'none' }));
        await reads('Testing…');
        await reads(/\d+ checks done/);
        portal.sandbox.latency.clear();
        // Ada started it, so Bob is not allowed to cancel it
        expect(screen.queryByText('Cancel')).toBeNull();
        await reads('Verified');
        await done;
        expect(screen.queryByText('Testing…')).toBeNull();
        expect(asked.filter(each => each.startsWith('POST'))).toEqual([]);
      } finally {
        portal.sandbox.latency.clear();
      }
    });

    it('several, the worst first, and what is hidden as a number', async () => {
      denied = (user, permission, ref) =>
        user === BOB &&
        permission.endsWith('association.read') &&
        ref === 'prod/payments/payments-ledger';
      open('many', { user: BOB });
      await reads('24 more');
      await reads(
        'There is one more identity that you are not allowed to see.',
      );
      expect(screen.queryByText(/payments-ledger/)).toBeNull();
      open('many');
      await userEvent.click(await screen.findByText('25 more'));
      expect(screen.getAllByText(/^payments\//)).toHaveLength(30);
    });

    it('changed since it was proven', async () => {
      roles().updateRole(roleArn, {
        attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
      });
      await sweep();
      open('ledger');
      await reads('Looks right');
      await reads(
        'The policy AmazonS3ReadOnlyAccess is attached to payments-ledger now. 1 more thing changed. Not tested since. Verify it again.',
      );
    });

    it('failed: the hop, what is wrong with it, and its fix', async () => {
      const { trust } = roles().role(roleArn);
      roles().updateRole(roleArn, {
        trust: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'ec2.amazonaws.com' },
              Action: 'sts:AssumeRole',
            },
          ],
        },
      });
      await run(ledger());
      open('ledger');
      await reads(/trust policy/);
      await reads(/"pods\.eks\.amazonaws\.com"/);
      roles().updateRole(roleArn, { trust });
    });

    it('could not check', async () => {
      const cluster = portal.sandbox.cluster('payments-prod');
      await cluster.apply({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'small', namespace: 'payments' },
        spec: { hard: { pods: '1' } },
      });
      try {
        await run(ledger());
      } finally {
        await cluster.delete('resourcequotas', 'payments', 'small');
      }
      open('ledger');
      await reads('Could not check');
      await reads(/has no room for the probe pod/);
    });

    it('restart needed: pods that run without it', async () => {
      await run(
        associate('payments-api', {
          managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
        }),
      );
      await run(verify('payments-api'));
      open('payments-api');
      await reads('Restart needed');
      await reads(
        /^2 pods of Deployment payments-api do not have it yet: restart them\.$/,
      );
      await reads(/rollout restart deployment\/payments-api/);
    });

    it('stale: not reached for a week, and its last truth beside', async () => {
      const { read } = portal.sandbox.credentials.roles;
      const before = { ...roles().role(read) };
      roles().updateRole(read, { inline: {}, attached: [] });
      clock.shift = -WEEK;
      await sweep();
      clock.shift = 0;
      await sweep();
      Object.assign(roles().role(read), before);
      open('payments-api');
      await reads(/^Not checked since (7 days ago|last week)/);
      await reads('Restart needed');
    });

    it('keeps what it knew while a refresh fails', async () => {
      let broken = false;
      open('ledger', {
        between: (ask, { path }) =>
          broken && path.startsWith('/v1/entities')
            ? Promise.resolve(new Response('', { status: 503 }))
            : ask(),
      });
      await reads('Could not check');
      broken = true;
      await userEvent.click(screen.getByText('Verify now'));
      await reads(/^This may be out of date: /);
      await reads('Could not check');
      broken = false;
      await userEvent.click(screen.getByText('Try again'));
      await waitFor(() =>
        expect(screen.queryByText(/^This may be out of date/)).toBeNull(),
      );
    });
  });
});
