import { type Command, kubectl } from '../../text/bash';
import { fullStop } from '../../text/fullStop';
import { clusterSettingOf, type Voice } from '../../text/voice';
import type { Placement } from '../framework/facts/workloads';
import type { Fix } from '../framework/fix';
import { patchTemplate, templated } from '../framework/workloadsOf';
import { type Autoscaling, SILENCE_MS } from './autoscaling';

/** The workload whose placement the probe copies. */
export interface Placed {
  owner: { kind: string; name: string };
  placement: Placement;
}

const AFFINITY =
  'Change the node selector or affinity of the workload, or label a node so that it fits.';
/** What to do, by the reasons of the scheduler. */
const byReason = (voice: Voice): [RegExp, string][] => [
  [/node affinity\/selector/i, AFFINITY],
  [
    /untolerated taint/i,
    `Add tolerations for the taints to ${clusterSettingOf(
      voice,
      'probe.tolerations',
    )}.`,
  ],
  [
    /Insufficient \S+/i,
    'The nodes have too little left of what the message names: free some, or add a node.',
  ],
  [
    /Too many pods/i,
    'The nodes hold as many pods as they may: remove some, or add a node.',
  ],
];

/** Set by Kubernetes, EKS and autoscalers: such a node is not to be used now, or not by workloads. */
const RESERVED =
  /(^|[./])(kubernetes\.io|karpenter\.sh|eks\.amazonaws\.com)\/|^(ToBeDeleted|CriticalAddonsOnly)/;

/** The taint of an owner that alone keeps a pod from every node. */
function onlyTaint(why: string): { key: string; value: string } | undefined {
  const [, told = ''] = why.split('nodes are available: ', 2);
  const reasons = told.split(/\.(?: |$)(?=preemption|no new|$)/, 1)[0];
  const parts = reasons.split(/, (?=\d)/);
  const taints = parts.map(
    part => /had untolerated taint \{([^:{}]+): ?([^{}]*)\}$/.exec(part) ?? [],
  );
  const [[, key, value] = []] = taints;
  return key && !RESERVED.test(key) && taints.every(([, one]) => one === key)
    ? { key, value }
    : undefined;
}

/** Lets the pods of a workload onto nodes with a taint. The list of tolerations is replaced as a whole. */
function tolerateCommand(
  { owner, placement }: Placed,
  { key, value }: { key: string; value: string },
  namespace: string,
): Command | undefined {
  const tolerations = [
    ...(placement.tolerations ?? []),
    value ? { key, operator: 'Equal', value } : { key, operator: 'Exists' },
  ];
  const [workload] = templated([{ ...owner, pods: [] }]);
  return (
    workload && patchTemplate(namespace, workload, { spec: { tolerations } })
  );
}

/** What an autoscaler did about it, and could do. */
function aboutAutoscaler(autoscaling: Autoscaling | undefined): string {
  switch (autoscaling?.kind) {
    case 'declined':
      return `The autoscaler starts no node for it either: ${fullStop(
        autoscaling.words,
      )} A node pool or node group that fits the pod would let it.`;
    case 'silent':
      return `No autoscaler answered within ${
        SILENCE_MS / 1000
      } s. Karpenter, Auto Mode or the Cluster Autoscaler could start a node if a node pool or node group fits the pod: verify again when the node is there.`;
    default:
      return 'If the cluster first has to start a node, verify again with a longer timeout.';
  }
}

/** What to do about a pod that no node takes, by the words of the scheduler. */
export function placementFix(
  why: string,
  namespace: string,
  voice: Voice,
  { like, autoscaling }: { like?: Placed; autoscaling?: Autoscaling } = {},
): Fix {
  const all = byReason(voice);
  const known = all.filter(([pattern]) => pattern.test(why));
  const advice = (known.length ? known : all.slice(0, 2)).map(
    ([, text]) => text,
  );
  const taint = onlyTaint(why);
  const tolerate = like && taint && tolerateCommand(like, taint, namespace);
  return {
    cause:
      'The pod fits on no node now; its placement is that of the newest running pod of the same service account.',
    actions: [
      ...(tolerate
        ? [
            `New pods of ${like.owner.kind} ${like.owner.name} fit on no node either. If they are meant for nodes with the taint ${taint.key}, let them tolerate it, as the command does; else let the owner of the nodes take it away, or add a node without it.`,
          ]
        : advice),
      aboutAutoscaler(autoscaling),
    ],
    commands: [
      tolerate ??
        kubectl('get', {
          kind: 'events',
          namespace,
        })`--field-selector reason=FailedScheduling`,
    ],
  };
}
