import { associate, BOB, teardown, verify } from '../testBackend';
import {
  type Attempt,
  BOBS,
  type InsiderClass,
  type InsiderWorld,
} from './InsiderWorld';

const start = (world: InsiderWorld, body: unknown) =>
  world.ask('/operations', { body: JSON.stringify(body) });

const startAs =
  (entityRef: string): Attempt['attempt'] =>
  world =>
    start(world, associate('bobs', { entityRef }));

const address =
  (path: string, method?: string): Attempt['attempt'] =>
  world =>
    world.ask(path, { method });

const base64 = (text: string) => Buffer.from(text).toString('base64url');

/** Names of entities and places that mean something else to a catalog, a file system or a database. */
export const trickyNames: InsiderClass = {
  attempts: [
    {
      what: 'a component above the catalog',
      attempt: startAs('component:default/..'),
      refused: /entityRef/,
    },
    {
      what: 'a namespace above it',
      attempt: startAs('component:../payments-api'),
      refused: /entityRef/,
    },
    {
      what: 'an encoded slash',
      attempt: startAs('component:default/shop%2f..%2fpayments-api'),
      refused: /entityRef/,
    },
    {
      what: 'a NUL behind the name of one’s own component',
      attempt: startAs('component:default/shop\u0000'),
      refused: /NUL/,
    },
    {
      what: 'another entity’s page by an encoded path',
      attempt: address('/entities/component/default/shop%2F..%2Fpayments-api'),
      refused: /entity reference|NotFound|no entity/,
    },
    {
      what: 'a NUL in an address',
      attempt: address('/entities/component/default/shop%00'),
      refused: /NUL/,
    },
    {
      what: 'a service account above its namespace',
      attempt: world => start(world, verify('../payments/api')),
      refused: /serviceAccount/,
    },
    {
      what: 'a cluster above the configured ones',
      attempt: world =>
        start(world, teardown('api', { clusterName: '../prod' })),
      refused: /clusterName/,
    },
  ],
};

/** Ids, cursors and keys that a database trips over. */
export const malformedIds: InsiderClass = {
  attempts: [
    {
      what: 'an operation with a NUL',
      attempt: address('/operations/%00'),
      refused: /NUL/,
    },
    {
      what: 'an operation that is a statement',
      attempt: address(`/operations/${encodeURIComponent("' OR 1=1 --")}`),
      refused: /There is no operation/,
    },
    {
      what: 'a report that is a pattern',
      attempt: address('/reports/%25'),
      refused: /There is no report/,
    },
    {
      what: 'a cursor of another shape',
      attempt: address(`/associations?cursor=${base64('["prod"]')}`),
      refused: /cursor/,
    },
    {
      what: 'a cursor with a huge number',
      attempt: address(
        `/service-accounts/prod/payments/api/reports?cursor=${base64(
          `${'9'.repeat(40)}/a`,
        )}`,
      ),
      refused: /cursor/,
    },
    {
      what: 'more rows than a page has',
      attempt: address('/associations?limit=100000'),
      refused: /limit/,
    },
    {
      what: 'a key with a NUL',
      attempt: world =>
        start(world, { ...verify(), idempotencyKey: 'a\u0000b' }),
      refused: /NUL/,
    },
    {
      what: 'events from before the first',
      attempt: address('/operations/x/events?after=-1'),
      refused: /after|There is no operation/,
    },
  ],
};

const nested = (depth: number): string =>
  `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

/** A body of which a part is given as text, since it could not be built otherwise. */
const withPart = (body: unknown, part: string) =>
  JSON.stringify(body).replace('"HERE"', part);

/** Bodies that exhaust what reads them. */
export const deepBodies: InsiderClass = {
  attempts: [
    {
      what: 'a deep session policy',
      attempt: world =>
        world.ask('/operations', {
          body: withPart(
            associate('bobs', { entityRef: BOBS, sessionPolicy: 'HERE' }),
            nested(20_000),
          ),
        }),
      refused: /levels deep/,
    },
    {
      what: 'a deep policy to preview',
      attempt: world =>
        world.ask('/plans', {
          body: withPart(
            associate('bobs', {
              entityRef: BOBS,
              inlinePolicies: { mine: 'HERE' },
            }),
            nested(5_000),
          ),
        }),
      refused: /levels deep/,
    },
    {
      what: 'lists in lists',
      attempt: world =>
        world.ask('/operations', {
          body: withPart(
            associate('bobs', { entityRef: BOBS, tags: 'HERE' }),
            `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
          ),
        }),
      refused: /levels deep/,
    },
    {
      what: 'a prototype in place of a policy',
      attempt: world =>
        world.ask('/operations', {
          body: withPart(
            associate('bobs', { entityRef: BOBS, inlinePolicies: 'HERE' }),
            '{"__proto__":{"Statement":[]},"constructor":{"Statement":[]}}',
          ),
        }),
      refused: /inlinePolicies/,
    },
  ],
};

