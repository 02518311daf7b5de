import type { Addon } from '../../aws/addon';
import type { ClusterConfig } from '../../clusters/types';
import {
  ALL_LEVELS,
  defineCheck,
  fail,
  type Outcome,
  pass,
  warn,
} from '../framework/check';
import { applyAddonCommand, LIST_AGENTS } from './addon';
import {
  type AgentTrouble,
  NOT_READY,
  nodeTrouble,
  podTrouble,
} from './trouble';
import type { AgentPodFact } from '../framework/facts/agent';
import type { Fix } from '../framework/fix';
import { needsAgent } from './agentObjects';
import { valueOf } from '../framework/fact';
import { lackOutcome } from '../access/lackOutcome';

/** Advice for the add-on's issue codes. Source: EKS API reference, AddonIssue. */
const ADVICE: Record<string, string> = {
  ConfigurationConflict:
    'Something else manages the same objects: let EKS overwrite them with this command, or remove the self-managed copy.',
  AccessDenied:
    'EKS is not allowed to change objects in the cluster: look for RBAC of the user eks:addon-manager that was edited.',
  AdmissionRequestDenied:
    'An admission webhook or Pod Security refuses the agent: exempt its namespace.',
  InsufficientNumberOfReplicas:
    'Check the agent pods. Once all of them are ready, EKS notices within a few minutes.',
  K8sResourceNotFound:
    'An object of the add-on was deleted: this command puts it back.',
  ClusterUnreachable: 'EKS cannot reach the cluster: check its health.',
  AddonPermissionFailure:
    'The add-on lacks a permission: look at its page in the EKS console.',
  UnsupportedAddonModification:
    'The add-on was changed in a way EKS does not support: this command puts back what EKS has for it.',
};

/** Issues that go when EKS applies the add-on again. */
const GONE_BY_APPLYING = new Set([
  'ConfigurationConflict',
  'K8sResourceNotFound',
  'UnsupportedAddonModification',
]);

type Issues = readonly { code: string; message: string }[];

function adviceOn(issues: Issues): string[] {
  return issues
    .map(issue => ADVICE[issue.code])
    .filter((text): text is string => Boolean(text));
}

/** `Code: message`, without the full stop that our sentence adds. */
const wordsOf = (issues: Issues) =>
  issues.map(({ code, message }) => `${code}: ${message.replace(/\.$/, '')}`);

/** `a and 2 more (crashes with exit code 1), b`: what is the matter, with the pods that it is the matter with. */
function namesOf(
  pods: readonly AgentPodFact[],
  troubles: readonly AgentTrouble[],
): string {
  const byWhat = new Map<string, string[]>();
  pods.forEach(({ name }, index) => {
    const { what } = troubles[index];
    byWhat.set(what, [...(byWhat.get(what) ?? []), name]);
  });
  return [...byWhat]
    .map(([what, [first, ...more]]) =>
      [
        first,
        ...(more.length ? [`and ${more.length} more`] : []),
        ...(what === NOT_READY ? [] : [`(${what})`]),
      ].join(' '),
    )
    .join(', ');
}

/** What is seen of the agent. */
interface Seen {
  cluster: Pick<ClusterConfig, 'name' | 'region'>;
  addon: Addon | null;
  /** `2 of 3 ready`; undefined where no DaemonSet was seen. */
  observed?: string;
  allReady: boolean;
  missing: number;
  desired: number;
  notReady: readonly AgentPodFact[];
  /** Of each pod that is not ready. */
  troubles: readonly AgentTrouble[];
}

/** The command that fixes most: what EKS reports goes by applying the add-on again, else what the first pod shows. */
function commandsOf({ cluster, addon, troubles }: Seen): Fix['commands'] {
  return (addon?.issues ?? []).some(one => GONE_BY_APPLYING.has(one.code))
    ? [applyAddonCommand(cluster)]
    : troubles[0]?.fix.commands ?? [LIST_AGENTS];
}

const adviceOnPods = ({ troubles }: Seen) => [
  ...new Set(troubles.flatMap(({ fix }) => fix.actions)),
];

/** One node without its agent is a matter of the pods there; without any, no pod gets credentials. */
const sayOf = ({ missing, desired }: Seen) =>
  desired > 0 && missing === desired ? fail : warn;

