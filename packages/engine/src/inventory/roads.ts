import type { AccessRoad } from 'backstage-plugin-eks-pod-identity-common';
import { valueOf } from '../verification/framework/fact';
import type {
  AccessFacts,
  AnnotatedAccount,
  AskedFor,
  AssociationOfAccount,
  PodsOfAccount,
  SpecsOfAccount,
  UseOfAccount,
} from './facts';
import { keysOf, noPods, noSpecs } from './specs';

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

/** When it asked for a role by IRSA. */
export const askedFor = ({ use }: Account, roleArn: string): AskedFor =>
  use?.roles.get(roleArn) ?? {};

/** The last thing that AWS said to it of a role was no. */
export const isRefused = ({ obtainedAt = '', refusedAt }: AskedFor) =>
  refusedAt !== undefined && refusedAt > obtainedAt;

/** Of both, pods and templates. */
export const both = (
  { pods, template }: Account,
  what: 'byHand' | 'keys' | 'kube2iam' | 'pinned',
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

/**
 * The ways by which the pods get to AWS; the one that wins stands first: SDKs take keys and hand-made variables before what the webhook
 * adds, which of an association and an annotation adds that of the association.
 */
export function roadsOf(account: Account): AccessRoad[] {
  const holds: [AccessRoad, boolean][] = [
    ['static-keys', both(account, 'keys').length > 0],
    ['irsa-by-hand', both(account, 'byHand').length > 0],
    ['pod-identity', account.association !== undefined],
    ['irsa', account.annotated !== undefined || account.irsa.pods > 0],
    ['kube2iam', both(account, 'kube2iam').length > 0],
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
