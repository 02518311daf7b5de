import type { MoveStage } from 'backstage-plugin-eks-pod-identity-common';
import { accountOfArn, nameOfArn } from '../aws/arn';
import type { Role } from '../aws/role';
import { sameStatement } from '../iam/policyCompare';
import {
  parsePolicyDocument,
  type PolicyDocument,
} from '../iam/policyDocument';
import { hopRoleName, type IdentityTarget } from '../identity/names';
import { targetAssumePolicy } from '../identity/snippets';
import { targetTrustStatements } from '../identity/trust';
import { IRSA_AUDIENCE, SUBJECT } from '../identity/webIdentityStatement';
import type { WebIdentityTrust } from '../identity/webIdentityTrust';
import type { AccessFacts, RoleOfAccount } from '../inventory/facts';
import { type Account, lackOfTarget, otherAccountOf } from '../inventory/roads';
import { aws, type Command, instructions, kubectl } from '../text/bash';
import { putInlineCommand } from '../verification/role/commands';
import {
  expectRole,
  inTurn,
  program,
  refOf,
  type Subject,
  told,
  WAIT,
} from './subject';
import {
  naming,
  rehearsalName,
  trustOfPodIdentity,
  trustThen,
} from './trustStage';

/** Of a trust policy in another account nothing is read. */
export const UNREAD: WebIdentityTrust = {
  answer: 'unknown',
  reasons: [],
  shapes: [],
  isMeant: false,
  conditions: [],
  sharers: [],
};

/** ARN of the role of another account that pods have by IRSA, where an association goes on to that one or to none yet. */
export function targetOf(
  account: Account,
  facts: AccessFacts,
): string | undefined {
  const { annotated, association } = account;
  if (!annotated || !otherAccountOf(account, facts)) return undefined;
  if (lackOfTarget(account, facts)) return undefined;
  const { roleArn } = annotated;
  return !association || association.targetRoleArn === roleArn
    ? roleArn
    : undefined;
}

const identityOf = (
  { namespace, name }: Account,
  { cluster }: Pick<AccessFacts, 'cluster'>,
): IdentityTarget => ({
  clusterArn: cluster.arn,
  namespace,
  serviceAccount: name,
});

/** The role of the cluster's account, as it is made where there is none: without a statement. */
export function newRole(
  account: Account,
  facts: AccessFacts,
  target: string,
): RoleOfAccount {
  const { accountId, name: cluster, partition } = facts.cluster;
  const name = hopRoleName(cluster, identityOf(account, facts), target);
  const role: Role = {
    arn: `arn:${partition}:iam::${accountId}:role/${name}`,
    name,
    path: '/',
    roleId: '',
    description: '',
    tags: {},
    trustPolicy: { Version: '2012-10-17', Statement: [] },
  };
  return { role, mayAssume: false };
}

const policyName = (target: string) => `Assume-${nameOfArn(target)}`;

/** The trust policy with which the role is made. */
function trustOfNew(subject: Subject, target: string): PolicyDocument {
  const { account, facts } = subject;
  const made = { ...subject, role: newRole(account, facts, target) };
  return trustThen(made, trustOfPodIdentity(made));
}

const isThere = ({ facts, role: { role } }: Subject) =>
  facts.roles.known && facts.roles.value.has(role.arn);

/**
 * Why no plan goes on with the role of its name: it has another trust policy than a plan writes. Who made it may have let
 * others in, and the owner of the old role would let them in, too.
 */
export function nameTaken(
  subject: Subject,
  target: string,
): string | undefined {
  const { association } = subject.account;
  if (association || !isThere(subject)) return undefined;
  const { name, trustPolicy } = subject.role.role;
  const found = parsePolicyDocument(trustPolicy).Statement;
  const planned = trustOfNew(subject, target).Statement;
  const isAsPlanned =
    found.length === planned.length &&
    found.every((one, index) => sameStatement(one, planned[index]));
  return isAsPlanned
    ? undefined
    : `A role ${name} is there, which is the name that the move needs, and its trust policy is not the one of the move: it may let others in. Look whose it is. There is a plan once it is gone.`;
}

