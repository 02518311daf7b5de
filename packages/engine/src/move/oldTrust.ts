import type {
  AccessSharer,
  MoveStage,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  asList,
  parsePolicyDocument,
  type PolicyStatement,
} from '../iam/policyDocument';
import {
  ACTION,
  issuerOf,
  SUBJECT,
  type WebIdentityQuestion,
} from '../identity/webIdentityStatement';
import { readWebIdentityTrust } from '../identity/webIdentityTrust';
import { askedFor } from '../inventory/roads';
import { questionOf } from '../inventory/trust';
import { listed } from '../text/listed';
import { minuteOf } from '../text/minuteOf';
import { expectRole, program, refOf, type Subject, WAIT } from './subject';
import {
  ACCOUNT_TAG,
  admits,
  conditionsOf,
  rehearsalName,
  storing,
  TAG,
} from './trustStage';

/** Days without a call by IRSA after which the old road may end. */
const SILENT_DAYS = 7;
const DAY_MS = 86_400_000;

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

/** Looks are so far apart at most that nothing is missed between them. */
const LOOK_MS = 3_600_000;

/** Why the old road must not end yet, as far as CloudTrail tells; and what to know where it may. */
function silence({ account, at, facts, role }: Subject): {
  isSilent: boolean;
  notes: string[];
} {
  const unseen = (why: string) => ({
    isSilent: false,
    notes: [`Whether it still asks by IRSA was not seen: ${why}`],
  });
  if (!facts.use.known) return unseen(facts.use.lack.sentence);
  const { isCut, regions, searched, since, unsearched } = facts.use.value;
  const now = Date.parse(at);
  const late = searched.find(({ until }) => now - Date.parse(until) > LOOK_MS);
  if (unsearched) return unseen(unsearched.lack.sentence);
  if (isCut) return unseen('CloudTrail has more calls than a look reads.');
  if (late) {
    return unseen(
      `CloudTrail in ${late.region} was read at ${minuteOf(
        late.until,
      )} for the last time.`,
    );
  }
  const { obtainedAt = '', refusedAt = '' } = askedFor(account, role.role.arn);
  const calls = (account.use?.programs ?? []).map(({ lastAt }) => lastAt);
  const last = [obtainedAt, refusedAt, ...calls].sort().at(-1);
  const oldest = now - SILENT_DAYS * DAY_MS;
  if (last && Date.parse(last) > oldest) {
    return {
      isSilent: false,
      notes: [`Its last call by IRSA was seen at ${minuteOf(last)}.`],
    };
  }
  const none = `No call by IRSA of it was seen in ${listed(
    regions,
  )} since ${minuteOf(since)}`;
  return {
    isSilent: true,
    notes: [
      Date.parse(since) > oldest
        ? `${none}, and no further back was looked: make sure of the days before.`
        : `${none}.`,
      'A program that asks STS in another region is not seen.',
    ],
  };
}

/** IRSA is out; what is left is the service account of the rehearsal. */
function endOfRehearsal(subject: Subject): PolicyStatement[] | undefined {
  const { Statement } = parsePolicyDocument(subject.role.role.trustPolicy);
  const then = Statement.map(one => withoutRehearsal(one, subject));
  return then.some((one, index) => one !== Statement[index]) ? then : undefined;
}

/** The role no longer lets the service account in by IRSA. */
export function oldTrustStage(
  subject: Subject,
  { isLetIn }: { isLetIn: boolean },
): MoveStage {
  const { isBlocked, isMoved, obstacles, role, trust } = subject;
  const stage = {
    id: 'old-trust',
    title: `Take IRSA out of role ${role.role.name} for this service account`,
  } as const;
  if (trust.answer === 'no') {
    const left = isMoved ? endOfRehearsal(subject) : undefined;
    return left
      ? {
          ...stage,
          state: 'to-do',
          ...storing(subject, left, [
            'IRSA is out. The service account of the rehearsal is still let in, and goes with this edit.',
          ]),
        }
      : {
          ...stage,
          state: 'done',
          notes: [
            'Its trust policy lets the service account in by IRSA no more.',
          ],
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
  const held = [
    ...(isLetIn
      ? []
      : [
          'The role does not let it in by Pod Identity, as far as its trust policy can be judged: nothing may go.',
        ]),
    ...(isBlocked
      ? [...obstacles.blocked, 'While that is so, nothing may go.']
      : []),
  ];
  if (held.length > 0) return { ...stage, state: 'to-do', notes: held };
  const { isSilent, notes } = silence(subject);
  if (!isSilent) {
    return { ...stage, state: 'to-do', notes: [...waiting, ...notes] };
  }
  const left = statementsThen(subject);
  const proof = program(subject, 'verify', refOf(subject), [
    '--require-proof',
    ...WAIT,
    ...expectRole(subject),
  ]);
  return {
    ...stage,
    state: 'to-do',
    ...(left
      ? storing(subject, left, [...waiting, ...notes], proof)
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
