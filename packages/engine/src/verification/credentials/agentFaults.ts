import { bash } from '../../text/bash';
import { clusterSettingOf, settingOf, type Voice } from '../../text/voice';
import { LIST_AGENTS } from '../agent/addon';
import type { Outcome } from '../framework/check';
import { fail, unknown } from '../framework/check';
import type { Fix } from '../framework/fix';
import type { AgentFault } from './agentErrors';
import type { NetworkPolicyFact } from '../framework/facts/workloads';
import { type EksAuthPath, eksAuthUnreachedFix } from './eksAuthUnreached';
import { type NodeInstance, nodeCredentialsFix } from './nodeInstance';
import { letNodesAsk } from '../cluster/nodeRoleFix';
import { openEgress } from '../workloads/openEgress';

/** Context of the sentence about a fault. */
export interface FaultContext {
  namespace: string;
  serviceAccount: string;
  clusterName: string;
  region: string;
  nodeName?: string;
  instance: NodeInstance;
  voice: Voice;
  /** The agent's or the CLI's own words. */
  text: string;
  status?: number;
  /** Node role, where the text names it. */
  principal?: string;
  /** NetworkPolicies that select the probe and open no way to the agent; empty where they could not be read. */
  egressPolicies: readonly NetworkPolicyFact[];
  /** Findings of other checks that may be the cause, one sentence each. */
  doubts: string[];
  /** What the report knows of the way to EKS Auth. */
  path: EksAuthPath;
}

interface Explanation {
  status: 'fail' | 'unknown';
  message: string;
  fix: Fix;
}

const agentsOn = (node: string | undefined) => [
  node
    ? bash`${LIST_AGENTS} --field-selector spec.nodeName=${node}`
    : LIST_AGENTS,
];

function explainUnreachable(c: FaultContext, how: string): Explanation {
  const where = c.nodeName ? ` on node ${c.nodeName}` : '';
  const policies = c.egressPolicies;
  const names = policies.map(({ name }) => name);
  if (policies.length) {
    return {
      status: 'unknown',
      message: `The agent${where} ${how}, while ${
        policies.length === 1
          ? `the NetworkPolicy ${names[0]} limits`
          : `the NetworkPolicies ${names.join(', ')} limit`
      } what the probe may reach.`,
      fix: {
        cause:
          'The policy may hold for the probe and not for the workload, so this says nothing about the identity.',
        actions: [
          'Add the way to the agent: policies add up, so a further one is enough.',
        ],
        commands: [
          openEgress([policies[0]], 'pod-identity-agent', c.namespace),
        ],
      },
    };
  }
  return {
    status: 'fail',
    message: `The agent${where} ${how}.`,
    fix: {
      cause: c.doubts.length
        ? c.doubts.join(' ')
        : 'No agent is ready on that node, or something on the way blocks 169.254.170.23: Cilium without kube-proxy, iptables rules, security groups for pods in strict mode.',
      actions: [
        'Check whether an agent pod is ready on that node.',
        'If it is, look for network rules of the node or the CNI that drop 169.254.170.23, port 80.',
        'With security groups for pods, set POD_SECURITY_GROUP_ENFORCING_MODE=standard.',
      ],
      commands: agentsOn(c.nodeName),
    },
  };
}

/** The agent tries longer to reach EKS Auth than the CLI waits for the agent, so a private subnet looks like this. */
function explainSlow(c: FaultContext): Explanation {
  const explained = explainUnreachable(
    c,
    'takes the connection and does not answer in time',
  );
  if (c.egressPolicies.length || c.doubts.length) return explained;
  const fix = eksAuthUnreachedFix(c.path);
  return {
    ...explained,
    fix: {
      ...fix,
      cause: `The agent tries longer to reach EKS Auth than programs wait for the agent. ${fix.cause}`,
      actions: [
        ...fix.actions,
        'If the node reaches EKS Auth, look for network rules of the node or the CNI that drop 169.254.170.23, port 80.',
      ],
    },
  };
}

/** The agent's own words name the role: `arn:aws:sts::…:assumed-role/<role>/<instance>`. */
function attachToNodeRole({ principal, path }: FaultContext) {
  const name = principal && /:assumed-role\/([^/]+)\//.exec(principal)?.[1];
  const fix = letNodesAsk(name ? [{ name }] : [], path.config);
  return {
    ...fix,
    actions: [
      ...fix.actions,
      'If the role has that policy already, an explicit Deny, its permissions boundary or a service control policy takes the right away.',
    ],
  };
}

/** Faults that need no look at roles; `explainRoleRefused` and `explainSessionTooBig` have the others. */
type PlainFault = Exclude<AgentFault, 'role-refused' | 'session-too-big'>;