/** The role of the plan is there, as its stage makes it. */
export const isAsPlanned = (subject: Subject, target: string) =>
  isThere(subject) &&
  subject.role.mayAssume &&
  nameTaken(subject, target) === undefined;

/** A role of the cluster's account takes the place of the old one before Pod Identity. */
export function hopRoleStage(subject: Subject, target: string): MoveStage {
  const { account, cluster, role } = subject;
  const { name } = role.role;
  const stage = {
    id: 'role',
    title: `Make role ${name}, which goes on to role ${nameOfArn(target)}`,
  } as const;
  if (account.association) {
    return { ...stage, state: 'done', notes: ['The association has it.'] };
  }
  const isMade = isThere(subject);
  if (isAsPlanned(subject, target)) {
    return {
      ...stage,
      state: 'done',
      notes: [
        'It is there, with the trust policy of this plan and a policy that lets it assume a role: look that you made it.',
      ],
    };
  }
  const permit = putInlineCommand(
    role.role,
    { name: policyName(target), document: targetAssumePolicy(target) },
    cluster,
  );
  const description = `Pods of ${refOf(subject)} in cluster ${
    cluster.name
  } go on to role ${nameOfArn(target)}`;
  const trust = JSON.stringify(trustOfNew(subject, target), null, 2);
  const make = aws`iam create-role --role-name ${name} --region ${cluster.region} --description ${description} --assume-role-policy-document ${trust}`;
  const proof = proveIrsa(subject, target);
  return {
    ...stage,
    state: 'to-do',
    ...told(
      [
        'The first command proves that its role lets it in by IRSA today. Where it fails, go no further.',
        `It may assume role ${nameOfArn(target)} and nothing else.`,
        isMade
          ? 'It is there without the policy for that.'
          : 'Where IAM says that a role of this name exists (EntityAlreadyExists), nothing was changed: look whose it is.',
        'The move goes without session tags, as IRSA has none: the old role may assume others, which would have to allow sts:TagSession. Without them the trust policy of this role cannot tell the service account from another of the account: limit iam:PassRole on it to those who may use the old role.',
      ],
      inTurn(isMade ? [proof, permit] : [proof, make, permit]),
    ),
    until: 'The plan shows it as done.',
  };
}

/** What the owner of the old role writes, in the order of the account's own and that of the rehearsal. */
function statementsFor(
  { account, cluster, facts, role, tagsOff }: Subject,
  names: readonly string[],
): Record<string, unknown>[] {
  const { association, namespace } = account;
  const { accountId, name: clusterName, region } = cluster;
  const ids = names.map(
    name =>
      (name === account.name && association?.externalId) ||
      [region, accountId, clusterName, namespace, name].join('/'),
  );
  const oneOrAll = (all: readonly string[]) =>
    all.length === 1 ? all[0] : [...all];
  return targetTrustStatements(identityOf(account, facts), {
    roleArn: role.role.arn,
    sessionTags: !tagsOff,
    externalId: oneOrAll(ids),
  }).map(one => naming(one, oneOrAll(names)));
}

/** What the owner of the old role opens beside the service account: a pod that has the new role itself names any external id. */
const letIn = ({ cluster, role, tagsOff }: Subject) =>
  tagsOff
    ? [
        `They let in more than this service account: everyone who is allowed to pass role ${role.role.name} (iam:PassRole) in account ${cluster.accountId} can give it to other pods, and those can name any external id.`,
      ]
    : [];

