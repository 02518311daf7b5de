import { createHash } from 'node:crypto';
import type { MoveStage } from 'backstage-plugin-eks-pod-identity-common';
import type { Role } from '../aws/role';
import {
  parsePolicyDocument,
  type PolicyDocument,
  type PolicyStatement,
} from '../iam/policyDocument';
import { makerOfTags } from '../identity/makers';
import { makerOfRole } from '../identity/roleMaker';
import { analyseTrustPolicy } from '../identity/trustAnalysis';
import {
  deadPrincipals,
  withoutDeadPrincipals,
} from '../identity/trustPrincipals';
import {
  lackOfRoom,
  type PodIdentityTrust,
  podIdentityTrust,
} from '../inventory/trust';
import { bash, type Command } from '../text/bash';
import { capitalised } from '../text/capitalised';
import { minuteOf } from '../text/minuteOf';
import { putTrustCommand } from '../verification/role/commands';
import { madeBy } from '../verification/role/owner';
import { notesOfPolicy } from '../verification/role/trustFixes';
import { type Subject, told } from './subject';

export const TAG = 'aws:RequestTag/';
export const ACCOUNT_TAG = `${TAG}kubernetes-service-account`;

/** The service account of ours that tries the new road first; a name has at most 253 characters, so that of a longer one is cut. */
export function rehearsalName(name: string): string {
  if (name.length <= 230) return `${name}-move-rehearsal`;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 12);
  // No part of a name between dots may begin with a dash
  return `${name.slice(0, 217)}x${hash}-move-rehearsal`;
}

/** Whether a trust policy lets a service account of the namespace in by Pod Identity. */
export function admits(
  { account, cluster, tagsOff }: Subject,
  serviceAccount: string,
  trustPolicy: unknown,
): boolean {
  const { verdict } = analyseTrustPolicy(trustPolicy, {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    namespace: account.namespace,
    serviceAccount,
    sessionTags: !tagsOff,
  });
  return verdict === 'allows';
}

type Compared = Record<string, Record<string, unknown>>;

export const conditionsOf = ({ Condition }: PolicyStatement) =>
  (Condition ?? {}) as Compared;

/** A statement that names a service account, with these in its place. */
export function naming<S extends Record<string, unknown>>(
  statement: S,
  names: string | string[],
): S {
  const { StringEquals, ...rest } = (statement.Condition ?? {}) as Compared;
  if (!StringEquals?.[ACCOUNT_TAG]) return statement;
  const Condition = {
    ...rest,
    StringEquals: { ...StringEquals, [ACCOUNT_TAG]: names },
  };
  return { ...statement, Condition };
}

/** With the rehearsal's name beside that of the service account, where the policy has room for it. */
function withRehearsal(
  statement: Record<string, unknown>,
  { account: { name }, role }: Subject,
): Record<string, unknown> {
  const wider = naming(statement, [name, rehearsalName(name)]);
  return lackOfRoom(wider, role.role.trustPolicy) ? statement : wider;
}

/** What the trust policy of the role says of Pod Identity; a statement that it lacks lets the rehearsal in, too. */
export function trustOfPodIdentity(subject: Subject): PodIdentityTrust {
  const { account, facts, role, tagsOff } = subject;
  const found = podIdentityTrust(account, facts, {
    ...role,
    mayAssume: tagsOff,
  });
  return found.answer === 'lacks' && !account.association
    ? { ...found, statement: withRehearsal(found.statement, subject) }
    : found;
}

/** The trust policy of the role, with the statement that it lacks. */
export function trustThen(
  { role }: Subject,
  trust: PodIdentityTrust,
): PolicyDocument {
  const document = parsePolicyDocument(role.role.trustPolicy);
  const added =
    trust.answer === 'lacks' ? [trust.statement as PolicyStatement] : [];
  return { ...document, Statement: [...document.Statement, ...added] };
}

/** What becomes of a command beside the source of the role, and that the command stores the whole policy. */
function aboutEdit({ tags, ...role }: Role, at: string): string[] {
  const maker = makerOfTags(tags);
  const { tool, by } = makerOfRole({ ...role, tags }) ?? {};
  return [
    `Changing the role is for its owner. The command stores its whole trust policy, with the other statements as they were at ${minuteOf(
      at,
    )}: look first that they are still the same.`,
    ...(maker ? madeBy(maker, 'role').undone : []),
    ...(!maker && tool
      ? [
          by === 'name'
            ? `The name of the role looks as if ${tool} had made it: then change it there too, or its next run undoes the command.`
            : `${tool} made the role: change it there too, or its next run undoes the command.`,
        ]
      : []),
  ];
}

/** Stores the statements, after a proof where that is given; those of principals that were deleted IAM does not take back. */
export function storing(
  { at, cluster, role: { role } }: Subject,
  Statement: readonly PolicyStatement[],
  first: string[],
  proof?: Command,
): Pick<MoveStage, 'notes' | 'commands'> {
  const document: PolicyDocument = {
    ...parsePolicyDocument(role.trustPolicy),
    Statement: Statement.map(withoutDeadPrincipals).filter(
      (one): one is PolicyStatement => one !== undefined,
    ),
  };
  const dead = Statement.flatMap(deadPrincipals);
  const put = putTrustCommand(role, document, cluster);
  return told(
    [...first, ...aboutEdit(role, at), ...notesOfPolicy(document, dead)],
    proof ? bash`${proof} && {\n${put}\n}` : put,
  );
}

/** The role lets Pod Identity in beside IRSA. */
export function trustStage(
  subject: Subject,
  trust: PodIdentityTrust,
): MoveStage {
  const { role } = subject.role;
  const stage = {
    id: 'trust',
    title: `Let Pod Identity use role ${role.name} beside IRSA`,
  } as const;
  if (trust.answer === 'yes') {
    return {
      ...stage,
      state: 'done',
      notes: ['Its trust policy lets the service account in by Pod Identity.'],
    };
  }
  if (trust.answer !== 'lacks') {
    return {
      ...stage,
      state: 'to-do',
      notes: [
        trust.answer === 'denied'
          ? 'Its trust policy keeps Pod Identity out, and a further statement would not change it. What may go is for the owner of the role to say.'
          : 'Whether its trust policy lets Pod Identity in cannot be judged.',
        ...trust.reasons,
      ],
    };
  }
  const { name } = subject.account;
  const isWide = JSON.stringify(trust.statement).includes(rehearsalName(name));
  return {
    ...stage,
    state: 'to-do',
    ...storing(subject, trustThen(subject, trust).Statement, [
      ...(subject.edit.allowed
        ? [
            `${capitalised(
              subject.edit.by,
            )} adds such a statement itself when it rehearses or moves, and takes it out when it rolls back: guardrails.roles.editTrust names the role (${
              subject.edit.pattern
            }), and its owner tagged it. The command is for a move by hand.`,
          ]
        : subject.edit.reasons),
      'It adds one statement; pods go on by IRSA.',
      ...(isWide
        ? [
            `The statement lets ${rehearsalName(
              name,
            )} in as well, the service account of the rehearsal. The last edit of the role takes that out.`,
          ]
        : []),
      ...(subject.tagsOff
        ? [
            'The move goes without session tags, as IRSA has none: the role may assume other roles, or its association is so. Without them no statement can tell this service account from another of the account.',
          ]
        : []),
    ]),
    until:
      'The statement stands in IAM, and in the source of the role where a tool keeps it.',
  };
}
