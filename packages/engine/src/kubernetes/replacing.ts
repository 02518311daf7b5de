import type { RestartableKind } from 'backstage-plugin-eks-pod-identity-common';
import { type Command, kubectl } from '../text/bash';
import { fullStop } from '../text/fullStop';
import { partitionOf, rolloutOf, type Stuck } from './rollout';
import type { LiveWorkload } from './types';

/** What decides how a workload replaces its pods. */
export interface Replacing {
  /** Its roll-outs are paused. */
  paused: boolean;
  /** `RollingUpdate`, `Recreate` or `OnDelete`. */
  strategy?: string;
  /** Of a StatefulSet: pods with a lower number keep their template. */
  partition?: number;
  /** Why its present roll-out does not go on. */
  stuck?: Stuck;
}

/** How pods of a workload are replaced. */
export interface Replacement {
  /** Why `kubectl rollout restart` replaces none of them; a sentence without its beginning and end. */
  heldBack?: string;
  /** What to do instead, or beside the restart. */
  advice?: string;
  commands: Command[];
}

interface Workload {
  kind: RestartableKind;
  name: string;
  /** Those to be replaced. */
  pods: readonly { name: string }[];
}

const numberOf = ({ name }: { name: string }) =>
  Number(name.slice(name.lastIndexOf('-') + 1));

const deletion = (namespace: string, pods: Workload['pods']) =>
  kubectl('delete', { kind: 'pod', namespace })`${pods.map(
    ({ name }) => name,
  )}`;

/** What a workload with roll-outs is, read from the object. */
export function replacingOf(
  kind: RestartableKind,
  live: LiveWorkload,
): Replacing {
  const { spec } = live;
  const { stuck } = rolloutOf(kind, live);
  const partition = kind === 'StatefulSet' ? partitionOf(live) : 0;
  return {
    paused: spec?.paused === true,
    strategy:
      (kind === 'Deployment' ? spec?.strategy : spec?.updateStrategy)?.type ??
      'RollingUpdate',
    ...(partition ? { partition } : {}),
    ...(stuck ? { stuck } : {}),
  };
}

/** The way back from a roll-out: the template before, and the pods that block it. */
export function wayBack(
  { kind, name, namespace }: Omit<Workload, 'pods'> & { namespace: string },
  stuckPods: Workload['pods'] = [],
): Command[] {
  const undo = kubectl('rollout undo', { kind, name, namespace })``;
  // A StatefulSet waits for a pod that never starts, whatever its template says by then.
  return kind === 'StatefulSet' && stuckPods.length
    ? [undo, deletion(namespace, stuckPods)]
    : [undo];
}

/** How these pods of a workload are replaced; without knowing the workload by a restart. */
export function replacementOf(
  namespace: string,
  workload: Workload,
  how: Replacing = { paused: false },
): Replacement {
  const { kind, name, pods } = workload;
  const object = { kind, name, namespace };
  const what = `${kind} ${name}`;
  const restart = kubectl('rollout restart', object)``;
  if (how.paused) {
    return {
      heldBack: 'its roll-outs are paused',
      advice: `The roll-outs of ${what} are paused, and kubectl restarts no paused one: resume them first, if the pause may end. A change of the template that waits is rolled out with it.`,
      commands: [kubectl('rollout resume', object)``, restart],
    };
  }
  if (how.stuck) {
    const { pod } = how.stuck;
    const back = wayBack(object, pod ? [{ name: pod }] : [])
      .map(({ text }) => `"${text}"`)
      .join(' and ');
    return {
      heldBack: `its roll-out is stuck: ${how.stuck.message}`,
      advice: `The roll-out of ${what} is stuck${
        how.stuck.reason ? ` (${how.stuck.reason})` : ''
      }: ${fullStop(
        how.stuck.message,
      )} A restart does not help. Fix that, and the roll-out goes on by itself; or go back with ${back}, and restart it then.`,
      commands: [],
    };
  }
  if (how.strategy === 'OnDelete') {
    return {
      heldBack:
        'its update strategy is OnDelete, so its pods are replaced only when they are deleted',
      advice: `${what} replaces a pod only when it is deleted (update strategy OnDelete): the command deletes them.`,
      commands: [deletion(namespace, pods)],
    };
  }
  const { partition = 0 } = how;
  const kept = pods.filter(pod => numberOf(pod) < partition);
  if (!kept.length) return { commands: [restart] };
  const advice = `By its partition a restart of ${what} replaces only the pods from ${name}-${partition} on. Deleted ones with a lower number come back from the template that they had.`;
  return kept.length === pods.length
    ? {
        heldBack: `its partition ${partition} keeps these pods as they are`,
        advice,
        commands: [deletion(namespace, kept)],
      }
    : { advice, commands: [restart, deletion(namespace, kept)] };
}

/** What else it takes until a changed template reaches the pods of a workload; undefined where its roll-out does that. */
export function takesEffect(
  { kind, name }: { kind: string; name: string },
  how?: Replacing,
): string | undefined {
  const what = `${kind} ${name}`;
  if (how?.paused) {
    return `${what} is paused: the change reaches no pod before that ends.`;
  }
  if (how?.strategy === 'OnDelete') {
    return `${what} replaces a pod only when it is deleted (update strategy OnDelete): delete its pods after the change.`;
  }
  return how?.partition
    ? `By the partition of ${what} the change reaches only the pods from ${name}-${how.partition} on.`
    : undefined;
}