/** The owner of the old role lets the new one in. */
export function hopTrustStage(subject: Subject, target: string): MoveStage {
  const { account, role, tagsOff } = subject;
  const { name } = account;
  const stage = {
    id: 'trust',
    title: `Have the owner of role ${nameOfArn(target)} let role ${
      role.role.name
    } in beside IRSA`,
  } as const;
  const unread = `Account ${accountOfArn(
    target,
  )} has its trust policy, which is not read here`;
  if (account.association) {
    return {
      ...stage,
      state: 'left-out',
      notes: [
        `The move is past it. ${unread}: the gate shows whether the statements stand.`,
      ],
      statements: statementsFor(subject, [name]),
    };
  }
  return {
    ...stage,
    state: 'to-do',
    notes: [
      `Send the statements to the owner, who adds them to those of the trust policy of ${target} and leaves the others. Where a tool keeps the role, the owner adds them in the source of that tool. Pods go on by IRSA.`,
      `${unread}, so that the plan cannot show this as done: the rehearsal does.`,
      `They let ${rehearsalName(
        name,
      )} in as well, the service account of the rehearsal. The last edit of the role takes that out.`,
      ...(tagsOff
        ? [
            'AWS sets the external id of an association without session tags by itself: region, account, cluster, namespace and service account.',
          ]
        : []),
      ...letIn(subject),
      'A condition that the owner has for IRSA alone, such as on an address, does not hold for these statements: whether they are enough is for the owner to say.',
    ],
    statements: statementsFor(subject, [name, rehearsalName(name)]),
    until: 'The owner says that the statements stand.',
  };
}

/** The owner of the old role ends IRSA. */
export function hopEndStage(subject: Subject, target: string): MoveStage {
  const { account, cluster, isMoved, isBlocked, obstacles } = subject;
  const stage = {
    id: 'old-trust',
    title: `Have the owner of role ${nameOfArn(
      target,
    )} take IRSA out for this service account`,
    state: 'to-do',
  } as const;
  const waiting = `This ends the way back. CloudTrail of account ${accountOfArn(
    target,
  )} has the calls by IRSA: its owner waits 7 days at least, and through a run of every CronJob, without one of ${refOf(
    subject,
  )}. External Secrets and the Secrets Store CSI driver may ask by IRSA, too.`;
  if (!isMoved) return { ...stage, notes: [waiting] };
  if (isBlocked) {
    return {
      ...stage,
      notes: [...obstacles.blocked, 'While that is so, nothing may go.'],
    };
  }
  return {
    ...stage,
    ...told(
      [
        'First look that its pods obtain the role. Then the owner takes the subject below out of the statements for IRSA, leaves the other subjects there, and puts these statements in the place of those of the second stage: they no longer name the rehearsal.',
        `The subject is ${SUBJECT}${account.namespace}:${
          account.name
        } of the provider ${cluster.issuer ?? 'of the cluster'}.`,
        waiting,
      ],
      program(subject, 'verify', refOf(subject), [
        ...WAIT,
        ...expectRole(subject),
      ]),
    ),
    statements: statementsFor(subject, [account.name]),
    until: 'The owner says that it is done, and its pods go on.',
  };
}

/** Proves that the owner of the old role still lets the service account in by IRSA; it prints no key. */
export function proveIrsa(
  { account, cluster }: Subject,
  target: string,
): Command {
  const { annotated, namespace, name } = account;
  const audience = annotated?.audience ?? IRSA_AUDIENCE;
  const token = kubectl('create token', {
    name,
    namespace,
  })`--audience ${audience} --duration 10m`;
  return aws`sts assume-role-with-web-identity --region ${cluster.region} --role-arn ${target} --role-session-name move-back --query AssumedRoleUser.Arn --output text --web-identity-token "$(${token})"`;
}

/** Why the proof may fail although nothing is wrong. */
export const ABOUT_PROOF =
  'The proof runs on your machine. Where the trust policy of the role has a condition on the network or on the session name, it can fail although pods obtain the role: then run it where such pods run, with a session name such as theirs.';

/** What is left once the way back is over: the role of a plan, which nothing else has. */
export function leftBehind(
  { account, cluster, facts, role }: Subject,
  target: string,
): string[] {
  const { name } = role.role;
  if (name !== newRole(account, facts, target).role.name) return [];
  return [
    instructions(
      `Once it is over, and the owner of role ${nameOfArn(
        target,
      )} has taken the statements for role ${name} out, that role may go.`,
      [
        aws`iam delete-role-policy --role-name ${name} --policy-name ${policyName(
          target,
        )} --region ${cluster.region}`,
        aws`iam delete-role --role-name ${name} --region ${cluster.region}`,
      ],
    ),
  ];
}
