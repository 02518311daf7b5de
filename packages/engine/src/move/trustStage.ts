import type {
  AccessSharer,
  MoveStage,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Role } from '../aws/role';
import {
  asList,
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
  ACTION,
  issuerOf,
  SUBJECT,
  type WebIdentityQuestion,
} from '../identity/webIdentityStatement';
import { readWebIdentityTrust } from '../identity/webIdentityTrust';
import { askedFor } from '../inventory/roads';
import {
  lackOfRoom,
  type PodIdentityTrust,
  podIdentityTrust,
  questionOf,
} from '../inventory/trust';
import { minuteOf } from '../text/minuteOf';
import { putTrustCommand } from '../verification/role/commands';
import { madeBy } from '../verification/role/owner';
import { notesOfPolicy } from '../verification/role/trustFixes';
import { type Subject, told } from './subject';

const TAG = 'aws:RequestTag/';
const ACCOUNT_TAG = `${TAG}kubernetes-service-account`;
/** Days without a call by IRSA after which the old road may end. */
const SILENT_DAYS = 7;
const DAY_MS = 86_400_000;

/** The service account of ours that tries the new road first; a name has at most 253 characters. */
export const rehearsalName = (name: string) =>
  name.length > 230 ? 'move-rehearsal' : `${name}-move-rehearsal`;

/** Whether a trust policy lets a service account of the namespace in by Pod Identity. */
export function admits(
  { account, cluster, role }: Subject,
  serviceAccount: string,
  trustPolicy: unknown,
): boolean {
  const { verdict } = analyseTrustPolicy(trustPolicy, {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    namespace: account.namespace,
    serviceAccount,
    sessionTags: !role.mayAssume,
  });
  return verdict === 'allows';
}

type Compared = Record<string, Record<string, unknown>>;

const conditionsOf = ({ Condition }: PolicyStatement) =>
  (Condition ?? {}) as Compared;

/** With the rehearsal's name beside that of the service account, where the policy has room for it. */
function withRehearsal(
  statement: Record<string, unknown>,
  { account, role }: Subject,
): Record<string, unknown> {
  const { StringEquals, ...rest } = (statement.Condition ?? {}) as Compared;
  if (!StringEquals?.[ACCOUNT_TAG]) return statement;
  const wider = {
    ...statement,
    Condition: {
      ...rest,
      StringEquals: {
        ...StringEquals,
        [ACCOUNT_TAG]: [account.name, rehearsalName(account.name)],
      },
    },
  };
  return lackOfRoom(wider, role.role.trustPolicy) ? statement : wider;
}

/** What the trust policy of the role says of Pod Identity; a statement that it lacks lets the rehearsal in, too. */
export function trustOfPodIdentity(subject: Subject): PodIdentityTrust {
  const { account, facts, role } = subject;
  const found = podIdentityTrust(account, facts, role);
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

/** Stores the statements; those of principals that were deleted IAM does not take back. */
function storing(
  { at, cluster, role: { role } }: Subject,
  Statement: readonly PolicyStatement[],
  first: string[],
): Pick<MoveStage, 'notes' | 'commands'> {
  const document: PolicyDocument = {
    ...parsePolicyDocument(role.trustPolicy),
    Statement: Statement.map(withoutDeadPrincipals).filter(
      (one): one is PolicyStatement => one !== undefined,
    ),
  };
  const dead = Statement.flatMap(deadPrincipals);
  return told(
    [...first, ...aboutEdit(role, at), ...notesOfPolicy(document, dead)],
    putTrustCommand(role, document, cluster),
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
      'It adds one statement; pods go on by IRSA.',
      ...(isWide
        ? [
            `The statement lets ${rehearsalName(
              name,
            )} in as well, the service account of the rehearsal. The last edit of the role takes that out.`,
          ]
        : []),
      ...(subject.role.mayAssume
        ? [
            'The move goes without session tags, as IRSA has none: the role may assume other roles, or its association is so. Without them no statement can tell this service account from another of the account.',
          ]
        : []),
    ]),
    until:
      'The statement stands in IAM, and in the source of the role where a tool keeps it.',
  };
}

/** Operators by which a statement names whom it admits. */
const NAMING = /^(ForAnyValue:)?String(Equals|Like)(IfExists)?$/;

/** The trust policy without the subject of the service account; undefined where that takes more than its name. */
function withoutSubject(
  statements: readonly PolicyStatement[],
  question: WebIdentityQuestion,
): PolicyStatement[] | undefined {
  const key = `${issuerOf(question.providerArn)}:sub`.toLowerCase();
  const subject = `${SUBJECT}${question.namespace}:${question.serviceAccount}`;
  const left: PolicyStatement[] = [];
  for (const statement of statements) {
    const conditions = Object.entries(conditionsOf(statement));
    const found = conditions.flatMap(([operator, keys]) =>
      Object.keys(keys)
        .filter(
          one =>
            one.toLowerCase() === key && asList(keys[one]).includes(subject),
        )
        .map(name => ({ operator, name, values: asList(keys[name]) })),
    );
    if (found.length === 0) {
      left.push(statement);
      continue;
    }
    const [{ operator, name, values }, ...more] = found;
    const { Federated, ...others } =
      typeof statement.Principal === 'object' && statement.Principal !== null
        ? (statement.Principal as Record<string, unknown>)
        : {};
    const isPlain =
      more.length === 0 &&
      NAMING.test(operator) &&
      statement.Effect === 'Allow' &&
      asList(statement.Action).includes(ACTION) &&
      Object.keys(others).length === 0 &&
      asList(Federated).join() === question.providerArn;
    if (!isPlain) return undefined;
    const kept = values.filter(value => value !== subject);
    if (kept.length === 0) continue;
    const Condition = Object.fromEntries(
      conditions.map(([one, keys]) => [
        one,
        one === operator ? { ...keys, [name]: kept } : keys,
      ]),
    );
    left.push({ ...statement, Condition });
  }
  return left;
}

