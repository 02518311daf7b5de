import {
  type CheckFix,
  MANAGED_BY,
  MARK_TAGS,
  noEvidence,
} from 'backstage-plugin-eks-pod-identity-common';
import type { AnyCheck, CheckContext, Outcome } from '../framework/check';
import { known, lacking, type Fact } from '../framework/fact';
import type {
  ContainerFact,
  PodFact,
  WorkloadFact,
} from '../framework/facts/workloads';
import type { DaemonSetFact } from '../framework/facts/agent';
import type { PodRunFact } from '../framework/facts/probe';
import type { Fix } from '../framework/fix';
import { printed } from '../framework/render';

/** Context that every check receives. */
export const context = {
  ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
  cluster: {
    id: 'prod',
    name: 'payments-prod',
    region: 'eu-west-1',
    accountId: '111122223333',
    partition: 'aws',
    arn: 'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
    roles: {},
    allow: { installAgent: false },
    probe: { checkImds: true },
    kubernetes: { access: 'eks' },
  },
  probe: 'pod',
  portalId: 'portal',
  now: Date.parse('2026-01-01T12:00:00Z'),
} as any;

/** The tags by which the portal of the context knows what it made for the ref of the context. */
export const OUR_TAGS = {
  [MARK_TAGS.managedBy]: MANAGED_BY,
  [MARK_TAGS.portal]: 'portal',
  [MARK_TAGS.cluster]: 'payments-prod',
  [MARK_TAGS.region]: 'eu-west-1',
  [MARK_TAGS.namespace]: 'payments',
  [MARK_TAGS.serviceAccount]: 'api',
};

/** With the fix as a report prints it. */
export type Shown<T = Outcome> = Omit<T, 'fix'> &
  (T extends { fix: Fix } ? { fix: CheckFix } : { fix?: CheckFix });
export const shown = <T extends { fix?: Fix }>({ fix, ...rest }: T) =>
  ({ ...rest, ...(fix ? { fix: printed(fix) } : {}) } as Shown<T>);
export const denied: Fact<never> = lacking({
  kind: 'denied',
  sentence: 'The portal is not allowed to list that.',
});
export const ask = (
  check: AnyCheck,
  facts: Record<string, unknown>,
  over: Partial<CheckContext> = {},
): Shown =>
  shown(
    check.evaluate(
      {
        evidence: known(noEvidence('off')),
        mayTest: known(true),
        workloads: denied,
        gotThrough: known(null),
        roleLimits: known({}),
        targetRole: known(null),
        nodes: denied,
        nodeReach: denied,
        ...facts,
      } as any,
      { ...context, ...over },
    ) as Outcome,
  );

export const HAVING: ContainerFact = {
  name: 'app',
  kind: 'container',
  state: 'running',
  injected: true,
  missing: [],
  carried: [],
  unseen: [],
  proxied: 'no',
  proxyException: 'NO_PROXY',
};
export const LACKING: ContainerFact = {
  ...HAVING,
  injected: false,
  missing: [
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    'the token volume',
  ],
};
let count = 0;
export const pod = (rest: Partial<PodFact> = {}): PodFact => {
  count += 1;
  return {
    name: `pod-${count}`,
    labels: {},
    owner: { kind: 'Deployment', name: 'api' },
    nodeName: 'node-1',
    phase: 'Running',
    createdAt: context.now - 60_000,
    hostNetwork: false,
    skipContainers: [],
    skipped: false,
    podEni: false,
    containers: [HAVING],
    placement: {},
    ...rest,
  };
};
export const node = (name: string, rest: object = {}) => ({
  name,
  os: 'linux',
  bottlerocket: false,
  ready: true,
  labels: {},
  tainted: false,
  ...rest,
});
export const agent = (nodeName: string, ready = true, rest: object = {}) => ({
  name: `agent-${nodeName}`,
  namespace: 'kube-system',
  nodeName,
  ready,
  restarts: 0,
  unscheduled: false,
  ...rest,
});
export const daemonSet = (
  rest: Partial<DaemonSetFact> = {},
): DaemonSetFact => ({
  namespace: 'kube-system',
  name: 'agent',
  desired: 3,
  ready: 3,
  placement: { nodeSelector: {}, toleratesAll: true },
  editors: [],
  ...rest,
});

export const run = (over: Partial<PodRunFact>): PodRunFact => ({
  podName: 'probe',
  nodeName: 'node-1',
  pods: 1,
  identity: { exitCode: 0, text: '{}' },
  permissions: {},
  attempts: 1,
  injected: true,
  irsaInstead: false,
  ...over,
});

/** What `credentials.agent-answers` judges: a pod that obtained its identity on a node without an agent pod. */
export const agentAnswersFacts = (over: object) => ({
  podRun: known(run({})),
  egressPolicies: known({ policies: [] }),
  association: known({ roleArn: 'arn:r', disableSessionTags: false, tags: {} }),
  role: known(null),
  agentPods: known([]),
  nodes: known([node('node-1')]),
  nodeRoles: denied,
  cluster: known({ endpointPublicAccess: true, subnetIds: [] }),
  vpcEndpoints: denied,
  rolePolicies: known({ attached: [], inline: [] }),
  roleLimits: known({}),
  targetRole: known(null),
  pods: known([]),
  evidence: known(noEvidence('off')),
  ...over,
});

/** A workload that names the service account. */
export function workloadFact({
  template,
  ...more
}: Partial<Omit<WorkloadFact, 'template'>> & {
  template?: Partial<PodFact>;
}): WorkloadFact {
  const { kind = 'Deployment', name = 'api' } = more;
  return {
    kind,
    name,
    by: 'account',
    serviceAccount: context.ref.serviceAccount,
    paused: false,
    rolledOut: true,
    ...more,
    template: { ...pod(template), name, owner: { kind, name } },
  };
}
