import {
  isRestartable,
  type MoveStage,
} from 'backstage-plugin-eks-pod-identity-common';
import type { WebIdentityTrust } from '../identity/webIdentityTrust';
import type {
  AccessFacts,
  RoleOfAccount,
  WorkloadOfAccount,
} from '../inventory/facts';
import type { Account } from '../inventory/roads';
import { takesEffect } from '../kubernetes/replacing';
import { bash, type Command, kubectl } from '../text/bash';
import { inText } from '../verification/framework/render';

/** What is moved, and everything that is known of it. */
export interface Subject {
  account: Account;
  cluster: AccessFacts['cluster'];
  facts: AccessFacts;
  role: RoleOfAccount;
  /** What the trust policy of the role says of IRSA. */
  trust: WebIdentityTrust;
}

/** A service account of the namespace that a move works on. */
export const refOf = ({ account }: Subject, name = account.name) =>
  `${account.namespace}/${name}`;

/** A command of this program, about a service account. */
export const program = (
  { cluster }: Subject,
  command: 'gate' | 'verify',
  ref: string,
  options: readonly string[],
): Command =>
  bash`eks-pod-identity ${command} ${ref} --cluster ${cluster.name} --region ${cluster.region} ${options}`;

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
export interface Rolling {
  what: string;
  /** Why a restart does not replace all of its pods; a sentence. */
  heldBack?: string;
  restart: Command;
  status: Command;
}

const workloadsOf = ({ account }: Subject): WorkloadOfAccount[] =>
  // The template knows how the workload replaces its pods.
  [
    ...new Map([
      ...account.pods.workloads,
      ...account.template.workloads,
    ]).entries(),
  ]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, workload]) => workload);

/** In the order of their names. */
export function rollingOf(subject: Subject): Rolling[] {
  const { namespace } = subject.account;
  return workloadsOf(subject)
    .filter(isRestartable)
    .map(({ kind, name, replacing }) => {
      const object = { kind, name, namespace };
      const heldBack = takesEffect(object, replacing);
      return {
        what: `${kind} ${name}`,
        ...(heldBack ? { heldBack } : {}),
        restart: kubectl('rollout restart', object)``,
        status: kubectl('rollout status', object)`--timeout 20m`,
      };
    });
}

/** What starts its pods by itself, and pods without a workload: no restart reaches them. */
export const waitedForOf = (subject: Subject): string[] =>
  workloadsOf(subject)
    .filter(one => !isRestartable(one))
    .map(({ kind, name }) => `${kind} ${name}`);
