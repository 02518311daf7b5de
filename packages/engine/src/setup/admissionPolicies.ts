import { stringify } from 'yaml';
import type { ClusterConfig } from '../clusters/types';
import {
  type AdmissionPolicy,
  bindingOf,
} from '../kubernetes/admissionPolicies';
import { restartPolicies } from '../lifecycle/restart/restartPolicies';
import { probePolicy } from '../verification/probe/probePolicy';

type Settings = Parameters<typeof probePolicy>[0];

/** What holds the portal's groups to what the portal does in a cluster, as its configuration is. */
const admissionPolicies = (cluster: Settings): AdmissionPolicy[] => [
  probePolicy(cluster),
  ...restartPolicies(),
];

/**
 * The ValidatingAdmissionPolicies of a cluster with their bindings, as YAML that `kubectl apply` takes: of the groups of
 * deploy/rbac.yaml, those who verify may create the probe alone, and those who write restart workloads and change
 * nothing else of them.
 *
 * @public
 */
export function admissionPoliciesYaml(
  cluster: Pick<ClusterConfig, 'probe' | 'namespaces' | 'guardrails'>,
): string {
  return admissionPolicies(cluster)
    .flatMap(policy => [policy, bindingOf(policy)])
    .map(one => `---\n${stringify(one, { lineWidth: 0, singleQuote: true })}`)
    .join('');
}
