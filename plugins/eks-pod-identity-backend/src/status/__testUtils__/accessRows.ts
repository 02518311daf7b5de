import type {
  AccessItem,
  AccessRow,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Store } from '../../store';
import type { StoredAccess } from '../../store/AccessStore';

/** When the clusters of the rows were looked at. */
export const AT = '2026-11-29T10:00:00.000Z';

/** What only those hear of a row who may know its role. */
export const SECRETS = ['444455556666', 'ledger-writer', 'boto-secret'];

/** A service account on IRSA, as a look finds it. */
export function accessRow(
  name: string,
  more: Partial<AccessRow> = {},
): AccessRow {
  const [namespace, serviceAccount] = name.split('/');
  return {
    ref: { cluster: 'prod', namespace, serviceAccount },
    roads: ['irsa'],
    verdict: 'needs-owner',
    sentence: `Ready to move once the trust policy of role ${SECRETS[1]} lets Pod Identity in.`,
    reasons: [`Account ${SECRETS[0]}.`],
    role: {
      arn: `arn:aws:iam::${SECRETS[0]}:role/${SECRETS[1]}`,
      exists: true,
      sharedWith: [
        { kind: 'service-account', name: 'shop/web' },
        { kind: 'service-account', name: 'hidden/vault' },
        { kind: 'service-account', name: 'shop/web', issuer: 'oidc.example' },
        { kind: 'pattern', name: 'tenant-*/app' },
        { kind: 'principal', name: 'arn:aws:iam::111122223333:role/other' },
        { kind: 'service', name: 'ec2.amazonaws.com' },
      ],
      sharedWithCount: 6,
      fitting: ['shop/cart', 'hidden/safe'],
      fittingCount: 2,
      trustReasons: ['It asks for a subject of hidden/vault.'],
    },
    statement: { Resource: SECRETS[0] },
    findings: (['not-let-in', 'unused-role'] as const).map(kind => ({
      kind,
      fix: { cause: `Account ${SECRETS[0]}.`, actions: [] },
    })),
    workloads: ['Deployment api'],
    pods: 2,
    compute: ['EC2'],
    programs: [{ name: SECRETS[2], age: 'works', lastAt: AT }],
    irsaAt: AT,
    ...more,
  };
}

export const API = 'component:default/payments-api';
export const SHOP = 'component:default/shop';

/** Ada owns the role by tag; Bob's component claims the service account. */
export const OWNED_ROWS: StoredAccess[] = [
  {
    row: accessRow('payments/api'),
    entity: { entityRef: SHOP, by: 'annotation' },
    ownerRef: 'user:default/bob',
    holder: { entityRef: API, uid: 'payments-api-first', ownerRefs: [] },
  },
  {
    row: accessRow('payments/ledger', {
      roads: ['pod-identity'],
      verdict: 'no-move',
      irsaAt: undefined,
    }),
    entity: { entityRef: API, by: 'tag' },
    ownerRef: 'user:default/ada',
  },
  {
    row: accessRow('shop/web', { verdict: 'broken' }),
    entity: { entityRef: SHOP, by: 'team' },
    ownerRef: 'user:default/bob',
    // An earlier component of the name, whose owner was recorded
    holder: {
      entityRef: API,
      uid: 'payments-api-former',
      ownerRefs: ['user:default/eve'],
    },
  },
];

/** The look of `prod` found these. */
export const found = (store: Store, rows: StoredAccess[], at = AT) =>
  store.access.replace({ cluster: 'prod', at, usedSince: at, gaps: [] }, rows);

/** `payments/api` */
export const nameOf = ({ ref }: Pick<AccessItem, 'ref'>) =>
  `${ref.namespace}/${ref.serviceAccount}`;
