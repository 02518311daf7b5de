import type { V1Pod } from '../../kubernetes/objects';
import type { ReplacedIdentity, WorkloadPods } from '../../lifecycle/gate';
import { podFact, serves } from './kubernetesWorkload';
import { predatesChange } from './formerCredentials';
import {
  lacksInjection,
  optedOut,
  setsOwnAddress,
  setsOwnVariables,
} from './lackingPods';
import type { PodFact } from '../framework/facts/workloads';
import { byOwner } from '../framework/workloadsOf';

/** A pod recreated from such a template would not get it either. */
const staysWithout = (pod: PodFact) =>
  optedOut(pod) || setsOwnAddress(pod) || setsOwnVariables(pod);

/** The running pods that obtain the identity only when they are recreated, by their workload. */
export function podsToRestart(
  pods: readonly V1Pod[],
  { association, isReplaced, now }: ReplacedIdentity,
): WorkloadPods[] {
  const affected = pods
    .filter(serves)
    .map(podFact)
    .filter(pod => !staysWithout(pod))
    .filter(
      pod =>
        isReplaced ||
        lacksInjection(pod) ||
        predatesChange(pod, association, now),
    );
  return byOwner(affected).map(({ kind, name, pods: own }) => ({
    kind,
    name,
    pods: own.map(pod => ({
      name: pod.name,
      uid: pod.uid,
      createdAt: pod.createdAt,
    })),
  }));
}
