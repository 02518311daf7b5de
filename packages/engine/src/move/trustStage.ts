import type { MoveStage } from 'backstage-plugin-eks-pod-identity-common';
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
  principals,
  SUBJECT,
  type WebIdentityQuestion,
} from '../identity/webIdentityStatement';
import { readWebIdentityTrust } from '../identity/webIdentityTrust';
import { lackOfRoom, podIdentityTrust, questionOf } from '../inventory/trust';
import { minuteOf } from '../text/minuteOf';
import { putTrustCommand } from '../verification/role/commands';
import { madeBy } from '../verification/role/owner';
import { notesOfPolicy } from '../verification/role/trustFixes';
import { type Subject, told } from './subject';

const ACCOUNT_TAG = 'aws:RequestTag/kubernetes-service-account';

/** The service account of ours that tries the new road first; a name has at most 253 characters. */
export const rehearsalName = (name: string) =>
  name.length > 243 ? 'rehearsal' : `${name}-rehearsal`;

/** Whether the role lets a service account of the namespace in by Pod Identity. */
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

/** With the rehearsal's name beside that of the service account, where the policy has room for it. */
function withRehearsal(
  statement: Record<string, unknown>,
  { account, role }: Subject,
): Record<string, unknown> {
  const { StringEquals, ...rest } = (statement.Condition ?? {}) as Record<
    string,
    Record<string, unknown>
  >;
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

/** The statement by which the role would let it in by Pod Identity; undefined where one does already. */
export function statementFor(
  subject: Subject,
): Record<string, unknown> | undefined {
  const { account, facts, role } = subject;
  const found = podIdentityTrust(account, facts, role);
  return found.answer === 'lacks'
    ? withRehearsal(found.statement, subject)
    : undefined;
}

/** The trust policy of the role with a statement added. */
export function withAdded(
  { role }: Subject,
  statement: Record<string, unknown> | undefined,
): PolicyDocument {
  const document = parsePolicyDocument(role.role.trustPolicy);
  const added = statement ? [statement as PolicyStatement] : [];
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
  subject: Subject,
  Statement: readonly PolicyStatement[],
  at: string,
  first: string[],
): Pick<MoveStage, 'notes' | 'commands'> {
  const { role } = subject.role;
  const document: PolicyDocument = {
    ...parsePolicyDocument(role.trustPolicy),
    Statement: Statement.map(withoutDeadPrincipals).filter(
      (one): one is PolicyStatement => one !== undefined,
    ),
  };
  const dead = Statement.flatMap(deadPrincipals);
  return told(
    [...first, ...aboutEdit(role, at), ...notesOfPolicy(document, dead)],
    putTrustCommand(role, document, subject.cluster),
  );
}

/** The role lets Pod Identity in beside IRSA. */
export function trustStage(
  subject: Subject,
  statement: Record<string, unknown> | undefined,
  at: string,
): MoveStage {
  const { role } = subject.role;
  const stage = {
    id: 'trust',
    title: `Let Pod Identity use role ${role.name} beside IRSA`,
  } as const;
  if (!statement) {
    return {
      ...stage,
      state: 'done',
      notes: ['Its trust policy lets the service account in by Pod Identity.'],
    };
  }
  return {
    ...stage,
    state: 'to-do',
    ...storing(subject, withAdded(subject, statement).Statement, at, [
      'It adds one statement; pods go on by IRSA.',
      ...(subject.role.mayAssume
        ? [
            'The role may assume other roles, so that the move goes without session tags, as IRSA has none. Without them no statement can tell this service account from another of the account.',
          ]
        : []),
    ]),
    until:
      'The statement stands in IAM, and still does two minutes later: tools that keep a role write its whole policy.',
  };
}

/** The trust policy without the subject of the service account; undefined where that takes more than its name. */
function withoutSubject(
  statements: readonly PolicyStatement[],
  question: WebIdentityQuestion,
): PolicyStatement[] | undefined {
  const key = `${issuerOf(question.providerArn)}:sub`.toLowerCase();
  const subject = `${SUBJECT}${question.namespace}:${question.serviceAccount}`;
  const left: PolicyStatement[] = [];
  for (const statement of statements) {
    const isPlain =
      statement.Effect === 'Allow' &&
      asList(statement.Action).includes(ACTION) &&
      principals(statement, 'Federated').join() === question.providerArn;
    const conditions = Object.entries(
      (statement.Condition ?? {}) as Record<string, Record<string, unknown>>,
    );
    const naming = conditions.flatMap(([operator, keys]) =>
      Object.keys(keys)
        .filter(
          one =>
            one.toLowerCase() === key && asList(keys[one]).includes(subject),
        )
        .map(one => ({ operator, name: one, values: asList(keys[one]) })),
    );
    const [found, ...more] = naming;
    if (!isPlain || !found) {
      left.push(statement);
      continue;
    }
    if (more.length) return undefined;
    const values = found.values.filter(value => value !== subject);
    if (values.length === 0) continue;
    const Condition = Object.fromEntries(
      conditions.map(([operator, keys]) => [
        operator,
        operator === found.operator ? { ...keys, [found.name]: values } : keys,
      ]),
    );
    left.push({ ...statement, Condition });
  }
  return left;
}

/** The statement of the first stage with the service account alone: the rehearsal is over. */
function withoutRehearsal(
  statement: PolicyStatement,
  name: string,
): PolicyStatement {
  const { StringEquals, ...rest } = (statement.Condition ?? {}) as Record<
    string,
    Record<string, unknown>
  >;
  const named = asList(StringEquals?.[ACCOUNT_TAG]);
  return named.join() === [name, rehearsalName(name)].join()
    ? {
        ...statement,
        Condition: {
          ...rest,
          StringEquals: { ...StringEquals, [ACCOUNT_TAG]: name },
        },
      }
    : statement;
}

/** The role no longer lets the service account in by IRSA. */
export function oldTrustStage(
  subject: Subject,
  { isMoved, at }: { isMoved: boolean; at: string },
): MoveStage {
  const { account, facts, role, trust } = subject;
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
  const waiting = [
    'Until then the way back is open. Wait seven days at least, and through a run of every CronJob, in which no call by IRSA of it is seen.',
  ];
  if (trust.pattern !== undefined) {
    return {
      ...stage,
      state: 'left-out',
      notes: [
        'Its statement lets others in by the same pattern, and takes no name out.',
      ],
    };
  }
  if (!isMoved) return { ...stage, state: 'to-do', notes: waiting };
  const question = questionOf(account, facts, role.role.arn);
  const left =
    question &&
    withoutSubject(
      parsePolicyDocument(role.role.trustPolicy).Statement,
      question,
    );
  const Statement = left?.map(one => withoutRehearsal(one, account.name));
  const document = { Version: '2012-10-17', Statement };
  const isOut =
    question &&
    Statement?.length &&
    readWebIdentityTrust(document, question).answer === 'no' &&
    admits(subject, account.name, document);
  if (!isOut) {
    return {
      ...stage,
      state: 'to-do',
      notes: [
        ...waiting,
        'Its statement is written so that the owner of the role has to take the name out by hand.',
      ],
    };
  }
  return {
    ...stage,
    state: 'to-do',
    ...storing(subject, Statement, at, waiting),
    until: 'Its pods go on, and no call by IRSA of it is refused.',
  };
}
