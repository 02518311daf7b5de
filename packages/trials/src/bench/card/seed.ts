import {
  MANAGED_BY,
  MARK_TAGS,
  type ServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { statusOf } from '../../../../../plugins/eks-pod-identity-backend/src/status/statusOf';
import {
  createStore,
  migrationsDirectory,
} from '../../../../../plugins/eks-pod-identity-backend/src/store';
import { looksAt } from './reports';
import {
  associations,
  clusters,
  entityRefOf,
  NOW,
  type Seeded,
  users,
} from './world';

/** Of this many proofs one has still its operation: the others are beyond retention. */
const OPERATIONS_EVERY = 4;

/** What all operations and their results have alike. */
const OPERATION = {
  kind: 'verify' as const,
  state: 'queued' as const,
  initiator: users.developer,
  initiatorType: 'user' as const,
  trigger: 'user' as const,
  requestHash: 'h',
  recordsTimeline: false,
  granted: [] as string[],
};
const RESULT = { kind: 'verify' as const, failed: 0, reused: false, links: [] };

const ownerOf = ({ ref }: Seeded) =>
  `group:default/${ref.namespace.replace(/-jobs$/, '')}`;

/** Writes the whole fleet through the stores that the plugin itself writes with. */
export async function seed(knex: Knex) {
  await knex.migrate.latest({ directory: migrationsDirectory });
  const store = createStore(knex, () => NOW);
  const all = [...associations()].map((seeded, index) => ({
    ...seeded,
    looks: looksAt(seeded.ref, index),
  }));
  await knex.transaction(async tx => {
    await store.associations.upsert([...associations()].map(observed), tx);
    for (const [index, seeded] of all.entries()) {
      const { ref, looks, entity } = seeded;
      for (const report of looks) await store.reports.insert(report, {}, tx);
      if (looks.length > 0)
        await store.serviceAccounts.set(stateOf(ref, looks), tx);
      if (entity === undefined) continue;
      const entityRef = entityRefOf(entity);
      await store.owners.set(
        ref,
        { entityRef, ownerRefs: [ownerOf(seeded)] },
        tx,
      );
      await store.entityRefs.add(
        [
          { entityRef, ref, source: 'aws-tag' },
          ...(seeded.annotated
            ? [{ entityRef, ref, source: 'annotation' as const }]
            : []),
        ],
        tx,
      );
      const proof = looks.find(look => look.probe === 'pod');
      if (!proof || index % OPERATIONS_EVERY !== 1) continue;
      const id = `operation-${index}`;
      const { cluster: clusterName, ...names } = ref;
      await store.operations.insert(
        {
          ...OPERATION,
          id,
          runId: id,
          ref,
          entityRef,
          input: { clusterName, ...names },
          ownerRefs: [ownerOf(seeded)],
        },
        tx,
      );
      const { checks, status, proof: what } = proof;
      const of = { status, proof: what, passed: checks.length, report: proof };
      const result = { ...RESULT, ...of };
      await store.operations.finish(
        [id],
        { state: 'succeeded', seq: 1, result },
        tx,
      );
    }
  });
  for (const { id } of clusters) {
    await store.clusterStates.finished(id, {
      version: 'v1.3.8-eksbuild.2',
      ready: 12,
      needed: 12,
    });
  }
}

function observed(seeded: Seeded) {
  const { entity, annotated: _, ...association } = seeded;
  const { ref, associationId, arn, roleArn } = association;
  const entityRef = entity === undefined ? undefined : entityRefOf(entity);
  return {
    ...association,
    entityRef,
    details: {
      id: associationId,
      arn,
      roleArn,
      disableSessionTags: false,
      tags: (entityRef
        ? {
            [MARK_TAGS.managedBy]: MANAGED_BY,
            [MARK_TAGS.portal]: 'portal.example.com',
            [MARK_TAGS.entityRef]: entityRef,
            'backstage.io/eks-cluster': ref.cluster,
            'backstage.io/k8s-namespace': ref.namespace,
            'backstage.io/k8s-service-account': ref.serviceAccount,
            'cost-center': 'platform',
          }
        : { team: 'data', 'cost-center': 'platform' }) as Record<
        string,
        string
      >,
      createdAt: NOW,
      modifiedAt: NOW,
    },
    listedAt: NOW,
    describedAt: NOW,
  };
}

function stateOf(ref: ServiceAccountRef, looks: VerificationReport[]) {
  const look = looks[looks.length - 1];
  const proof = looks.find(report => report.probe === 'pod');
  return {
    ref,
    ...statusOf({ proof, look, fingerprint: look.fingerprint }),
    fingerprint: look.fingerprint,
    proofReportId: proof?.id,
    lookReportId: look.id,
  };
}
