import {
  type AccessRoad,
  isRoleArn,
} from 'backstage-plugin-eks-pod-identity-common';
import { accountOfArn, partitionOfArn } from '../aws/arn';
import { programOf, type Sdk } from '../evidence/sdks';
import { hasWildcard } from '../guardrails/patterns';
import { valueOf } from '../verification/framework/fact';
import { SDK_RULES } from '../verification/workloads/sdks';
import type {
  AccessFacts,
  AnnotatedAccount,
  AskedFor,
  AssociationOfAccount,
  PodsOfAccount,
  SpecsOfAccount,
  UseOfAccount,
  WorkloadOfAccount,
} from './facts';
import { addWorkload, keysOf, noPods, noSpecs, type SETS } from './specs';

/** What is known of one service account. */
export interface Account {
  namespace: string;
  name: string;
  annotated?: AnnotatedAccount;
  association?: AssociationOfAccount;
  pods: PodsOfAccount;
  template: SpecsOfAccount;
  /** Pods that hold the variables of IRSA from the webhook, and the ARNs of their roles. */
  irsa: { pods: number; roles: Set<string> };
  use?: UseOfAccount;
}

const CANNOT_NAME =
  'holds "*", "?" or "$", so that a policy with it would mean more than one role';

/** The account of the role of its annotation, where that is another one than the cluster's, or of another partition. */
export function otherAccountOf(
  { annotated }: Account,
  { cluster }: Pick<AccessFacts, 'cluster'>,
): string | undefined {
  const { roleArn = '' } = annotated ?? {};
  if (!isRoleArn(roleArn)) return undefined;
  const of = accountOfArn(roleArn);
  return of === cluster.accountId &&
    partitionOfArn(roleArn) === cluster.partition
    ? undefined
    : of;
}

/** Why that role is no target role: who writes the annotation decides what would stand in policies. A sentence. */
export function lackOfTarget(
  { annotated, association }: Account,
  { cluster }: Pick<AccessFacts, 'cluster'>,
): string | undefined {
  const { roleArn = '' } = annotated ?? {};
  const partition = partitionOfArn(roleArn);
  if (partition !== cluster.partition) {
    return `Its role is of partition ${partition}: no role of partition ${cluster.partition}, where the cluster is, can assume it.`;
  }
  if (hasWildcard(roleArn)) {
    return `The ARN of its role, ${roleArn}, ${CANNOT_NAME}: there is no plan with it.`;
  }
  return hasWildcard(association?.roleArn ?? '')
    ? `The ARN of the role of its association, ${association?.roleArn}, ${CANNOT_NAME}: there is no plan with it.`
    : undefined;
}

/** When it asked for a role by IRSA. */
export const askedFor = ({ use }: Account, roleArn: string): AskedFor =>
  use?.roles.get(roleArn) ?? {};

/** The last thing that AWS said to it of a role was no. */
export const isRefused = ({ obtainedAt = '', refusedAt }: AskedFor) =>
  refusedAt !== undefined && refusedAt > obtainedAt;

/** Of both, pods and templates. */
export const both = (
  { pods, template }: Account,
  what: (typeof SETS)[number],
) => [...new Set([...template[what], ...pods[what]])];

/** Pods may hold by their template what looks as if the webhook had set it. */
function irsaOf(pods: PodsOfAccount, template: SpecsOfAccount) {
  const held = [...pods.onIrsa.values()].filter(
    one => !keysOf(one).some(key => template.workloads.get(key)?.byHand),
  );
  return {
    pods: held.reduce((sum, one) => sum + one.pods, 0),
    roles: new Set(held.flatMap(one => [...one.roles])),
  };
}

/** The service account of one key, with everything about it. */
export function accountOf(key: string, facts: AccessFacts): Account {
  const [namespace, name] = key.split('/');
  const pods = valueOf(facts.pods)?.of.get(key) ?? noPods();
  const template = valueOf(facts.templates)?.of.get(key) ?? noSpecs();
  return {
    namespace,
    name,
    annotated: valueOf(facts.annotated)?.get(key),
    association: valueOf(facts.associations)?.get(key),
    pods,
    template,
    irsa: irsaOf(pods, template),
    use: valueOf(facts.use)?.of.get(key),
  };
}

/** Every container of it carries keys, so that nothing goes by another road. */
export const onKeysAlone = (account: Account) =>
  both(account, 'keys').length > 0 &&
  account.pods.keyless + account.template.keyless === 0;

/** What runs under it, or would: by its templates, and pods whose own template was not seen. */
export function workloadsOf({
  pods,
  template,
}: Account): Map<string, WorkloadOfAccount> {
  const all = { workloads: new Map(template.workloads) };
  for (const one of pods.workloads.values()) {
    const [, cron] = keysOf(one);
    if (!cron || !template.workloads.has(cron)) addWorkload(all, one);
  }
  return all.workloads;
}

/** Of the programs that were seen to ask, which use something before Pod Identity, and which do not. */
export interface Order {
  before: string[];
  after: string[];
}

/** Programs whose SDKs use variables of IRSA in the template before Pod Identity; one that is not known counts as most. */
const FIRST: readonly Sdk[] = SDK_RULES.irsa.affects;

/**
 * Of variables of IRSA in the template, beside an association. Of keys the programs that were seen tell nothing: one that
 * uses keys never asks by IRSA.
 */
export function orderOf({ use }: Account): Order {
  const order: Order = { before: [], after: [] };
  for (const { name = 'an unknown program' } of use?.programs ?? []) {
    const sdk = programOf(name)?.sdk;
    const to = !sdk || FIRST.includes(sdk) ? order.before : order.after;
    if (!to.includes(name)) to.push(name);
  }
  return order;
}

/** No program that was seen uses the variables, because Pod Identity comes first in the order of its SDK. */
export const isBehind = ({ association }: Account, order: Order) =>
  association !== undefined &&
  order.before.length === 0 &&
  order.after.length > 0;

/**
 * The ways by which the pods get to AWS; the one that wins stands first: most SDKs take keys and hand-made variables before what the
 * webhook adds, which of an association and an annotation adds that of the association.
 */
export function roadsOf(account: Account): AccessRoad[] {
  const byHand = both(account, 'byHand').length > 0;
  const isLate = isBehind(account, orderOf(account));
  const holds: [AccessRoad, boolean][] = [
    ['static-keys', both(account, 'keys').length > 0],
    ['irsa-by-hand', byHand && !isLate],
    ['pod-identity', account.association !== undefined],
    ['irsa', account.annotated !== undefined || account.irsa.pods > 0],
    ['irsa-by-hand', byHand && isLate],
    ['kube2iam', both(account, 'kube2iam').length > 0],
    ['secret', both(account, 'keySecrets').length > 0],
  ];
  return holds.filter(([, is]) => is).map(([road]) => road);
}

/** Every service account that has, or whose pods have, a way to AWS; in the order of their names. */
export function accountsWithAccess(facts: AccessFacts): Account[] {
  const keys = new Set([
    ...(valueOf(facts.annotated)?.keys() ?? []),
    ...(valueOf(facts.associations)?.keys() ?? []),
    ...(valueOf(facts.pods)?.of.keys() ?? []),
    ...(valueOf(facts.templates)?.of.keys() ?? []),
  ]);
  return [...keys]
    .sort()
    .map(key => accountOf(key, facts))
    .filter(account => roadsOf(account).length > 0);
}
