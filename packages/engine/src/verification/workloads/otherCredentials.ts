import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import type { Lacking } from '../framework/check';
import type { CheckId } from '../framework/checkIds';
import { programOf } from '../../evidence/sdks';
import { capitalised } from '../../text/capitalised';
import { aws } from '../../text/bash';
import { listed } from '../../text/listed';
import {
  isTooOld,
  sdkSeen,
  serviceInWords,
  whenInWords,
} from './evidenceWords';
import type { NodeFact } from '../framework/facts/agent';
import type { PodFact } from '../framework/facts/workloads';
import { lacksInjection } from './lackingPods';
import type { Fix } from '../framework/fix';
import {
  byOwner,
  changedElsewhere,
  restartCommands,
  setEnvCommands,
} from '../framework/workloadsOf';

/** Another way to AWS than Pod Identity, as AWS saw it. */
export interface Road {
  /** A clause of the message. */
  said: string;
  fix: Fix;
  /** Checks that may explain it. */
  suspects: CheckId[];
  /** Whose keys they are, and of which pods; absent where it may be any pod. */
  lacking?: Lacking;
}

export interface RoadFacts {
  evidence: Evidence;
  pods: readonly PodFact[];
  /** Epoch milliseconds: what was before it says nothing of today. */
  since: number;
  namespace: string;
  now: number;
}

/** Where the variables of IRSA come from, and the commands that take them away. */
function fixOfIrsa({ pods, namespace }: RoadFacts): Fix {
  const settingsOf = ({ containers }: PodFact) =>
    containers.map(({ name, carried }) => ({
      container: name,
      settings: carried
        .filter(({ what }) => what === 'irsa')
        .flatMap(({ unset = [] }) => unset),
    }));
  const setsThem = (pod: PodFact) =>
    settingsOf(pod).some(({ settings }) => settings.length > 0);
  const setting = byOwner(pods.filter(setsThem));
  const keeping = byOwner(pods.filter(pod => !setsThem(pod)));
  const steps = [
    ...(setting.length
      ? ['take the variables of IRSA out of the pod template']
      : []),
    ...(keeping.length ? ['restart the workload'] : []),
  ];
  return {
    cause: setting.length
      ? 'The pod template sets the variables of IRSA, and most SDKs take them before Pod Identity.'
      : 'A pod that was created while the annotation of IRSA decided keeps its variables.',
    actions: [
      `${capitalised(
        listed(steps),
      )} with these commands; new pods go by Pod Identity.`,
      ...changedElsewhere(setting),
    ],
    commands: [
      ...setEnvCommands(namespace, setting, ([pod]) => settingsOf(pod)),
      ...restartCommands(namespace, keeping),
    ],
  };
}

/** Whether a pod obtained the role by Pod Identity since then. */
const isLater =
  (pod: PodFact, since: number) =>
  ({ uid, lastAt }: Evidence['pods'][number]) =>
    uid === pod.uid && Date.parse(lastAt) >= since;

/** It has the variables of IRSA, from its template or from the webhook. */
const hasIrsa = ({ containers }: PodFact) =>
  containers.some(({ irsaRoleArn }) => irsaRoleArn !== undefined);

/** The pods that may be the ones that went by IRSA last. Of those without Pod Identity `workloads.injected` says more. */
function goneByIrsa({ evidence, pods, since }: RoadFacts, lastAt: string) {
  const there = pods.filter(
    ({ createdAt = 0 }) => createdAt <= Date.parse(lastAt),
  );
  const able = there.filter(hasIrsa);
  return (able.length ? able : there).filter(
    pod => !lacksInjection(pod) && !evidence.pods.some(isLater(pod, since)),
  );
}

/** The same role, by IRSA, under this very service account. */
export function byIrsa(facts: RoadFacts): Road[] {
  const { evidence, since, now } = facts;
  const own = evidence.others.find(
    ({ own: is, lastAt }) => is && Date.parse(lastAt) >= since,
  );
  if (!own) return [];
  return [
    {
      said: `this service account obtained the role by IRSA too, last ${whenInWords(
        own.lastAt,
        now,
      )}${sdkSeen(own)}`,
      suspects: ['service-account.irsa', 'workloads.shadowed'],
      lacking: {
        how: 'other',
        which: 'IRSA',
        pods: goneByIrsa(facts, own.lastAt).map(({ name }) => name),
      },
      fix: isTooOld(own)
        ? {
            cause: `${own.sdk} ${own.version} knows no Pod Identity, so it goes on by IRSA.`,
            actions: [
              `Update the SDK of the application to ${
                programOf(own.sdk)?.works
              } or later, and keep the annotation of IRSA until then.`,
            ],
          }
        : fixOfIrsa(facts),
    },
  ];
}

