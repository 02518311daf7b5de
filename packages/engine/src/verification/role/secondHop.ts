import { accountOfArn, nameOfArn } from '../../aws/arn';
import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import {
  parsePolicyDocument,
  type PolicyDocument,
} from '../../iam/policyDocument';
import {
  allowsRoleChaining,
  type ChainingDeny,
} from '../../identity/roleChaining';
import { targetAssumePolicy, targetTrustPolicy } from '../../identity/snippets';
import type { TrustFinding } from '../../identity/trustAnalysis';
import { trustContext } from '../../identity/trustContext';
import { apart } from '../../text/bash';
import {
  type CheckContext,
  fail,
  type Outcome,
  pass,
  unknown,
} from '../framework/check';
import type { Fact } from '../framework/fact';
import type { Fix, Snippet } from '../framework/fix';
import type { PodFact } from '../framework/facts/workloads';
import type { TargetRoleFact } from '../framework/facts/role';
import { judgeHop, secondHop } from './trustQuestions';
import { freeName, putInlineCommand } from './commands';
import { associationOwner, roleOwner } from './owner';
import { againstDenies, labelsOf } from './narrowDeny';
import { judgePods } from './podsByName';
import { trustPolicyFix } from './trustFixes';

/** What is known of the second hop. */
export interface SecondHop {
  association: Association;
  /** The first role, if it could be read. */
  role: Role | undefined;
  target: TargetRoleFact;
  /** Names of the first role's inline policies. */
  inline: readonly string[];
  /** The pods of the service account. */
  pods: Fact<PodFact[]>;
}

/** Whether the first role's own policies let it assume the target. */
interface Permission {
  answer: 'yes' | 'no' | 'unknown';
  why: string[];
  denies: ChainingDeny[];
  /** Name of the permissions boundary that is in the way. */
  boundary?: string;
  /** Why the permissions boundary might be in the way. */
  perhapsLimited?: string[];
}

/** The document, unless it is none that can be judged. */
function parsed(document: unknown): PolicyDocument | undefined {
  try {
    return parsePolicyDocument(document);
  } catch {
    return undefined;
  }
}

/** What the permissions boundary of the first role says; what it lets through is not granted by it. */
function withinBoundary(
  { association, target }: SecondHop,
  context: CheckContext,
): Permission | undefined {
  const { boundary } = target;
  if (!boundary) return undefined;
  const { name } = boundary;
  const document = parsed(boundary.document);
  if (!document) {
    const why = [`its permissions boundary ${name} could not be read`];
    return { answer: 'unknown', why, denies: [] };
  }
  const question = secondHop(context, association);
  const { answer, denies, reasons, lacks } = allowsRoleChaining(
    [{ name, document }],
    target.arn,
    action => trustContext(question, action),
  );
  if (answer === 'yes') return undefined;
  const why = lacks.length
    ? [
        `its permissions boundary ${name} does not allow ${lacks.join(
          ' and ',
        )} on it`,
      ]
    : reasons;
  const inTheWay = answer === 'no' ? { boundary: name } : {};
  return { answer, why, denies, ...inTheWay };
}

function permission(hop: SecondHop, context: CheckContext): Permission {
  const limit = withinBoundary(hop, context);
  if (limit?.answer === 'no') return limit;
  const granted = grant(hop, context);
  if (!limit) return granted;
  return granted.answer === 'yes'
    ? limit
    : { ...granted, perhapsLimited: limit.why };
}

