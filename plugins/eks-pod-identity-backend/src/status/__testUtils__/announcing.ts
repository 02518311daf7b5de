import type {
  PermissionsService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { type Clusters, systemClock } from 'eks-pod-identity-engine';
import type { Knex } from 'knex';
import { CapturingLogger } from '../../__testUtils__/CapturingLogger';
import { Authorizer } from '../../permissions/Authorizer';
import type { Store } from '../../store';
import type { Telemetry } from '../../telemetry';
import { Identities } from '../Identities';
import { Offers } from '../Offers';
import { StatusNotifier, type StatusNotifierOptions } from '../StatusNotifier';
import { recorderOn } from './statusReports';

const DAY_MS = 24 * 3_600_000;

/** An association, of the component of the same name. */
export async function has(
  store: Store,
  ref: ServiceAccountRef,
  ownerRefs: string[],
) {
  const { cluster, serviceAccount } = ref;
  await store.associations.upsert([
    {
      ref,
      associationId: `a-${serviceAccount}`,
      arn: `arn:aws:eks:eu-west-1:111122223333:podidentityassociation/${cluster}/a-${serviceAccount}`,
      owner: 'portal',
      orphan: false,
      drift: false,
      listedAt: 1,
    },
  ]);
  await store.owners.set(ref, {
    entityRef: `component:default/${serviceAccount}`,
    ownerRefs,
  });
}

/** The notifier alone, over a recorder to write in. */
export function announcing(
  knex: Knex,
  recipients: 'tagged' | 'annotated' = 'tagged',
  more: Partial<StatusNotifierOptions> = {},
) {
  const { store, recorder, write } = recorderOn(knex);
  const publish = jest.fn(async (_: { channel: string }) => {});
  const authorizer = new Authorizer({} as PermissionsService, {
    isAllowed: () => false,
    resourcesOf: async () => [],
  });
  const send = jest.fn(async (_: NotificationSendOptions) => {});
  const identities = new Identities({
    store,
    clusters: { list: () => [] } as unknown as Clusters,
    authorizer,
    offers: new Offers({
      store,
      authorizer,
      clusters: { list: () => [] } as unknown as Clusters,
      config: { administrators: [] },
      userInfo: {} as UserInfoService,
    }),
    now: () => Date.now(),
    maxAgeMs: 86_400_000,
    proofMaxAgeMs: 30 * DAY_MS,
  });
  const findMany = jest.fn(
    async () =>
      new Map([
        [
          'component:default/held',
          {
            entityRef: 'component:default/held',
            uid: 'held-now',
            ownerRefs: ['group:default/a', 'group:default/held'],
          },
        ],
      ]),
  );
  const notifier = new StatusNotifier({
    clock: systemClock,
    clusters: { list: () => [{ id: 'prod' }] } as Pick<Clusters, any>,
    store,
    identities,
    signals: { publish },
    notifications: { send },
    telemetry: { announced: () => {} } as Partial<Telemetry> as Telemetry,
    logger: new CapturingLogger(),
    appBaseUrl: 'https://portal.example.com',
    administrators: [],
    sweep: { frequencyMs: 0, timeoutMs: 0, maxAgeMs: DAY_MS },
    recipients,
    tellsOfUse: false,
    entities: {
      findMany,
      hasTab: async () => true,
      titleOf: async name => name.split('/')[1],
    },
    ...more,
  });
  recorder.onChange(change => notifier.statusWritten(change));
  const portal = { store, recorder, identities, write, notifier };
  return { ...portal, publish, send, findMany };
}
