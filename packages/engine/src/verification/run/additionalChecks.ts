import { InputError } from '@backstage/errors';
import type {
  PodIdentityCheck,
  PodIdentityCheckFacts,
  PodIdentityCheckNode,
  PodIdentityCheckPod,
  ProbeLevel,
} from 'backstage-plugin-eks-pod-identity-common';
import { raceAbort } from '../../async/raceAbort';
import { makerOfRole, toolOfTags } from '../../identity/roleMaker';
import {
  type AnyCheck,
  type CheckContext,
  type CheckInput,
  defineCheck,
} from '../framework/check';
import type { CheckId } from '../framework/checkIds';
import { valueOf } from '../framework/fact';
import type { NodeFact } from '../framework/facts/agent';
import type { PodFact } from '../framework/facts/workloads';

/** Each of them is needed by a check of ours too, so that a run reads nothing for checks of adopters that do not ask. */
const SEEN_BY_ADOPTERS = [
  'association',
  'role',
  'rolePolicies',
  'serviceAccount',
  'pods',
  'nodes',
  'addon',
  'agentPods',
] as const;
type SeenByAdopters = (typeof SEEN_BY_ADOPTERS)[number];
type Read = NonNullable<PodIdentityCheck['reads']>[number];
type Seen = Partial<CheckInput<Read, never>> &
  CheckInput<never, SeenByAdopters>;

const CHECK_ID = /^[a-z-]+\.[a-z0-9.-]+$/;

/**
 * Makes sure that a check of an adopter can be reported.
 *
 * @throws InputError unless its id begins with its category, and is written as ours are
 * @public
 */
export function assertCheckId({ id, category }: PodIdentityCheck): void {
  if (CHECK_ID.test(id) && id.startsWith(`${category}.`)) return;
  throw new InputError(
    `The id of check "${id}" must begin with its category, like ${category}.my-check, in lower-case letters, digits, "-" and "."`,
  );
}

/**
 * Wraps an adopter's check as one of ours. It sees the same live state; an error becomes `unknown`, and it cannot
 * delay a run beyond the run's deadline.
 */
export function adaptCheck(
  check: PodIdentityCheck,
  run: { entityRef?: string; signal: AbortSignal },
): AnyCheck {
  return adapted(check, SEEN_BY_ADOPTERS, run.signal, (facts, context) =>
    factsFor(facts, context, run.entityRef),
  );
}

/** The same, where these are the facts: it sees what it would see in a run. */
export const adaptCheckTo = (
  check: PodIdentityCheck,
  facts: PodIdentityCheckFacts,
  signal: AbortSignal,
): AnyCheck =>
  adapted(check, [], signal, ({ inlinePolicies }) => ({
    ...facts,
    role: facts.role && { ...facts.role, inlinePolicies },
  }));

function adapted<U extends SeenByAdopters>(
  check: PodIdentityCheck,
  uses: readonly U[],
  signal: AbortSignal,
  seenIn: (
    facts: Partial<CheckInput<Read, never>> & CheckInput<never, U>,
    context: CheckContext,
  ) => PodIdentityCheckFacts,
): AnyCheck {
  return {
    ...defineCheck<Read, U>({
      id: check.id as CheckId,
      category: check.category,
      title: check.title,
      question: check.title,
      neededBy: (check.neededBy ?? []) as readonly ProbeLevel[],
      dependsOn: (check.dependsOn ?? []).map(id => ({
        check: id as CheckId,
        onlyWhenFailed: true,
      })),
      needs: check.reads ?? [],
      uses,
      async evaluate(facts, context) {
        return raceAbort(
          Promise.resolve(check.evaluate(seenIn(facts, context), { signal })),
          signal,
        );
      },
    }),
    docsUrl: check.docsUrl,
  };
}

const podFor = ({
  name,
  labels,
  phase,
  nodeName,
  owner,
  containers,
}: PodFact): PodIdentityCheckPod => ({
  name,
  labels,
  phase,
  nodeName,
  owner,
  containers: containers.map(one => ({
    name: one.name,
    kind: one.kind,
    injected: one.injected,
    regions: one.regions ?? [],
  })),
});

const nodeFor = ({
  name,
  ready,
  os,
  labels,
  computeType,
  nodegroup,
}: NodeFact): PodIdentityCheckNode => ({
  name,
  ready,
  os,
  labels,
  computeType,
  nodegroup,
});

function agentFor(facts: Seen): PodIdentityCheckFacts['agent'] {
  const addon = valueOf(facts.addon);
  const pods = valueOf(facts.agentPods);
  if (!addon && !pods) return undefined;
  return {
    addon: addon ? { version: addon.version, status: addon.status } : undefined,
    pods: pods?.map(({ name, nodeName, ready }) => ({ name, nodeName, ready })),
  };
}

function factsFor(
  facts: Seen,
  { ref, cluster }: CheckContext,
  entityRef: string | undefined,
): PodIdentityCheckFacts {
  const association = valueOf(facts.association);
  const role = valueOf(facts.role);
  const policies = valueOf(facts.rolePolicies);
  const account = valueOf(facts.serviceAccount);
  const { id, name, title, region, accountId, partition, arn } = cluster;
  return {
    ref,
    cluster: { id, name, title, region, accountId, partition, arn },
    entityRef,
    association: association
      ? {
          id: association.id,
          arn: association.arn,
          roleArn: association.roleArn,
          targetRoleArn: association.targetRoleArn,
          disableSessionTags: association.disableSessionTags,
          tags: association.tags,
          madeBy: toolOfTags(association.tags),
        }
      : undefined,
    role: role
      ? {
          arn: role.arn,
          name: role.name,
          path: role.path,
          tags: role.tags,
          madeBy: makerOfRole(role),
          maxSessionDurationSeconds: role.maxSessionDurationSeconds,
          permissionsBoundaryArn: role.permissionsBoundaryArn,
          trustPolicy: role.trustPolicy,
          attachedPolicyArns: policies?.attached,
          inlinePolicyNames: policies?.inline,
          inlinePolicies: facts.inlinePolicies,
        }
      : undefined,
    serviceAccount: account
      ? { labels: account.labels, annotations: account.annotations }
      : undefined,
    pods: valueOf(facts.pods)?.map(podFor),
    nodes: valueOf(facts.nodes)?.map(nodeFor),
    agent: agentFor(facts),
  };
}