/** The statement of the first stage with the service account alone: the rehearsal is over. */
function withoutRehearsal(
  statement: PolicyStatement,
  { account, cluster }: Subject,
): PolicyStatement {
  const { StringEquals = {}, ...rest } = conditionsOf(statement);
  const { name, namespace } = account;
  const isOurs =
    statement.Effect === 'Allow' &&
    StringEquals[`${TAG}eks-cluster-arn`] === cluster.arn &&
    StringEquals[`${TAG}kubernetes-namespace`] === namespace &&
    asList(StringEquals[ACCOUNT_TAG]).join() ===
      [name, rehearsalName(name)].join();
  return isOurs
    ? {
        ...statement,
        Condition: {
          ...rest,
          StringEquals: { ...StringEquals, [ACCOUNT_TAG]: name },
        },
      }
    : statement;
}

const namesOf = (sharers: readonly AccessSharer[]) =>
  sharers
    .map(({ kind, name, issuer = '' }) => `${kind} ${name} ${issuer}`)
    .sort()
    .join('\n');

/** The statements without this service account; undefined where somebody else would lose or gain by that. */
function statementsThen(subject: Subject): PolicyStatement[] | undefined {
  const { account, facts, role, trust } = subject;
  const question = questionOf(account, facts, role.role.arn);
  if (!question) return undefined;
  const { Statement, ...rest } = parsePolicyDocument(role.role.trustPolicy);
  const left = withoutSubject(Statement, question)?.map(one =>
    withoutRehearsal(one, subject),
  );
  if (!left?.length) return undefined;
  const document = { ...rest, Statement: left };
  const then = readWebIdentityTrust(document, question);
  return then.answer === 'no' &&
    namesOf(then.sharers) === namesOf(trust.sharers) &&
    admits(subject, account.name, document)
    ? left
    : undefined;
}

/** Why the old road may not end yet, as far as CloudTrail tells; and what to know where it may. */
function silence({ account, at, facts, role }: Subject): {
  isSilent: boolean;
  notes: string[];
} {
  if (!facts.use.known) {
    return {
      isSilent: false,
      notes: [
        `Whether it still asks by IRSA was not seen: ${facts.use.lack.sentence}`,
      ],
    };
  }
  const { obtainedAt = '', refusedAt = '' } = askedFor(account, role.role.arn);
  const calls = (account.use?.programs ?? []).map(({ lastAt }) => lastAt);
  const last = [obtainedAt, refusedAt, ...calls].sort().at(-1);
  const oldest = Date.parse(at) - SILENT_DAYS * DAY_MS;
  if (last && Date.parse(last) > oldest) {
    return {
      isSilent: false,
      notes: [`Its last call by IRSA was seen at ${minuteOf(last)}.`],
    };
  }
  const { since } = facts.use.value;
  return {
    isSilent: true,
    notes:
      Date.parse(since) > oldest
        ? [
            `No call by IRSA of it was seen since ${minuteOf(
              since,
            )}, and no further back was looked: make sure of the days before.`,
          ]
        : [`No call by IRSA of it was seen since ${minuteOf(since)}.`],
  };
}

/** The role no longer lets the service account in by IRSA. */
export function oldTrustStage(subject: Subject): MoveStage {
  const { isMoved, role, trust } = subject;
  const stage = {
    id: 'old-trust',
    title: `Take IRSA out of role ${role.role.name} for this service account`,
  } as const;
  if (trust.answer === 'no') {
    return {
      ...stage,
      state: 'done',
      notes: ['Its trust policy lets the service account in by IRSA no more.'],
    };
  }
  if (trust.pattern !== undefined) {
    return {
      ...stage,
      state: 'left-out',
      notes: [
        'Its statement lets others in by the same rule and names no service account to take out. So it stays, and the annotation may stay, too.',
      ],
    };
  }
  const waiting = [
    `This ends the way back. Wait ${SILENT_DAYS} days at least, and through a run of every CronJob, without a call by IRSA of it.`,
    'External Secrets and the Secrets Store CSI driver may ask by IRSA for this service account, too: such a call is one of it.',
  ];
  if (!isMoved) return { ...stage, state: 'to-do', notes: waiting };
  const { isSilent, notes } = silence(subject);
  if (!isSilent) {
    return { ...stage, state: 'to-do', notes: [...waiting, ...notes] };
  }
  const left = statementsThen(subject);
  return {
    ...stage,
    state: 'to-do',
    ...(left
      ? storing(subject, left, [...waiting, ...notes])
      : {
          notes: [
            ...waiting,
            ...notes,
            'Its statement is written so that the owner of the role has to take the name out by hand: it may let others in, too.',
          ],
        }),
    until: 'Its pods go on, and no call by IRSA of it is refused.',
  };
}