const EXPLANATIONS: Record<PlainFault, (context: FaultContext) => Explanation> =
  {
    'no-association': c => ({
      status: 'fail',
      message: `The agent says that EKS knows no association for ${c.namespace}/${c.serviceAccount} on this cluster.`,
      fix: {
        cause:
          'The association was deleted, or it is too new: AWS needs some seconds to publish it.',
        actions: [
          'Verify again in a minute.',
          'If it stays, look whether the association still exists.',
        ],
      },
    }),
    'node-role-denied': c => ({
      status: 'fail',
      message: `The node's role ${
        c.principal ? `${c.principal} ` : ''
      }is not allowed to call eks-auth:AssumeRoleForPodIdentity.`,
      fix: {
        cause: 'The agent asks EKS with the credentials of its node.',
        ...attachToNodeRole(c),
      },
    }),
    'token-refused': c => ({
      status: 'fail',
      message: `The agent does not accept the pod's token: ${c.text}`,
      fix: {
        cause:
          'The token does not reach the agent as Kubernetes made it, or it is from another cluster.',
        actions: [
          'Look for a proxy or an SDK wrapper that changes the Authorization header.',
        ],
      },
    }),
    'token-expired': c => ({
      status: 'fail',
      message: `The agent considers the pod's token expired or not yet valid: ${c.text}`,
      fix: {
        cause:
          'The clocks of the node and of AWS differ, or the pod was just created.',
        actions: ['Check the time synchronisation of the node.'],
      },
    }),
    'token-empty': c => ({
      status: 'unknown',
      message: 'The CLI of the probe image sent no token to the agent.',
      fix: {
        cause: 'The AWS CLI in the probe image is older than Pod Identity.',
        actions: [
          `Set a ${settingOf(
            c.voice,
            'probe.image',
          )} with AWS CLI 2.15.0 or later (1.30.0 or later for version 1).`,
        ],
      },
    }),
    'token-unreadable': c => ({
      status: 'unknown',
      message: `The probe could not read its own token: ${c.text}`,
      fix: {
        cause:
          'The token volume is not readable for the user of the container, or its content was changed.',
        actions: [
          'Look for an admission webhook that removes fsGroup or changes volumes of pods.',
        ],
      },
    }),
    'wrong-address': c => ({
      status: 'fail',
      message: `The pod asks for its credentials at an address that is not the agent's: ${c.text}`,
      fix: {
        cause:
          'Something set AWS_CONTAINER_CREDENTIALS_FULL_URI to another address, or translates the address on the way.',
        actions: ['Remove that variable or that translation.'],
      },
    }),
    throttled: c => ({
      status: 'unknown',
      message: `The agent or EKS Auth is limiting requests at the moment: ${c.text}`,
      fix: {
        cause: 'Many pods of the node ask for credentials at once.',
        actions: [
          'Verify again in a minute.',
          'If it happens often, update the agent add-on and spread the starts of jobs.',
        ],
      },
    }),
    'eks-auth-failed': c => ({
      status: 'unknown',
      message: `EKS Auth cannot answer the agent at the moment: ${c.text}`,
      fix: {
        cause: 'This is a fault on the side of AWS, not of the identity.',
        actions: [
          'Verify again in a minute.',
          'If it lasts, look at the AWS Health Dashboard for EKS in this region.',
        ],
      },
    }),
    'eks-auth-unreachable': c => ({
      status: 'fail',
      message: `The agent${
        c.nodeName ? ` on node ${c.nodeName}` : ''
      } does not reach EKS Auth (status ${c.status ?? 500}).`,
      fix: eksAuthUnreachedFix(c.path, c.text),
    }),
    'agent-without-credentials': c => ({
      status: 'fail',
      message: `The agent${
        c.nodeName ? ` on node ${c.nodeName}` : ''
      } has no AWS credentials of its own, so it cannot ask EKS Auth.`,
      fix: nodeCredentialsFix(c.instance, c.text),
    }),
    'connect-timeout': c =>
      explainUnreachable(
        c,
        'does not take connections from the probe (timeout)',
      ),
    refused: c => explainUnreachable(c, 'refuses connections from the probe'),
    'read-timeout': explainSlow,
    'no-credentials': () => ({
      status: 'fail',
      message: 'The CLI found no credentials at all in the pod.',
      fix: {
        cause: 'The variables of Pod Identity are missing in the container.',
        actions: ['Look first why new pods do not receive the identity.'],
      },
    }),
    'other-provider': c => ({
      status: 'fail',
      message: `Another source of credentials came before Pod Identity and failed: ${c.text}`,
      fix: {
        cause:
          'IRSA variables, a profile or keys in the pod come first in the order of every SDK.',
        actions: [
          'Look for an annotation of IRSA on the service account, and at what admission webhooks add to pods.',
        ],
      },
    }),
    'no-cli': c => ({
      status: 'unknown',
      message: `The probe image has no working AWS CLI: ${c.text}`,
      fix: {
        cause: 'The probe needs bash, head, base64 and aws in its image.',
        actions: [`Correct ${clusterSettingOf(c.voice, 'probe.image')}.`],
      },
    }),
    unrecognised: c => ({
      status: 'fail',
      message: `The agent gave no credentials: ${
        c.text || 'it gave no reason.'
      }`,
      fix: {
        cause: 'This text is unknown and is shown unchanged.',
        actions: [
          'Look at the log of the agent on that node.',
          'Report the text, so that the next one gets an explanation.',
        ],
        commands: agentsOn(c.nodeName),
      },
    }),
  };

/** Result of a check for a fault between the container and its credentials. */
export function explainAgentFault(
  kind: PlainFault,
  context: FaultContext,
): Outcome {
  const explanation = EXPLANATIONS[kind](context);
  const make = explanation.status === 'fail' ? fail : unknown;
  return make(explanation.message.trim(), {
    expected: 'credentials from the agent',
    observed: context.status
      ? `status ${context.status}: ${context.text}`
      : context.text,
    fix: explanation.fix,
  });
}
