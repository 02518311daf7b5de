import type {
  EvidenceEvent,
  PodIdentityEvidenceSource,
} from 'backstage-plugin-eks-pod-identity-common';
import { NarrowLists, SweepLists } from 'eks-pod-identity-engine';
import type {
  CatalogEntity,
  ClusterSession,
  RoleInAccount,
} from 'eks-pod-identity-engine/portal';
import type { Knex } from 'knex';
import type { ObservedAssociation } from '../../store/AssociationStore';
import { type RetryingStore, retryingStore } from '../../store/retryingStore';
import { AccessLook, type AccessLookOptions } from '../AccessLook';
import { roleArnOf, SweptAccount } from './SweptAccount';

export const ISSUER = 'oidc.example.com/id/1';
const NODE = 'i-0123456789abcdef0';

/** Of `prod`, of what is written `namespace/name`. */
export const refOf = (key: string) => {
  const [namespace, serviceAccount] = key.split('/');
  return { cluster: 'prod', namespace, serviceAccount };
};

async function* onePage<T>(items: T[]) {
  yield { items, pagesLeft: 0 };
}

/** A cluster `prod` with AWS access, and the looks of a portal at it. Service accounts are written `namespace/name`. */
export class AccessInCluster {
  readonly account: SweptAccount;
  readonly store: RetryingStore;
  /** Service accounts with IRSA, and the name of the role of each. */
  readonly annotated = new Map<string, string>();
  /** Service accounts with a pod that nothing but its node leads to AWS. */
  roadless: string[] = [];
  /** Programs that call AWS as the only node. */
  ofNode: string[] = [];
  readonly roles = new Map<string, RoleInAccount>();
  /** Owners of what the catalog has, by ref. */
  catalog: Record<string, string[]> = {};
  /** Refs by the namespace that they run in. */
  inNamespaces: Record<string, string[]> = {};
  /** What the catalog was asked for. */
  asked: { refs: string[]; namespaces: string[] } = {
    refs: [],
    namespaces: [],
  };
  /** Clusters whose look has told that it stored something. */
  readonly looked: string[] = [];
  readonly stopping = new AbortController();
  /** Runs while the cluster is described. */
  describing: () => unknown = () => {};

  constructor(knex: Knex, inventory: object = {}) {
    this.account = new SweptAccount(knex, {
      clusters: [
        {
          name: 'prod',
          region: 'eu-west-1',
          accountId: '111122223333',
          namespaces: { deny: ['locked'] },
        },
      ],
      inventory,
    });
    this.store = retryingStore(this.account.store, this.account.clock);
  }

  accessLook(more: Partial<AccessLookOptions> = {}): AccessLook {
    const { clock, config, logger } = this.account;
    return new AccessLook('prod', {
      clock,
      config,
      entities: this.#entities,
      evidence: this.#evidence,
      logger,
      onLooked: cluster => void this.looked.push(cluster),
      store: this.store,
      ...more,
    });
  }

