import type { Finding } from 'backstage-plugin-eks-pod-identity-common';
import type { CheckId } from 'eks-pod-identity-engine/portal';

/**
 * What a row says of its thing when a check fails: it follows the name of the row, as in "Service account: does not
 * exist". Checks that count say how many instead.
 */
const FAULTS: Partial<Record<CheckId, string>> = {
  'cluster.active': 'cluster not active',
  'cluster.supported': 'cluster too old',
  'cluster.eks-auth-path': 'nodes cannot use EKS Auth',
  'agent.installed': 'agent missing',
  'agent.healthy': 'agent not healthy',
  'agent.on-node': 'agent missing on a node',
  'role.exists': 'does not exist',
  'role.trust-policy': 'does not trust it',
  'role.shared': 'others use it too',
  'role.target': 'cannot be assumed',
  'association.exists': 'does not exist',
  'association.matches': 'not as set up',
  'service-account.exists': 'does not exist',
  'service-account.irsa': 'annotated for IRSA',
  'service-account.own': 'other pods use it too',
  'admission.injects': 'new pods do not get it',
  'admission.own-templates': 'new pods do not get it',
  'credentials.agent-answers': 'no credentials',
  'credentials.identity': 'wrong role',
  'credentials.imds': 'node role within reach',
  'credentials.node-groups': 'no credentials on some nodes',
  'workloads.service-account': 'under another service account',
  'workloads.templates': 'next pods will lack it',
  'workloads.obtained': 'never asked for it',
  'workloads.shadowed': 'use other credentials',
  'workloads.unsupported': 'not supported there',
  'workloads.network': 'cannot reach the agent',
  'workloads.start-up': 'do not start',
};

/** The fault of a row in a few words; undefined where its count says it, or an adopter's check found it. */
export function faultOf({ check }: Finding): string | undefined {
  return FAULTS[check.id as CheckId];
}
