import { accountOfArn } from '../../aws/arn';
import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import {
  parsePolicyDocument,
  type PolicyDocument,
} from '../../iam/policyDocument';
import { TRUST_POLICY_LENGTH } from '../../identity/trust';
import type { TrustFinding } from '../../identity/trustAnalysis';
import {
  neededTrust,
  onlyDenies,
  type TrustEdit,
  trustEdit,
} from '../../identity/trustEdit';
import { apart } from '../../text/bash';
import type { CheckContext } from '../framework/check';
import type { Fix } from '../framework/fix';
import { type Hop, judgeHop } from './trustQuestions';
import { changeAssociationCommand, putTrustCommand } from './commands';
import { associationOwner, foreignDeny, type Owner, roleOwner } from './owner';

/** What the policy says is what the check says. */
const DECIDES =
  'AWS checks this policy whenever a pod asks for credentials, and refuses what it does not allow.';

const WHEN_IT_COUNTS =
  'Running pods follow at their next renewal, new ones at once.';

const NOT_ENOUGH =
  'That alone is not enough: the trust policy has to allow more as well. Verify again after the change to see what.';

const sentence = (parts: readonly string[]) => `${parts.join('; ')}.`;

/** `role api (account 111122223333)` */
function nameOf(role: Role): string {
  return `role ${role.name} (account ${accountOfArn(role.arn)})`;
}

/** The policy without what denies; undefined where nothing would be left of it. */
function withoutDenies(
  { trustPolicy }: Role,
  denies: TrustFinding['deciding'],
): PolicyDocument | undefined {
  const document = parsePolicyDocument(trustPolicy);
  const Statement = document.Statement.filter(
    (_, at) => !denies.some(({ index }) => index === at),
  );
  return Statement.length > 0 ? { ...document, Statement } : undefined;
}

function ofDeny(
  role: Role,
  { deciding, missing }: TrustFinding,
  context: CheckContext,
): Fix {
  const after = missing.some(one => one !== 'no-deny')
    ? NOT_ENOUGH
    : WHEN_IT_COUNTS;
  // An Allow may decide, too, by what it lacks for the other action.
  const denies = deciding.filter(({ effect }) => effect === 'Deny');
  const names = denies.map(({ name }) => name).join(' and ');
  if (roleOwner(role, context).portal) {
    const where = `${names} in the trust policy of the ${nameOf(role)}`;
    const document = withoutDenies(role, denies);
    return {
      cause: DECIDES,
      actions: [
        foreignDeny(where, context),
        ...(document
          ? ['The command below removes it and keeps the other statements.']
          : []),
        after,
      ],
      commands: document && [putTrustCommand(role, document, context.cluster)],
    };
  }
  return {
    cause: DECIDES,
    actions: [
      `Ask the owner of the ${nameOf(
        role,
      )} to narrow ${names} in its trust policy; no Allow outranks a Deny.`,
      after,
    ],
  };
}

/** What else there is to know of a trust policy that a command stores: what it leaves out, and that it is too long. */
export function notesOfPolicy(
  document: PolicyDocument,
  removed: readonly string[],
): string[] {
  const { length } = JSON.stringify(document);
  return [
    ...(removed.length
      ? [
          `It leaves out ${removed.join(
            ', ',
          )}: these users or roles were deleted, and IAM does not store their ids again.`,
        ]
      : []),
    ...(length > TRUST_POLICY_LENGTH
      ? [
          `The new policy has ${length} characters, and the default quota is ${TRUST_POLICY_LENGTH}: raise "Role trust policy length" first, or remove statements that no identity needs.`,
        ]
      : []),
  ];
}

function ofDocument(
  role: Role,
  { replaced, removed, obstacles }: TrustEdit,
  document: PolicyDocument,
  owner: Owner,
): Fix['actions'] {
  const how = replaced.length
    ? `replaces statement "${replaced.join('" and "')}"`
    : 'adds what is missing';
  return [
    `Run the command below as the owner of the ${nameOf(role)}${
      owner.maker && owner.undone.length === 0
        ? `, which belongs to ${owner.name}`
        : ''
    }: it ${how} in the trust policy and keeps the other statements.`,
    ...owner.undone,
    ...notesOfPolicy(document, removed),
    ...(obstacles.length
      ? [`Only AWS can tell whether that is enough: ${sentence(obstacles)}`]
      : []),
    WHEN_IT_COUNTS,
  ];
}

/** The edit of the policy for the request as it is. */
function ofEdit(
  { role, question }: Hop,
  finding: TrustFinding,
  context: CheckContext,
): Fix {
  const edit = trustEdit(role.trustPolicy, finding, question);
  if (!edit.document) {
    return {
      cause: DECIDES,
      actions: [
        ...edit.obstacles.map(one => `No statement is shown here. ${one}.`),
        roleOwner(role, context).portal
          ? 'An administrator has to decide.'
          : `Let the owner of the ${nameOf(role)} decide.`,
      ],
    };
  }
  const owner = roleOwner(role, context);
  return {
    cause: DECIDES,
    actions: ofDocument(role, edit, edit.document, owner),
    ...(owner.portal ? { rerun: 'as-before' as const } : {}),
    commands: [putTrustCommand(role, edit.document, context.cluster)],
  };
}

/** Session tags on again, because without them the role would have to be opened to other service accounts too. */
function ofTags(
  hop: Hop,
  association: Association,
  context: CheckContext,
): Fix {
  const cause =
    'A session without tags matches no condition on aws:RequestTag.';
  const { opens } = neededTrust(hop.question);
  const closed = `No statement is shown for a session without tags. ${opens}.`;
  if (association.policy) {
    return {
      cause,
      actions: [
        'The association has a session policy, and EKS takes one only while session tags are off: remove the session policy and turn the tags on again, or give this service account a role of its own whose trust policy has no condition on aws:RequestTag.',
        closed,
      ],
    };
  }
  const tagged = { ...hop, question: { ...hop.question, sessionTags: true } };
  const then = judgeHop(tagged);
  const edit =
    then.verdict === 'denies' ? ofEdit(tagged, then, context) : undefined;
  const owner = associationOwner(association, context);
  const command = changeAssociationCommand(
    association,
    { disableSessionTags: false },
    context.cluster,
  );
  const ofCli = command?.needs.some(right => 'aws' in right)
    ? '; it needs an AWS CLI of July 2025 or later'
    : '';
  return {
    cause,
    actions: [
      command
        ? `Turn the session tags of the association on again with the first command below${ofCli}.`
        : `Let the owner of the add-on ${association.ownerArn} turn the session tags of the association on again.`,
      ...owner.undone,
      ...(edit?.actions ?? [WHEN_IT_COUNTS]),
      closed,
    ],
    commands: apart([command ?? [], edit?.commands ?? []].flat()),
  };
}

/** What to do about a trust policy that keeps the ref out; it never opens the role to others. */
export function trustPolicyFix(
  hop: Hop,
  finding: TrustFinding,
  association: Association | undefined,
  context: CheckContext,
): Fix {
  if (finding.missing.includes('no-deny') || onlyDenies(finding)) {
    return ofDeny(hop.role, finding, context);
  }
  return association && neededTrust(hop.question).opens
    ? ofTags(hop, association, context)
    : ofEdit(hop, finding, context);
}
