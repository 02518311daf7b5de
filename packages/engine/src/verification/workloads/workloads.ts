import {
  isRestartable,
  type RestartableKind,
} from 'backstage-plugin-eks-pod-identity-common';
import { sourceOf } from '../../identity/deployer';
import type { V1PodTemplateSpec } from '../../kubernetes/objects';
import { replacingOf } from '../../kubernetes/replacing';
import { replicasOf, rolloutOf, type Stuck } from '../../kubernetes/rollout';
import type { Collector } from '../framework/collecting';
import { andThen } from '../access/askKubernetes';
import { type Fact, known, valueOf } from '../framework/fact';
import {
  type PodFact,
  WORKLOAD_KINDS,
  type WorkloadFact,
  type WorkloadKind,
  type WorkloadsFact,
} from '../framework/facts/workloads';
import type { AskedFact } from '../framework/request';
import { takesLong } from '../framework/workloadsOf';
import { podFact } from './kubernetesWorkload';
import { listOfKind, type WorkloadObject } from './listing';
import { isReplacing } from './replacing';
import { componentName, evidenceOf, namesIn } from './strays';

type Owner = PodFact['owner'];

/** Everything about a workload but why it belongs to an identity. */
type Described = Omit<WorkloadFact, 'by' | 'evidence' | 'namedAsAccount'>;

export const templateOf = ({
  spec,
}: WorkloadObject): V1PodTemplateSpec | undefined =>
  spec?.template ?? spec?.jobTemplate?.spec?.template;

const controllerOf = ({ metadata }: WorkloadObject): Owner | undefined => {
  const owner = metadata?.ownerReferences?.find(one => one.controller);
  return owner && { kind: owner.kind, name: owner.name };
};

const ended = ({ status }: WorkloadObject) =>
  (status?.conditions ?? []).some(
    ({ type, status: is }) =>
      (type === 'Complete' || type === 'Failed') && is === 'True',
  );

/** How a workload of a kind with roll-outs replaces its pods, and how far it is. */
function rollingOf(kind: RestartableKind, object: WorkloadObject) {
  const replicas = replicasOf(kind, object);
  const all =
    kind === 'DaemonSet' ? replicas.wanted : object.status?.replicas ?? 0;
  const older = Math.max(0, all - replicas.updated);
  return {
    ...replacingOf(kind, object),
    replicas,
    rolledOut: rolloutOf(kind, object).done,
    ...(older ? { older } : {}),
  };
}

function progressOf(kind: WorkloadKind, object: WorkloadObject) {
  const workload = { kind };
  if (isRestartable(workload)) return rollingOf(workload.kind, object);
  const { spec, status } = object;
  const paused = spec?.suspend === true;
  if (kind === 'CronJob') return { paused, rolledOut: true };
  const { active = 0, ready = active } = status ?? {};
  return {
    paused,
    replicas: {
      wanted: spec?.parallelism ?? 1,
      updated: active,
      available: ready,
    },
    rolledOut: true,
  };
}

/** A workload, with the labels by which it may belong to an identity. */
export interface Listed {
  one: Described;
  labels: Record<string, string>[];
  /** The names that it can belong to by them, or by its own. A sweep asks for each identity of the namespace. */
  names: ReadonlySet<string>;
}

/** What a workload is; undefined for a Job that has ended. */
export function listedWorkload(
  kind: WorkloadKind,
  object: WorkloadObject,
): Listed | undefined {
  if (kind === 'Job' && ended(object)) return undefined;
  const one = described(kind, object);
  const labels = [one.template.labels, object.metadata?.labels ?? {}];
  return {
    one,
    labels,
    names: new Set(labels.flatMap(each => namesIn(each, one))),
  };
}

/** What a workload is. */
function described(kind: WorkloadKind, object: WorkloadObject): Described {
  const { metadata } = object;
  const name = metadata?.name ?? '';
  const template = templateOf(object);
  const controller = kind === 'Job' ? controllerOf(object) : undefined;
  const source = sourceOf(object);
  return {
    kind,
    name,
    serviceAccount: template?.spec?.serviceAccountName ?? 'default',
    ...(controller ? { controller } : {}),
    ...progressOf(kind, object),
    ...(source ? { source } : {}),
    template: {
      ...podFact({
        metadata: { ...template?.metadata, name },
        spec: template?.spec,
      }),
      owner: { kind, name },
    },
  };
}