/** The add-on is in another state than ACTIVE. */
function notActive(addon: Addon, seen: Seen): Outcome {
  const { allReady, observed, notReady, troubles, cluster } = seen;
  const issues = wordsOf(addon.issues);
  const busy = addon.status === 'CREATING' || addon.status === 'UPDATING';
  // EKS looks at its add-ons from time to time.
  const unnoticed =
    allReady &&
    addon.issues.every(one => one.code === 'InsufficientNumberOfReplicas');
  let cause = 'The add-on is changing state, or failed to.';
  if (issues.length) cause = 'EKS reports an issue with the add-on.';
  if (troubles.length) {
    cause = `The agent pod ${notReady[0].name} ${troubles[0].what}. ${troubles[0].fix.cause}`;
  }
  return sayOf(seen)(
    [
      `The add-on is ${addon.status}${
        allReady ? ', although all its pods are ready' : ''
      }.`,
      ...(issues.length ? [`It reports ${issues.join('; ')}.`] : []),
    ],
    {
      expected: 'ACTIVE',
      observed: [addon.status, observed].filter(Boolean).join(', '),
      fix: {
        cause,
        actions: [
          ...adviceOn(addon.issues),
          ...adviceOnPods(seen),
          unnoticed || busy
            ? 'Wait a few minutes and verify again.'
            : `Look at the add-on of ${cluster.name} in the EKS console.`,
        ],
        commands: unnoticed ? [] : commandsOf(seen),
      },
    },
  );
}

function podsNotReady(seen: Seen): Outcome {
  const { missing, desired, observed, notReady, troubles } = seen;
  const names = namesOf(notReady, troubles);
  return sayOf(seen)(
    `${missing} of ${desired} agent pods are not ready${
      names ? `: ${names}` : ''
    }.`,
    {
      expected: `${desired} of ${desired} ready`,
      observed,
      fix: {
        cause:
          troubles[0]?.fix.cause ??
          'Pods on the nodes of these agents get no credentials until they are ready.',
        actions: troubles.length
          ? adviceOnPods(seen)
          : ['Look at the pods that are not ready.'],
        commands: commandsOf(seen),
      },
    },
  );
}

export const agentHealthy = defineCheck({
  id: 'agent.healthy',
  category: 'agent',
  title: 'The agent is healthy',
  question:
    'Does EKS report no issue with the add-on, and are all agent pods ready?',
  neededBy: ALL_LEVELS,
  dependsOn: [{ check: 'agent.installed', onlyWhenFailed: true }],
  needs: ['addon'],
  uses: ['agentDaemonSets', 'agentPods', 'nodes'],
  evaluate({ addon, agentDaemonSets, agentPods, nodes }, { cluster }) {
    const sets = valueOf(agentDaemonSets) ?? [];
    const desired = sets.reduce((sum, set) => sum + set.desired, 0);
    const ready = sets.reduce((sum, set) => sum + set.ready, 0);
    const counted = sets.length > 0;
    const notReady = (valueOf(agentPods) ?? []).filter(pod => !pod.ready);
    const owner = { config: cluster, addon, sets };
    const seen: Seen = {
      cluster,
      addon,
      observed: counted ? `${ready} of ${desired} ready` : undefined,
      allReady: counted && ready >= desired,
      missing: desired - ready,
      desired,
      notReady,
      troubles: notReady.map(pod => podTrouble(pod, owner)),
    };
    if (addon && addon.status !== 'ACTIVE') return notActive(addon, seen);
    if (addon?.issues.length) {
      return warn(
        `The add-on is ACTIVE but reports ${wordsOf(addon.issues).join('; ')}.`,
        {
          observed: seen.observed,
          fix: {
            cause: 'EKS reports an issue with the add-on.',
            actions: adviceOn(addon.issues),
            commands: commandsOf(seen),
          },
        },
      );
    }
    if (ready < desired) return podsNotReady(seen);
    const unserved = (valueOf(nodes) ?? []).filter(needsAgent);
    if (counted && desired === 0 && unserved.length) {
      return fail('The DaemonSet of the agent runs on no node.', {
        expected: `an agent on ${unserved.length} nodes`,
        observed: seen.observed,
        fix: nodeTrouble(unserved[0].name, unserved[0], [], owner),
      });
    }
    if (!addon && !counted) {
      // Auto Mode shows neither; without access to the cluster nothing is known.
      if (!agentDaemonSets.known)
        return lackOutcome(agentDaemonSets.lack, cluster);
      return pass('Auto Mode runs the agent; its health is the node’s.');
    }
    if (counted && desired === 0) {
      return pass(
        `${
          addon ? 'The add-on is ACTIVE; the' : 'The'
        } DaemonSet of the agent runs on no node, and ${
          nodes.known
            ? 'none needs it'
            : 'whether one needs it was not looked at'
        }.`,
        { observed: seen.observed },
      );
    }
    const unseen = agentDaemonSets.known ? '' : '; its pods were not looked at';
    return pass(
      addon
        ? `The add-on is ACTIVE${
            counted ? ` and all ${desired} agent pods are ready` : unseen
          }.`
        : `All ${desired} agent pods are ready.`,
      { observed: seen.observed },
    );
  },
});
