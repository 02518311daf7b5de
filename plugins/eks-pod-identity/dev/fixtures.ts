import {
  entityIdentitiesSchema,
  IDENTITY_STATUS_ORDER,
  STATUS_WORDS,
  type EntityIdentities,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  minutesAgo,
  DAY,
  ref,
  said,
  verified,
  replaceHop,
  unseen,
  unset,
} from './identities';
import { entityAccess, entityNodeUse, withheldAccess } from './entityAccess';
import { byStatus } from './statuses';

const answer = (
  identities: Identity[],
  more: Partial<EntityIdentities> = {},
): EntityIdentities =>
  entityIdentitiesSchema.parse({
    entityRef: 'component:default/payments-api',
    identities,
    problems: [],
    hidden: 0,
    canCreate: true,
    ...more,
  });

/** The answer of the backend in one state of the card. */
export type Fixture = {
  /** Stable: names of screenshots. */
  id: string;
  title: string;
} & (
  | { answer: EntityIdentities }
  | { status: number; body?: unknown }
  | { pending: true }
);

/** An error as Backstage's root router returns it. */
const error = (statusCode: number, name: string, message: string) => ({
  error: { name, message },
  request: { method: 'GET', url: '/v1/entities' },
  response: { statusCode },
});

/** Every state of the card, each answer parsed by the API's own schemas. */
export const fixtures: Fixture[] = [
  { id: 'loading', title: 'Loading', pending: true },
  { id: 'none', title: 'No association', answer: answer([]) },
  {
    id: 'access-ready',
    title: 'No association: uses IRSA',
    answer: answer([], { access: [entityAccess('ready')] }),
  },
  {
    id: 'access-broken',
    title: 'No association: IRSA is broken',
    answer: answer([], { access: [entityAccess('broken')] }),
  },
  {
    id: 'access-withheld',
    title: 'No association: uses IRSA, names withheld',
    answer: answer([], {
      access: [withheldAccess(entityAccess('owner'))],
    }),
  },
  {
    id: 'access-several',
    title: 'No association: several ways',
    answer: answer([], {
      access: [
        ['broken', 'payments-mailer'],
        ['blocked', 'fraud-scorer'],
        ['unknown', 'notifications-ingest'],
        ['keys', 'settlement-ingest'],
        ['byHand', 'payments-worker'],
        ['kube2iam', 'legacy-reporting'],
      ].map(([kind, name]) => entityAccess(kind, name)),
    }),
  },
  {
    id: 'access-as-node',
    title: 'No association: may use the role of its node',
    answer: answer([], { asNode: [entityNodeUse('default')] }),
  },
  {
    id: 'access-claimed-keys',
    title: 'No identity: uses access keys, and another uses IRSA',
    answer: answer([byStatus['no-identity']], {
      access: [
        entityAccess('keys', undefined, 'annotation'),
        entityAccess('blocked', 'fraud-scorer'),
      ],
    }),
  },
  {
    id: 'malformed',
    title: 'Annotation malformed',
    answer: answer([], {
      problems: [
        '"payments-prod/payments" is not a service account reference: write it as <cluster>/<namespace>/<serviceaccount>',
      ],
    }),
  },
  {
    id: 'unknown-cluster',
    title: 'Annotation names an unknown cluster',
    answer: answer([
      {
        ...unseen,
        ref: { ...ref, cluster: 'payments-old' },
        clusterTitle: 'payments-old',
        clusterKnown: false,
        association: undefined,
        path: [],
      },
    ]),
  },
  ...IDENTITY_STATUS_ORDER.map(status => ({
    id: status,
    title: STATUS_WORDS[status].word,
    answer: answer(
      [byStatus[status]],
      status === 'uses-irsa'
        ? { access: [entityAccess('owner', undefined, 'annotation')] }
        : {},
    ),
  })),
  {
    id: 'unseen',
    title: 'Could not check: never looked at',
    answer: answer([unseen]),
  },
  {
    id: 'changed',
    title: 'Looks right: changed since its proof',
    answer: answer([
      {
        ...verified,
        changedSince: 'proof',
        ...said(
          'looks-right',
          'The trust policy of eks-payments-api is different now. Not tested since. Verify it again.',
        ),
        provenAt: minutesAgo(3 * DAY),
        lookedAt: minutesAgo(12),
        path: replaceHop({
          id: 'permissions',
          status: 'skip',
          detail: 'not tested',
          testedAt: undefined,
        }),
      },
    ]),
  },
  {
    id: 'verifying',
    title: 'Testing…',
    answer: answer([{ ...verified, verifying: { operationId: 'running' } }]),
  },
  {
    id: 'setup-running',
    title: 'Setting up…: a run does it',
    answer: answer([
      {
        ...unset,
        change: { kind: 'associate', state: 'running', at: minutesAgo(0) },
      },
    ]),
  },
  {
    id: 'removal-running',
    title: 'Removing…',
    answer: answer([
      {
        ...verified,
        change: { kind: 'teardown', state: 'running', at: minutesAgo(0) },
      },
    ]),
  },
  {
    id: 'broken-off',
    title: 'Setup cancelled half-way',
    answer: answer([
      {
        ...unset,
        change: { kind: 'associate', state: 'cancelled', at: minutesAgo(2) },
      },
    ]),
  },
  {
    id: 'stale',
    title: 'Out of date',
    answer: answer([
      {
        ...verified,
        provenAt: minutesAgo(9 * DAY),
        lookedAt: minutesAgo(7 * DAY),
        ...said(
          'verified',
          'A pod obtained the role 9 days ago; the cluster could not be read since.',
        ),
        stale: {
          since: minutesAgo(7 * DAY),
          reason: 'the Kubernetes API of payments-prod did not answer',
        },
      },
    ]),
  },
  {
    id: 'several',
    title: 'Several',
    answer: answer(
      [
        byStatus.broken,
        {
          ...byStatus['partly-works'],
          ref: { ...ref, serviceAccount: 'payments-worker' },
        },
        ...Array.from({ length: 28 }, (_, index) => ({
          ...verified,
          ref: { ...ref, serviceAccount: `payments-batch-${index + 1}` },
        })),
      ],
      { hidden: 2 },
    ),
  },
  {
    id: 'forbidden',
    title: 'Not permitted',
    status: 403,
    body: error(403, 'NotAllowedError', 'Unauthorized'),
  },
  {
    id: 'signed-out',
    title: 'Signed out',
    status: 401,
    body: error(401, 'AuthenticationError', 'Missing credentials'),
  },
  { id: 'missing-backend', title: 'Backend missing', status: 404 },
  {
    id: 'unknown-entity',
    title: 'Unknown entity',
    status: 404,
    body: error(
      404,
      'NotFoundError',
      'No entity component:default/payments-api',
    ),
  },
  {
    id: 'error',
    title: 'Error',
    status: 500,
    body: error(500, 'Error', 'The database does not answer.'),
  },
];