/** Text that would end up in a shell, a table, a log line or a policy. */
export const copiedText: InsiderClass = {
  attempts: [
    {
      what: 'a command in the name of a service account',
      attempt: world => start(world, verify('$(id)')),
      refused: /serviceAccount/,
    },
    {
      what: 'a formula as the name of a role',
      attempt: world =>
        start(
          world,
          associate('bobs', {
            entityRef: BOBS,
            roleName: '=HYPERLINK("http://x")',
          }),
        ),
      refused: /roleName/,
    },
    {
      what: 'a second log line in a description',
      attempt: world =>
        start(
          world,
          associate('bobs', {
            entityRef: BOBS,
            roleDescription: 'mine\u001b[2K\u0007',
          }),
        ),
      refused: /roleDescription/,
    },
    {
      what: 'a quote in an ARN, to end a command that is copied',
      attempt: world =>
        start(
          world,
          associate('bobs', {
            entityRef: BOBS,
            roleArn: 'arn:aws:iam::111122223333:role/a"; rm -rf ~; "',
          }),
        ),
      refused: /roleArn/,
    },
    ...(
      [
        ['a substitution in a probe', ['s3', 'ls', '$(id)']],
        ['a file of the probe', ['s3', 'ls', '--prefix', 'file:///etc/passwd']],
        [
          'another address for the signed request',
          ['s3', 'ls', '--endpoint-url', 'http://x'],
        ],
        [
          'a command that prints a secret',
          ['secretsmanager', 'get-secret-value'],
        ],
        ['a command that writes', ['s3', 'rm', 's3://bucket']],
      ] as const
    ).map(
      ([what, command]): Attempt => ({
        what,
        attempt: world =>
          start(
            world,
            verify('bobs', {
              entityRef: BOBS,
              permissionChecks: [{ name: 'try', command }],
            }),
          ),
        refused: /is not allowed/,
      }),
    ),
  ],
};

const LIMITS = {
  operationsPerUser: 1,
  changesPerServiceAccount: 1,
  proofsPerServiceAccount: 1,
  plansPerCaller: 1,
};

/** Rejects with the first refusal, once everything that was accepted has ended. */
async function allAtOnce(asked: Promise<unknown>[]) {
  const ended = await Promise.allSettled(asked);
  const refused = ended.find(({ status }) => status === 'rejected');
  if (refused) throw (refused as PromiseRejectedResult).reason;
}

const TIMES = Array.from({ length: 8 }, (_, index) => `bobs-${index}`);

/** So much at once, or so large, that others wait. */
export const flooding: InsiderClass = {
  section: { limits: LIMITS },
  attempts: [
    {
      what: 'many dry runs at once',
      attempt: world =>
        allAtOnce(
          TIMES.map(name =>
            world.run(
              BOB,
              associate(name, { entityRef: BOBS, planOnly: true }),
            ),
          ),
        ),
      refused: /You have 1 operation waiting or running/,
    },
    {
      what: 'many looks at once',
      attempt: world =>
        allAtOnce(
          TIMES.map(name =>
            world.run(BOB, verify(name, { entityRef: BOBS, probe: 'none' })),
          ),
        ),
      refused: /You have 1 operation waiting or running/,
    },
    {
      what: 'many previews at once',
      attempt: world =>
        allAtOnce(
          TIMES.map(name => world.plan(associate(name, { entityRef: BOBS }))),
        ),
      refused: /You are waiting for 1 plan already/,
    },
    {
      what: 'a body of a megabyte',
      attempt: world =>
        start(
          world,
          associate('bobs', {
            entityRef: BOBS,
            roleDescription: 'x'.repeat(1_000_000),
          }),
        ),
      refused: /too large/,
    },
    {
      what: 'more policies than a role holds',
      attempt: world =>
        start(
          world,
          associate('bobs', {
            entityRef: BOBS,
            managedPolicyArns: TIMES.flatMap(name =>
              TIMES.map(other => `arn:aws:iam::aws:policy/${name}-${other}`),
            ),
          }),
        ),
      refused: /managedPolicyArns/,
    },
    {
      what: 'a wait of a day',
      attempt: world =>
        start(
          world,
          associate('bobs', { entityRef: BOBS, timeoutSeconds: 86_400 }),
        ),
      refused: /timeoutSeconds/,
    },
    {
      what: 'many commands for one probe',
      attempt: world =>
        start(
          world,
          verify('bobs', {
            entityRef: BOBS,
            permissionChecks: TIMES.map(name => ({
              name,
              command: ['s3', 'ls'],
            })),
          }),
        ),
      refused: /at most four/,
    },
  ],
};