function grant(
  { association, target }: SecondHop,
  context: CheckContext,
): Permission {
  if (!target.documents.known) {
    const { sentence } = target.documents.lack;
    return { answer: 'unknown', why: [sentence], denies: [] };
  }
  const all = target.documents.value.map(one => ({
    ...one,
    document: parsed(one.document),
  }));
  const documents = all.flatMap(({ document, ...one }) =>
    document ? [{ ...one, document }] : [],
  );
  const question = secondHop(context, association);
  const { answer, denies, reasons, lacks } = allowsRoleChaining(
    documents,
    target.arn,
    action => trustContext(question, action),
  );
  const why = [
    ...reasons,
    ...(lacks.length
      ? [
          `no policy of the role that could be read allows ${lacks.join(
            ' and ',
          )}`,
        ]
      : []),
  ];
  const unseen = [
    ...target.unread.map(arn => `the managed policy ${arn}`),
    ...all.flatMap(({ name, document }) =>
      document ? [] : `the policy ${name}`,
    ),
  ];
  if (answer !== 'no' || denies.length || !unseen.length) {
    return { answer, why, denies };
  }
  return {
    answer: 'unknown',
    why: [...why, `${unseen.join(' and ')} could not be read`],
    denies,
  };
}

function permissionFix(
  { association, role, target, inline }: SecondHop,
  { why, denies, boundary }: Permission,
  context: CheckContext,
): Fix {
  const name = nameOfArn(association.roleArn);
  const owner = `the owner of the role ${name} (account ${accountOfArn(
    association.roleArn,
  )})`;
  const isOurs = role && roleOwner(role, context).portal;
  if (denies.length) {
    return {
      cause: 'A Deny in the policies of the role forbids the second hop.',
      ...(isOurs
        ? againstDenies(role, denies, context)
        : {
            actions: [
              `Ask ${owner} to narrow ${labelsOf(
                denies,
              )}; no Allow outranks a Deny.`,
            ],
          }),
    };
  }
  if (boundary) {
    return {
      cause: `The permissions boundary ${boundary} of the role ${name} does not let it go on to ${target.arn}; a policy of the role alone does not help.`,
      actions: [
        `Let the owner of the permissions boundary ${boundary} add this statement to it.`,
      ],
      snippet: {
        language: 'json',
        text: JSON.stringify(targetAssumePolicy(target.arn).Statement, null, 2),
      },
    };
  }
  const again =
    isOurs && associationOwner(association, context).portal
      ? { rerun: 'as-before' as const }
      : {};
  return {
    ...again,
    cause: `The role needs sts:AssumeRole and sts:TagSession on ${
      target.arn
    }: ${why.join('; ')}.`,
    actions: [
      `Run the command below as ${owner}: it adds an inline policy and leaves the others alone.`,
      ...(role ? roleOwner(role, context).undone : []),
    ],
    commands: [
      putInlineCommand(
        role ?? { name, arn: association.roleArn },
        {
          name: freeName(`Assume-${nameOfArn(target.arn)}`, inline),
          document: targetAssumePolicy(target.arn),
        },
        context.cluster,
      ),
    ],
  };
}

/** Both policies, for owners whose roles the portal cannot read. */
function bothPolicies(
  { association, target }: SecondHop,
  context: CheckContext,
): Snippet {
  const { sessionTags, clusterArn, namespace, serviceAccount } = secondHop(
    context,
    association,
  );
  const trust = targetTrustPolicy(
    { clusterArn, namespace, serviceAccount },
    {
      roleArn: association.roleArn,
      sessionTags,
      externalId: target.externalId,
    },
  );
  return {
    language: 'json',
    text: [
      `// Permissions of ${association.roleArn}`,
      JSON.stringify(targetAssumePolicy(target.arn), null, 2),
      '',
      `// Trust policy of ${target.arn}`,
      trust,
    ].join('\n'),
  };
}

/** Both halves in one fix, where both are wrong. */
function together(fixes: readonly Fix[]): Fix {
  return {
    cause: fixes.map(({ cause }) => cause).join(' '),
    actions: fixes.flatMap(({ actions }) => actions),
    // Associating again fixes no trust policy of a role that it does not make
    ...(fixes.every(({ rerun }) => rerun) ? { rerun: 'as-before' } : {}),
    commands: apart(fixes.flatMap(({ commands = [] }) => commands)),
  };
}