/** Why a workload belongs to the identity; undefined where nothing says so. */
function belonging(
  { one, labels, names: named }: Listed,
  identity: { serviceAccount: string; names: string[]; owners: Owner[] },
): Pick<WorkloadFact, 'by' | 'evidence' | 'namedAsAccount'> | undefined {
  const { serviceAccount, names, owners } = identity;
  if (one.serviceAccount === serviceAccount) return { by: 'account' };
  const { kind, name } = one;
  if (owners.some(owner => owner.kind === kind && owner.name === name)) {
    return { by: 'pods' };
  }
  if (!names.some(wanted => named.has(wanted))) return undefined;
  const evidenceFor = (wanted: string) =>
    labels.map(each => evidenceOf(each, { kind, name }, wanted)).find(Boolean);
  const byAccount = evidenceFor(serviceAccount);
  const evidence = byAccount ?? names.map(evidenceFor).find(Boolean);
  if (!evidence) return undefined;
  return {
    by: evidence === 'its name' ? 'name' : 'label',
    evidence,
    ...(byAccount ? { namedAsAccount: true } : {}),
  };
}

/** What the API server sent, by the fact of its template. It can hold secrets, so that no fact has it. */
const sent = new WeakMap<PodFact, WorkloadObject>();

/** The workload as the API server sent it in this run; undefined where a sweep read it. */
export const objectOf = ({ template }: WorkloadFact) => sent.get(template);

/** Lists of a namespace, by kind. */
export type WorkloadLists = [WorkloadKind, Fact<Listed[]>][];

/** The workloads of the namespace that belong to the identity, each kind in one paged list. */
export const collectWorkloads: Collector<'workloads'> = async c => {
  const { namespace } = c.request.ref;
  const lists = Promise.all(
    WORKLOAD_KINDS.map(
      async (kind): Promise<WorkloadLists[number]> => [
        kind,
        andThen(await listOfKind(c, kind, namespace), objects =>
          objects.flatMap(object => {
            const one = listedWorkload(kind, object);
            if (one) sent.set(one.one.template, object);
            return one ?? [];
          }),
        ),
      ],
    ),
  );
  const { ref, entityRef } = c.request;
  const read = await lists;
  const now = c.operation.clock.now();
  return workloadsOfIdentity({ ref, get: c.get, now }, read, entityRef);
};

/** What keeps a pod from starting does not pass by itself: a node may come, and the next try pull the image. */
const lasts = (pod: PodFact, now: number) =>
  pod.notStarted !== undefined &&
  (takesLong(pod, now) ||
    (!pod.unscheduled && !/: ErrImagePull$/.test(pod.notStarted)));

/** Those of a namespace's workloads that belong to the identity. */
export async function workloadsOfIdentity(
  c: Pick<AskedFact<'workloads'>, 'get' | 'ref'> & { now: number },
  lists: WorkloadLists,
  entityRef: string | undefined,
): Promise<Fact<WorkloadsFact>> {
  const [pods, component] = await Promise.all([
    c.get('pods'),
    componentName(c, entityRef),
  ]);
  for (const [, list] of lists) {
    if (!list.known && list.lack.kind !== 'denied') return list;
  }
  const unseen = lists.filter(([, list]) => !list.known).map(([kind]) => kind);
  const [[, first]] = lists;
  if (!first.known && unseen.length === lists.length) return first;
  const listed = lists.flatMap(([, list]) => valueOf(list) ?? []);
  const direct = (valueOf(pods) ?? []).map(({ owner }) => owner);
  const byJobs = listed
    .filter(({ one }) =>
      direct.some(({ kind, name }) => kind === one.kind && name === one.name),
    )
    .flatMap(({ one }) => one.controller ?? []);
  const { serviceAccount } = c.ref;
  const identity = {
    serviceAccount,
    names: [serviceAccount, component].filter(
      (name): name is string => name !== undefined,
    ),
    owners: [...direct, ...byJobs],
  };
  const stuckBy = ({ stuck, ...one }: Described): Stuck | undefined => {
    // Else a pod that waits is one that an autoscaler or a lost node brought.
    if (!isReplacing(one)) return stuck;
    const waiting = (valueOf(pods) ?? []).find(
      pod =>
        lasts(pod, c.now) &&
        pod.owner.kind === one.kind &&
        pod.owner.name === one.name,
    );
    // That it takes too long says less than what its pod says.
    return waiting
      ? {
          pod: waiting.name,
          message: `${waiting.name}: ${waiting.notStarted}`,
        }
      : stuck;
  };
  return known({
    found: listed.flatMap(each => {
      const why = belonging(each, identity);
      const stuck = why && stuckBy(each.one);
      return why ? [{ ...each.one, ...(stuck ? { stuck } : {}), ...why }] : [];
    }),
    unseen,
  });
}