/** The static key of the pods' own spec. */
export function byStaticKey(facts: RoadFacts): Road[] {
  const { evidence, pods, namespace, now } = facts;
  const withKey = pods.filter(pod =>
    pod.containers.some(({ accessKeyId }) =>
      evidence.staticKeys.some(({ keyId }) => keyId === accessKeyId),
    ),
  );
  const started = Math.min(...withKey.map(({ createdAt = 0 }) => createdAt));
  const used = evidence.staticKeys.find(
    ({ lastAt }) => Date.parse(lastAt) >= started,
  );
  if (!used || withKey.length === 0) return [];
  const workloads = byOwner(withKey);
  return [
    {
      said: `the access key that stands in the spec of ${
        withKey.length
      } of them was used for ${serviceInWords(
        used.service,
      )}, last ${whenInWords(used.lastAt, now)}${sdkSeen(used)}`,
      suspects: ['workloads.shadowed'],
      lacking: {
        how: 'other',
        which: 'static keys',
        pods: withKey.map(({ name }) => name),
      },
      fix: {
        cause: 'Keys of the environment come before Pod Identity in every SDK.',
        actions: [
          'Take the key out of the pod template with this command, and deactivate it in IAM when the new pods work.',
          ...changedElsewhere(workloads),
        ],
        commands: setEnvCommands(namespace, workloads, ([pod]) =>
          pod.containers
            .filter(({ accessKeyId }) => accessKeyId)
            .map(({ name }) => ({
              container: name,
              settings: ['AWS_ACCESS_KEY_ID-', 'AWS_SECRET_ACCESS_KEY-'],
            })),
        ),
      },
    },
  ];
}

/** Keeps pods of a node from its role. */
export const limitHops = (region: string, instanceId: string) =>
  aws`ec2 modify-instance-metadata-options --region ${region} --instance-id ${instanceId} --http-tokens required --http-put-response-hop-limit 1`;

/** Calls as the node by a program that EKS does not put there; it may be of any pod. */
export function byNode(
  facts: RoadFacts,
  nodes: readonly NodeFact[],
  region: string,
): Road[] {
  const { evidence, pods, since, now } = facts;
  const nodeOf = (instanceId: string) =>
    nodes.find(one => one.instanceId === instanceId);
  /** The pods of that node have all obtained the role since, so it is another's, or over. */
  const isOver = ({ instanceId, lastAt }: Evidence['nodes'][number]) => {
    const name = nodeOf(instanceId)?.name;
    const there = pods.filter(({ nodeName }) => nodeName === name);
    return (
      there.length > 0 &&
      there.every(pod =>
        evidence.pods.some(one => one.uid === pod.uid && one.lastAt > lastAt),
      )
    );
  };
  const used = evidence.nodes.find(
    one => Date.parse(one.lastAt) >= since && !isOver(one),
  );
  if (!used) return [];
  const node = nodeOf(used.instanceId);
  return [
    {
      said: `on the node ${node?.name ?? used.instanceId} a program${sdkSeen(
        used,
        ' with ',
      )} called ${serviceInWords(used.service)} as the node, last ${whenInWords(
        used.lastAt,
        now,
      )}; it may be of any pod there`,
      suspects: ['credentials.imds'],
      fix: {
        cause:
          'No component of EKS uses that SDK. Some SDKs take the role of the node without a word when the agent gives no credentials or the pod has no variables.',
        actions: [
          'See which pods of the node run that SDK; docs/sdks.md says which SDKs fall back.',
          'With a hop limit of 1 pods cannot become the node: for this node with the command, for new ones in the launch template. A pod that relied on it fails then.',
        ],
        commands: [limitHops(region, used.instanceId)],
      },
    },
  ];
}
