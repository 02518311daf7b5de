import {
  isRestartable,
  type MoveStage,
} from 'backstage-plugin-eks-pod-identity-common';
import type { TrustEditVerdict } from '../guardrails';
import type { WebIdentityTrust } from '../identity/webIdentityTrust';
import type { AddonUpdate } from '../inventory/addons';
import type {
  AccessFacts,
  RoadsOfWorkload,
  RoleOfAccount,
  WorkloadOfAccount,
} from '../inventory/facts';
import type { Obstacles } from '../inventory/obstacles';
import type { Account } from '../inventory/roads';
import type { Replacing } from '../kubernetes/replacing';
import { bash, type Command, kubectl } from '../text/bash';
import { inText } from '../verification/framework/render';

/** What is moved, and everything that is known of it. */
export interface Subject {
  account: Account;
  cluster: AccessFacts['cluster'];
  facts: AccessFacts;
  /** The one of its association. */
  role: RoleOfAccount;
  /** ARN of a role of another account, which its pods have by IRSA, and to which that of the association goes on. */
  target?: string;
  /** The one of EKS that has it: its update makes the association. */
  addon?: AddonUpdate;
  /** The move goes without session tags, as its association does where it has one. */
  tagsOff: boolean;
  /** What the trust policy of the role says of IRSA. */
  trust: WebIdentityTrust;
  /** Whether a move may add the statement that the trust policy lacks. */
  edit: TrustEditVerdict;
  obstacles: Obstacles;
  /** It has an association and pods, and all of them hold the variables of Pod Identity, which is no proof. */
  isMoved: boolean;
  /** What keeps pods that have not moved from it, or those that have: nothing of the old road may go. */
  isBlocked: boolean;
  /** How the program reaches the cluster: its options. */
  reach: readonly string[];
  /** ISO 8601: when everything was read. */
  at: string;
}

/** Tag of an association that a move made, and that a way back may delete. */
export const MADE_BY_MOVE = 'backstage.io/moved-from';

export const isMadeByMove = ({ tags }: { tags?: Record<string, string> }) =>
  tags?.[MADE_BY_MOVE] === 'irsa';

/** A service account of the namespace that a move works on. */
export const refOf = ({ account }: Subject, name = account.name) =>
  `${account.namespace}/${name}`;

/** A command of this program, about a service account. */
export const program = (
  { reach }: Subject,
  command: 'gate' | 'verify',
  ref: string,
  options: readonly string[] = [],
): Command => bash`eks-pod-identity ${[command, ref, ...reach, ...options]}`;

/** The role that its pods have by IRSA. */
export const oldRoleOf = ({ role, target }: Subject) => target ?? role.role.arn;

/** The role that AWS has to show the pod to have. */
export const expectRole = (subject: Subject) => [
  '--expect-role',
  subject.account.association?.targetRoleArn ?? oldRoleOf(subject),
];

/** AWS may refuse a new identity for some minutes. */
export const WAIT = ['--wait', '5m'];

/** Commands of which each begins only where the one before ended well. */
export const inTurn = (commands: readonly Command[]): Command =>
  commands.reduce((all, one) => bash`${all} &&\n${one}`);

/** Notes with who may run the command, and its text. */
export function told(
  notes: string[],
  command?: Command,
): Pick<MoveStage, 'notes' | 'commands'> {
  const { actions, snippet } = inText({
    cause: '',
    actions: notes,
    commands: command ? [command] : [],
  });
  return {
    notes: actions,
    ...(snippet ? { commands: snippet.text } : {}),
  };
}

/** A workload with roll-outs, and how its pods are replaced. */
export interface Rolling extends RoadsOfWorkload {
  what: string;
  /** Why a restart does not replace all of its pods; a sentence. */
  heldBack?: string;
  restart: Command;
  status: Command;
}

function heldBackOf(
  what: string,
  name: string,
  how?: Replacing,
): string | undefined {
  if (how?.paused) {
    return `The roll-outs of ${what} are paused: resume them first.`;
  }
  if (how?.strategy === 'OnDelete') {
    return `${what} replaces a pod only when it is deleted (update strategy OnDelete): delete its pods one after the other.`;
  }
  return how?.partition
    ? `By its partition a restart of ${what} replaces only the pods from ${name}-${how.partition} on.`
    : undefined;
}

function workloadsOf({
  account: { pods, template },
}: Subject): WorkloadOfAccount[] {
  // A template knows how its workload replaces its pods.
  const all = new Map([...pods.workloads, ...template.workloads]);
  return [...all.keys()].sort().map(key => all.get(key)!);
}

const NO_PODS: RoadsOfWorkload = { pods: 0, irsa: 0, podIdentity: 0 };

const roadsOfPods = (
  { account }: Subject,
  { kind, name }: { kind: string; name: string },
) => account.pods.roads.get(`${kind} ${name}`) ?? NO_PODS;

/** In the order of their names. */
export function rollingOf(subject: Subject): Rolling[] {
  const { namespace } = subject.account;
  return workloadsOf(subject)
    .filter(isRestartable)
    .map(({ kind, name, replacing }) => {
      const object = { kind, name, namespace };
      const what = `${kind} ${name}`;
      const heldBack = heldBackOf(what, name, replacing);
      return {
        what,
        ...roadsOfPods(subject, object),
        ...(heldBack ? { heldBack } : {}),
        restart: kubectl('rollout restart', object)``,
        status: kubectl('rollout status', object)`--timeout 20m`,
      };
    });
}

/** What no restart reaches: what starts its pods by itself, what is not known here, and pods without a workload. */
export const othersOf = (
  subject: Subject,
): (RoadsOfWorkload & { what: string })[] =>
  workloadsOf(subject)
    .filter(one => !isRestartable(one))
    .map(one => ({
      what: `${one.kind} ${one.name}`,
      ...roadsOfPods(subject, one),
    }));