function unread(hop: SecondHop, why: string, context: CheckContext): Outcome {
  return unknown(['The second hop cannot be checked.', why], {
    fix: {
      cause: 'The target role cannot be read.',
      actions: [
        'Verify with a pod: what it obtains is the proof.',
        'Let the owners of both roles compare them with these two policies.',
      ],
      snippet: bothPolicies(hop, context),
    },
    onceProven: `The target role cannot be read; the pod obtained the identity, so the hop to ${hop.target.arn} works.`,
  });
}

/** Within one account a trust policy that names the role needs no permission of the role, only that no Deny forbids it. */
function isEnough({ association, target }: SecondHop, may: Permission) {
  return (
    may.answer === 'no' &&
    !may.denies.length &&
    !may.boundary &&
    accountOfArn(association.roleArn) === accountOfArn(target.arn)
  );
}

function judgeTarget(
  hop: SecondHop,
  role: Role,
  may: Permission,
  context: CheckContext,
): Outcome {
  const question = secondHop(context, hop.association);
  const target = { role, question };
  const trust: TrustFinding = judgeHop(target);
  const reasons = trust.reasons.join('; ');
  if (trust.verdict === 'denies') {
    return fail(
      `The target role ${role.name} does not trust ${hop.association.roleArn}: ${reasons}.`,
      {
        observed: reasons,
        fix: together([
          trustPolicyFix(target, trust, hop.association, context),
          ...(may.answer === 'no' ? [permissionFix(hop, may, context)] : []),
        ]),
      },
    );
  }
  const byName =
    trust.verdict === 'allows' && trust.byName && isEnough(hop, may);
  if (byName && !may.perhapsLimited) {
    return pass(
      `The target role ${role.name} trusts ${hop.association.roleArn} by name, which is enough within one account.`,
    );
  }
  if (may.answer === 'no' && !byName) return notPermitted(hop, may, context);
  if (trust.dependsOnPod) {
    const { namespace, serviceAccount } = context.ref;
    const who = `${namespace}/${serviceAccount}`;
    return judgePods({ hop: target, finding: trust, pods: hop.pods, who });
  }
  if (trust.verdict === 'allows' && may.answer === 'yes') {
    return pass(`The role may assume ${role.name}, and that role trusts it.`);
  }
  const open = [
    ...(byName ? [] : may.why),
    ...(may.perhapsLimited ?? []),
    ...trust.reasons,
  ].join('; ');
  return unknown(
    `Whether the hop to ${hop.target.arn} works cannot be told from here: ${open}.`,
    {
      onceProven: `Only AWS can evaluate part of the hop to ${hop.target.arn} (${open}); the pod obtained the identity, so it works.`,
      fix: {
        cause: 'Part of the second hop is decided at run time only.',
        actions: ['Verify with a pod: what it obtains is the proof.'],
        snippet: bothPolicies(hop, context),
      },
    },
  );
}

function notPermitted(
  hop: SecondHop,
  may: Permission,
  context: CheckContext,
): Outcome {
  return fail(
    `The role ${nameOfArn(hop.association.roleArn)} is not allowed to assume ${
      hop.target.arn
    }: ${may.why.join('; ')}.`,
    { observed: may.why.join('; '), fix: permissionFix(hop, may, context) },
  );
}

/** Whether the first role can go on to its target role, with the fix where it surely cannot. */
export function secondHopOutcome(
  hop: SecondHop,
  context: CheckContext,
): Outcome {
  const { target } = hop;
  const may = permission(hop, context);
  let outcome: Outcome;
  if (!target.role.known) {
    outcome =
      may.answer === 'no'
        ? notPermitted(hop, may, context)
        : unread(hop, target.role.lack.sentence, context);
  } else if (!target.role.value) {
    outcome = fail(`The target role ${target.arn} does not exist.`, {
      fix: {
        cause: 'The association names a target role that does not exist.',
        actions: [
          'Create the target role with this trust policy, or remove it from the association.',
        ],
        snippet: bothPolicies(hop, context),
      },
    });
  } else {
    outcome = judgeTarget(hop, target.role.value, may, context);
  }
  return { ...outcome, resource: { kind: 'role', name: target.arn } };
}
