import { ALL_LEVELS, defineCheck, pass, warn } from '../check';
import type { AgentPodFact } from '../facts/types';
import { lackOutcome } from '../fixes/lackOutcome';

/** Advice for the add-on's issue codes. Source: EKS API reference, AddonIssue. */
const ADVICE: Record<string, string> = {
  ConfigurationConflict:
    'Something else manages the same objects: update the add-on with --resolve-conflicts OVERWRITE, or remove the self-managed copy.',
  AccessDenied:
    'EKS may not change objects in the cluster: look for RBAC of the user eks:addon-manager that was edited.',
  AdmissionRequestDenied:
    'An admission webhook or Pod Security refuses the agent: exempt its namespace.',
  InsufficientNumberOfReplicas:
    'Look at the agent pods; where all are ready by now, EKS notices within a few minutes.',
  K8sResourceNotFound:
    'An object of the add-on was deleted: update the add-on to put it back.',
  ClusterUnreachable: 'EKS cannot reach the cluster: check its health.',
  AddonPermissionFailure:
    'The add-on lacks a permission: look at its page in the EKS console.',
  UnsupportedAddonModification:
    'The add-on was changed in a way EKS does not support: update it to the default.',
};

/** Causes that the agent's pods themselves show. */
function adviceOnPods(pods: readonly AgentPodFact[]): string[] {
  const advice = new Set<string>();
  for (const pod of pods) {
    if (/free ports/i.test(pod.message ?? '')) {
      advice.add(
        'Port 80 of a node is taken by another pod: move that pod, or set {"agent":{"advertiseProxyPort":false}} in the configuration of the add-on.',
      );
    }
    if (pod.waitingReason === 'CrashLoopBackOff') {
      advice.add(
        'An agent crashes again and again: where nodes have IPv6 disabled, set {"agent":{"additionalArgs":{"-b":"169.254.170.23"}}} in the configuration of the add-on.',
      );
    }
  }
  return [...advice];
}

/** `Code: message`, without the full stop that our sentence adds. */
const wordsOf = (issues: readonly { code: string; message: string }[]) =>
  issues.map(({ code, message }) => `${code}: ${message.replace(/\.$/, '')}`);

export const agentHealthy = defineCheck({
  id: 'agent.healthy',
  category: 'agent',
  title: 'The agent is healthy',
  question:
    'Does EKS report no issue with the add-on, and are all agent pods ready?',
  neededBy: ALL_LEVELS,
  dependsOn: [{ check: 'agent.installed', onlyWhenFailed: true }],
  needs: ['addon'],
  uses: ['agentDaemonSets', 'agentPods'],
  evaluate({ addon, agentDaemonSets, agentPods }, { cluster }) {
    const snippet = {
      language: 'bash',
      text: 'kubectl get pods -A -l app.kubernetes.io/instance=eks-pod-identity-agent -o wide',
    };
    const sets = agentDaemonSets.known ? agentDaemonSets.value : [];
    const desired = sets.reduce((sum, set) => sum + set.desired, 0);
    const ready = sets.reduce((sum, set) => sum + set.ready, 0);
    const counted = sets.length > 0;
    const notReady = agentPods.known
      ? agentPods.value.filter(pod => !pod.ready)
      : [];
    const observed = counted ? `${ready} of ${desired} ready` : undefined;

    if (addon && addon.status !== 'ACTIVE') {
      const issues = wordsOf(addon.issues);
      const allReady = counted && ready >= desired;
      const what = issues.length ? ` It reports ${issues.join('; ')}.` : '';
      return warn(
        `The add-on is ${addon.status}${
          allReady ? ', although all its pods are ready' : ''
        }.${what}`,
        {
          expected: 'ACTIVE',
          observed: [addon.status, observed].filter(Boolean).join(', '),
          fix: {
            cause: issues.length
              ? 'EKS reports an issue with the add-on.'
              : 'The add-on is changing state, or failed to.',
            actions: [
              ...addon.issues
                .map(issue => ADVICE[issue.code])
                .filter((text): text is string => Boolean(text)),
              ...adviceOnPods(notReady),
              ...(addon.status === 'CREATING' || addon.status === 'UPDATING'
                ? ['Wait a few minutes and verify again.']
                : [
                    `Look at the add-on of ${cluster.name} in the EKS console.`,
                  ]),
            ],
            snippet,
          },
        },
      );
    }
    if (addon?.issues.length) {
      return warn(
        `The add-on is ACTIVE but reports ${wordsOf(addon.issues).join('; ')}.`,
        {
          observed,
          fix: {
            cause: 'EKS reports an issue with the add-on.',
            actions: addon.issues
              .map(issue => ADVICE[issue.code])
              .filter((text): text is string => Boolean(text)),
            snippet,
          },
        },
      );
    }
    if (counted && ready < desired) {
      const names = notReady
        .slice(0, 3)
        .map(
          pod =>
            `${pod.name}${pod.waitingReason ? ` (${pod.waitingReason})` : ''}`,
        )
        .join(', ');
      return warn(
        `${desired - ready} of ${desired} agent pods are not ready${
          names ? `: ${names}` : ''
        }.`,
        {
          expected: `${desired} of ${desired} ready`,
          observed,
          fix: {
            cause:
              'Pods on the nodes of these agents get no credentials until they are ready.',
            actions: [
              ...adviceOnPods(notReady),
              'Look at the pods that are not ready.',
            ],
            snippet,
          },
        },
      );
    }
    if (!addon && !counted) {
      // Auto Mode shows neither; without access to the cluster nothing is known.
      if (!agentDaemonSets.known) return lackOutcome(agentDaemonSets.lack);
      return pass('Auto Mode runs the agent; its health is the node’s.');
    }
    return pass(
      addon
        ? `The add-on is ACTIVE${
            counted ? ` and all ${desired} agent pods are ready` : ''
          }.`
        : `All ${desired} agent pods are ready.`,
      { observed },
    );
  },
});
