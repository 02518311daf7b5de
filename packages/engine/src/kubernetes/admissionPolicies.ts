import { refusingPolicy } from './errors';

/** One expression of CEL, and what Kubernetes says where it is false. */
export interface Validation {
  expression: string;
  message: string;
}

/** A ValidatingAdmissionPolicy, with every field that Kubernetes would fill in, so that both can be compared. */
export interface AdmissionPolicy {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: {
    failurePolicy: string;
    matchConstraints: object;
    matchConditions: { name: string; expression: string }[];
    variables: { name: string; expression: string }[];
    validations: Validation[];
  };
}

/** Lets every policy of a name take effect. */
export interface AdmissionPolicyBinding {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: { policyName: string; validationActions: string[] };
}

/** A text as CEL writes it; of several lines as it stands, for those who read the policy. */
export const celText = (text: string): string =>
  text.includes('\n') && !text.includes("'''") && !text.endsWith("'")
    ? `r'''${text}'''`
    : `'${JSON.stringify(text)
        .slice(1, -1)
        .replaceAll('\\"', '"')
        .replaceAll("'", "\\'")}'`;

export const celList = (values: readonly string[]): string =>
  `[${values.map(celText).join(', ')}]`;

/** Whether a map, whose absence counts as an empty one, has no other keys than these. */
export const onlyKeys = (map: string, keys: readonly string[]): string =>
  `${map}.all(key, key in ${celList([...new Set(keys)])})`;

const API = 'admissionregistration.k8s.io/v1';

/** What the names of the portal's own policies begin with. */
const OWN = 'backstage-eks-pod-identity-';

/** A policy on what a group of the portal writes. */
export function ownPolicy(options: {
  /** Of the policy, after what they all begin with. */
  name: string;
  kubernetesGroup: string;
  apiGroup: string;
  resource: string;
  operation: 'CREATE' | 'UPDATE';
  /** Whether dry runs, which change nothing, stay free. */
  freeDryRuns: boolean;
  variables: Record<string, string>;
  validations: Validation[];
}): AdmissionPolicy {
  const { name, kubernetesGroup, apiGroup, resource, operation } = options;
  return {
    apiVersion: API,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: OWN + name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
        resourceRules: [
          {
            apiGroups: [apiGroup],
            apiVersions: ['v1'],
            operations: [operation],
            resources: [resource],
            scope: '*',
          },
        ],
      },
      matchConditions: [
        {
          name: 'group-of-the-portal',
          expression: `${celText(kubernetesGroup)} in request.userInfo.groups`,
        },
        ...(options.freeDryRuns
          ? [{ name: 'no-dry-run', expression: '!request.dryRun' }]
          : []),
      ],
      variables: Object.entries(options.variables).map(
        ([variable, expression]) => ({ name: variable, expression }),
      ),
      validations: options.validations,
    },
  };
}

export const bindingOf = ({
  metadata: { name },
}: AdmissionPolicy): AdmissionPolicyBinding => ({
  apiVersion: API,
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name },
  spec: { policyName: name, validationActions: ['Deny'] },
});

/** The portal's own policy that refused a request, by what Kubernetes said. */
export function ownPolicyIn(message: string): string | undefined {
  const name = refusingPolicy(message);
  return name?.startsWith(OWN) ? name : undefined;
}

/** What helps where such a policy refuses what the portal itself does. */
export const RENDER_AGAIN =
  'Render the admission policies again with "eks-pod-identity admission-policies", from the settings as they are now, and apply them: each upgrade needs that, and each change of probe, namespaces or guardrails.probe';