  /** Looks, and answers with what is stored then, by service account. */
  async look(more: Partial<AccessLookOptions> = {}, roles?: Promise<never>) {
    const shared = {
      roles: roles ?? Promise.resolve(this.roles),
      lists: new SweepLists([], new NarrowLists(this.account.clock)),
    };
    const { signal } = this.stopping;
    await this.accessLook(more).run(this.#session(), shared, signal);
    return this.rows();
  }

  async rows() {
    const { items } = await this.store.access.page(
      { cluster: 'prod' },
      { limit: 100, sort: { by: 'serviceAccount' } },
    );
    return new Map(
      items.map(one => {
        const { namespace, serviceAccount } = one.row.ref;
        return [`${namespace}/${serviceAccount}`, one];
      }),
    );
  }

  async state() {
    return (await this.store.access.states()).get('prod');
  }

  warnings(): string[] {
    return this.account.logger.lines
      .filter(({ level }) => level === 'warn')
      .map(({ message }) => message);
  }

  /** An association that a sweep has listed. */
  async associated(key: string, more: Partial<ObservedAssociation> = {}) {
    const { details, roleArn = '' } = more;
    this.account.foreign(key, { ref: refOf(key), roleArn, ...details });
    await this.store.associations.upsert([
      {
        ref: refOf(key),
        associationId: key,
        arn: `arn:${key}`,
        owner: 'external',
        orphan: false,
        drift: false,
        listedAt: 1,
        ...more,
      },
    ]);
  }

  role(name: string, more: { tags?: object; statements?: object[] } = {}) {
    const { tags = {}, statements = [] } = more;
    this.roles.set(roleArnOf(name), {
      role: {
        arn: roleArnOf(name),
        name,
        path: '/',
        roleId: `AROA${name}`,
        description: '',
        tags: { ...tags },
        trustPolicy: { Version: '2012-10-17', Statement: statements },
      },
      policies: { attached: [], inline: [] },
    });
  }

  readonly #entityOf = (entityRef: string): CatalogEntity => ({
    entityRef,
    uid: `uid of ${entityRef}`,
    ownerRefs: this.catalog[entityRef],
  });

  readonly #entities: AccessLookOptions['entities'] = {
    findMany: async refs => {
      this.asked.refs.push(...refs);
      const known = refs.filter(ref => this.catalog[ref]);
      return new Map(known.map(ref => [ref, this.#entityOf(ref)]));
    },
    inNamespaces: async namespaces => {
      this.asked.namespaces.push(...namespaces);
      const known = namespaces.filter(name => this.inNamespaces[name]);
      return new Map(
        known.map(name => [name, this.inNamespaces[name].map(this.#entityOf)]),
      );
    },
  };

  readonly #evidence: PodIdentityEvidenceSource = {
    id: 'cloudtrail',
    read: request => this.#page(request),
  };

  async *#page({ question }: Parameters<PodIdentityEvidenceSource['read']>[0]) {
    if (!('username' in question)) return;
    yield this.ofNode.map(
      (name): EvidenceEvent => ({
        id: name,
        at: new Date(this.account.clock.now()).toISOString(),
        region: 'eu-west-1',
        accountId: '111122223333',
        service: 'sqs.amazonaws.com',
        name: 'ListQueues',
        by: { kind: 'node', instanceId: question.username },
        userAgent: name,
        sdk: { name },
      }),
    );
  }

  #session(): ClusterSession {
    const { clusters } = this.account.engine;
    const { aws, cluster, role } = clusters.session('prod', 'read');
    return {
      cluster,
      role,
      aws,
      describeCluster: async () => {
        await this.describing();
        return {
          name: 'prod',
          arn: cluster.arn,
          identity: { oidc: { issuer: `https://${ISSUER}` } },
        };
      },
      kubernetes: async () => this.#kubernetes,
    } as unknown as ClusterSession;
  }

  readonly #kubernetes = {
    serviceAccountMetadataPages: () =>
      onePage(
        [...this.annotated].map(([key, role]) => {
          const { namespace, serviceAccount: name } = refOf(key);
          const annotations = { 'eks.amazonaws.com/role-arn': roleArnOf(role) };
          return { metadata: { name, namespace, annotations } };
        }),
      ),
    networkPolicyPages: () => onePage([]),
    listNodes: async () => [
      {
        metadata: {
          name: 'node',
          labels: { 'eks.amazonaws.com/compute-type': 'auto' },
        },
        spec: { providerID: `aws:///a/${NODE}` },
      },
    ],
    podPages: () =>
      onePage(
        this.roadless.map(key => {
          const { namespace, serviceAccount } = refOf(key);
          return {
            metadata: {
              namespace,
              name: `${serviceAccount}-1`,
              ownerReferences: [
                { kind: 'StatefulSet', name: serviceAccount, controller: true },
              ],
            },
            spec: {
              serviceAccountName: serviceAccount,
              nodeName: 'node',
              containers: [{ name: 'main', image: 'app' }],
            },
            status: { phase: 'Running' },
          };
        }),
      ),
    workloadPages: () => onePage([]),
  };
}
