import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import { listed } from '../../text/listed';
import { type Outcome, warn } from '../framework/check';
import type { Fact } from '../framework/fact';
import type { PodFact } from '../framework/facts/workloads';
import { restartOf } from '../admission/restart';

const SECOND = 1_000;
const HOUR = 3_600_000;

/** The inline policy that the console writes for "Revoke active sessions". */
export const REVOKES = 'AWSRevokeOlderSessions';

/** Whose credentials pods hold. */
export interface Acting {
  /** The target role, if there is one. */
  role?: Role;
  /** When its sessions were revoked. */
  revokedAt?: number;
}

/** A change after which pods may go on with what they got before it. */
interface Change {
  at: number | undefined;
  /** What the pods are, and what follows, as parts of a sentence. */
  older: string;
  then: string;
  cause: string;
}

/** What could not be read, so that its last change cannot be compared: `the association and the role`. */
export const unreadOf = (facts: {
  association: Fact<unknown>;
  role: Fact<unknown>;
}): string =>
  listed(
    (['association', 'role'] as const)
      .filter(name => !facts[name].known)
      .map(name => `the ${name}`),
  );

/** The worst first: what older pods hold is refused, is for another role, or may be. */
function changesOf(
  association: Association,
  { role, revokedAt }: Acting = {},
): Change[] {
  const { createdAt, modifiedAt } = association;
  const known = createdAt !== undefined && modifiedAt !== undefined;
  const recreated =
    known &&
    role?.createdAt !== undefined &&
    role.createdAt > Math.max(createdAt, modifiedAt);
  return [
    {
      at: revokedAt,
      older: `started before the sessions of the role ${role?.name} were revoked`,
      then: 'AWS denies their calls until the agent renews them, at most',
      cause: `The policy ${REVOKES} of the role denies what was obtained before it, and the agent keeps credentials until it has to renew them.`,
    },
    {
      at: recreated ? role.createdAt : undefined,
      older: `are older than the role ${role?.name}, which was deleted and recreated`,
      then: 'AWS refuses what they hold of the deleted one for up to',
      cause:
        'Credentials belong to the unique id of a role, not to its name, and the agent keeps them until it has to renew them.',
    },
    {
      at: createdAt,
      older:
        'are older than the association, so they got the identity from a former one',
      then: 'they may use its role for up to',
      cause:
        'The association was deleted and recreated, and the agent keeps credentials until it has to renew them.',
    },
    {
      at: known && modifiedAt > createdAt ? modifiedAt : undefined,
      older: 'are older than the last change of the association',
      then: 'they may use the former role or settings for up to',
      cause:
        'The role, target role or session settings of the association were changed, and the agent keeps credentials until it has to renew them.',
    },
  ];
}

/** The agent renews after at most six hours, 59 minutes with a target role. */
const renewedAfter = ({ targetRoleArn }: Association) =>
  targetRoleArn ? HOUR : 6 * HOUR;

/** Kubernetes writes whole seconds, and cuts off the rest. */
const isOlder = (pod: PodFact, at: number) =>
  pod.createdAt !== undefined && pod.createdAt + SECOND <= at;

/** True for a pod whose credentials may be those of before the last change of the association. */
export function predatesChange(
  pod: PodFact,
  association: Association | undefined,
  now: number,
): boolean {
  return (
    association !== undefined &&
    changesOf(association).some(
      ({ at }) =>
        at !== undefined &&
        now - at < renewedAfter(association) &&
        isOlder(pod, at),
    )
  );
}

/** Pods that got the identity before something changed, as long as the agent may keep what it gave them. */
export function formerCredentials(
  pods: readonly PodFact[],
  association: Association | undefined,
  acting: Acting,
  context: { now: number; namespace: string; lackIt?: string },
): Outcome | undefined {
  if (!association) return undefined;
  const renewed = renewedAfter(association);
  for (const { at, older, then, cause } of changesOf(association, acting)) {
    if (at === undefined || context.now - at >= renewed) continue;
    const affected = pods.filter(pod => isOlder(pod, at));
    if (affected.length === 0) continue;
    return warn(
      `${affected.length} of ${pods.length} running pods ${older}: ${then} ${
        association.targetRoleArn ? 'an hour' : 'six hours'
      }.`,
      {
        ...restartOf(
          cause,
          'Restart the workloads: new pods get new credentials.',
          { ...context, pods: affected },
        ),
        lacking: [
          {
            how: context.lackIt ? 'identity' : 'restart',
            pods: affected.map(({ name }) => name),
          },
        ],
      },
    );
  }
  return undefined;
}
