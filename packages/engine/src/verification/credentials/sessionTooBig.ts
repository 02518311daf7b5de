import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import { type CheckContext, fail, type Outcome } from '../framework/check';
import type { Fix } from '../framework/fix';
import {
  firstHop,
  type Hop,
  judgeHop,
  secondHop,
} from '../role/trustQuestions';
import { changeAssociationCommand } from '../role/commands';
import { associationOwner } from '../role/owner';

/** What a session that AWS finds too large is made of. */
export interface BigSession {
  /** The words of EKS Auth. */
  text: string;
  status?: number;
  /** Undefined where it could not be read. */
  association: Association | undefined;
  role: Role | undefined;
  /** Undefined where there is none, or it could not be read. */
  target: Role | undefined;
}

/** The roles whose trust policy lets the pod in by its session tags only; the first one also where no association was read. */
function needTags(
  { association, role, target }: BigSession,
  context: CheckContext,
): Role[] {
  const tagless = { disableSessionTags: true };
  const hops: Hop[] = [
    ...(role ? [{ role, question: firstHop(context, tagless) }] : []),
    ...(target && association
      ? [
          {
            role: target,
            question: secondHop(context, { ...association, ...tagless }),
          },
        ]
      : []),
  ];
  return hops
    .filter(hop => judgeHop(hop).verdict === 'denies')
    .map(hop => hop.role);
}

function fixOf(session: BigSession, context: CheckContext): Fix {
  const { association } = session;
  const owner = association && associationOwner(association, context);
  const where = owner?.where ?? 'Associate again';
  if (association?.disableSessionTags) {
    return {
      cause: association.policy
        ? `Session tags are off already. The session policy of the association has ${association.policy.length} characters, and AWS packs it into the session.`
        : 'Session tags are off already, so what fills the session is the session policy.',
      actions: [
        `${where}, with a shorter session policy: wildcards instead of lists, or the limits in a policy of the role.`,
      ],
    };
  }
  const cause =
    'The six session tags and the policies of this identity exceed the space of a session; long names of cluster, namespace and pods add to it.';
  const needing = needTags(session, context);
  if (needing.length) {
    return {
      cause: `${cause} The tags cannot simply be turned off: the trust policy of ${needing
        .map(({ name }) => name)
        .join(' and ')} lets this service account in by them.`,
      actions: [
        'Give the workload shorter names, where that is possible: those of the namespace, the service account and the pod count.',
        'Or give this service account a role of its own, take the conditions on aws:RequestTag out of its trust policy, and turn session tags off. Any association in the account that names this role can use it then.',
      ],
    };
  }
  const command =
    association &&
    changeAssociationCommand(
      association,
      { disableSessionTags: true },
      context.cluster,
    );
  return {
    cause,
    actions: [
      `${where}, with session tags off.`,
      'Conditions on aws:PrincipalTag in policies of the role do not match without the tags.',
      ...(command ? owner?.undone ?? [] : []),
    ],
    commands: command ? [command] : [],
  };
}

/** Result of a check for a session that EKS Auth could not make, because it is too large. */
export function explainSessionTooBig(
  session: BigSession,
  context: CheckContext,
): Outcome {
  const { text, status } = session;
  return fail(`The session is too large for AWS: ${text}`, {
    expected: 'credentials from the agent',
    observed: status ? `status ${status}: ${text}` : text,
    fix: fixOf(session, context),
  });
}
