import type { MoveStage } from 'backstage-plugin-eks-pod-identity-common';
import { judgeTrustEdit, type TrustEditVerdict } from '../guardrails';
import {
  asList,
  parsePolicyDocument,
  type PolicyStatement,
} from '../iam/policyDocument';
import { ownership } from '../identity/ownership';
import { furtherKeys, issuerOf } from '../identity/webIdentityStatement';
import { refusalOfPortal } from '../inventory/refusals';
import { askedFor } from '../inventory/roads';
import { idleOf } from '../inventory/runs';
import { isLetInByName, questionOf } from '../inventory/trust';
import { capitalised } from '../text/capitalised';
import { listed } from '../text/listed';
import { minuteOf } from '../text/minuteOf';
import {
  expectRole,
  isMadeByMove,
  program,
  refOf,
  type Subject,
  WAIT,
} from './subject';
import {
  ACCOUNT_TAG,
  admits,
  conditionsOf,
  rehearsalName,
  storing,
  TAG,
} from './trustStage';
import { takenOut } from './withoutSubject';

/** Days without a call by IRSA after which the old road may end. */
const SILENT_DAYS = 7;
const DAY_MS = 86_400_000;

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

/** Everything that a trust policy says of the service account by IRSA, taken out; undefined where others would lose or gain by that. */
export function endOfIrsa(
  subject: Subject,
  trustPolicy: unknown = subject.role.role.trustPolicy,
) {
  const { account, facts, role } = subject;
  const question = questionOf(account, facts, role.role.arn);
  const found = question && takenOut(trustPolicy, question);
  return found && admits(subject, account.name, found.then)
    ? { ...found, question }
    : undefined;
}

/** Looks are so far apart at most that nothing is missed between them. */
const LOOK_MS = 3_600_000;

/** Why the old road must not end yet, as far as CloudTrail tells; and what to know where it may. */
function silence({ account, at, facts, role }: Subject): {
  isSilent: boolean;
  /** All of these days were read. */
  isWhole: boolean;
  notes: string[];
} {
  const unseen = (why: string) => ({
    isSilent: false,
    isWhole: false,
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
      isWhole: true,
      notes: [`Its last call by IRSA was seen at ${minuteOf(last)}.`],
    };
  }
  const none = `No call by IRSA of it was seen in ${listed(
    regions,
  )} since ${minuteOf(since)}`;
  const isWhole = Date.parse(since) <= oldest;
  return {
    isSilent: true,
    isWhole,
    notes: [
      isWhole
        ? `${none}.`
        : `${none}, and no further back was looked: make sure of the days before.`,
      'A program that asks STS in another region is not seen.',
    ],
  };
}

/** Workloads whose next pods were not seen on Pod Identity: sentences. */
const unseenRuns = ({ account }: Subject): string[] => [
  ...[...account.template.workloads.values()]
    .filter(
      ({ kind, replacing }) =>
        (kind === 'Job' || kind === 'CronJob') && replacing?.paused === true,
    )
    .map(({ kind, name }) => `${kind} ${name} is suspended.`),
  ...idleOf(account)
    .filter(
      ({ workload, last }) =>
        !(workload.kind === 'CronJob' && last?.byPodIdentity),
    )
    .map(({ workload: { kind, name } }) =>
      kind === 'CronJob'
        ? `No run of CronJob ${name} by Pod Identity that ended well is there.`
        : `${kind} ${name} has no pod.`,
    ),
];

/**
 * Whether a portal may take IRSA out of the role itself: where the stage is due by everything that was read, its move made the
 * association, the trust policy names the service account plainly, and the three of a trust edit agree.
 */
export function judgeOwnEnd(subject: Subject): TrustEditVerdict {
  const { account, facts, isBlocked, isMoved, obstacles, role } = subject;
  const { namespace, name } = account;
  const { editor } = facts.cluster;
  if (subject.addon || refusalOfPortal(namespace, facts, role.role.arn)) {
    return { allowed: false, reasons: [] };
  }
  const may = editor && judgeTrustEdit(role.role, namespace, editor);
  if (!may?.allowed) return may ?? { allowed: false, reasons: [] };
  const found = endOfIrsa(subject);
  const { isSilent, isWhole, notes } = silence(subject);
  const { ownerArn, tags = {} } = account.association ?? {};
  const isOwn =
    !ownerArn &&
    isMadeByMove({ tags }) &&
    ownership(tags, {
      portalId: editor!.portalId!,
      cluster: facts.cluster,
      namespace,
      serviceAccount: name,
    }).kind === 'ours';
  const isPlain =
    isLetInByName(account, facts, role.role) &&
    found?.taken.every(
      one =>
        furtherKeys(one, issuerOf(found.question.providerArn)).length === 0,
    );
  const reasons = [
    ...(isMoved ? [] : ['Not all of its pods are on Pod Identity.']),
    ...(isOwn ? [] : [`No move of ${editor!.voice.us} made its association.`]),
    ...(isBlocked ? obstacles.blocked : []),
    ...(isSilent && isWhole ? [] : notes),
    ...unseenRuns(subject),
    ...(isPlain
      ? []
      : [
          `The trust policy does not let ${namespace}/${name} in by its name alone, or lets others in by the same words.`,
        ]),
  ];
  return reasons.length === 0
    ? may
    : {
        allowed: false,
        reasons: [
          `${capitalised(
            editor!.voice.me,
          )} does not take it out itself although guardrails.roles.editTrust names the role:`,
          ...reasons,
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
            'Its trust policy no longer lets the service account in by IRSA.',
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
  const left = endOfIrsa(subject)?.then.Statement.map(one =>
    withoutRehearsal(one, subject),
  );
  const own = judgeOwnEnd(subject);
  const proof = program(subject, 'verify', refOf(subject), [
    '--require-proof',
    ...WAIT,
    ...expectRole(subject),
  ]);
  return {
    ...stage,
    state: 'to-do',
    ...(left
      ? storing(
          subject,
          left,
          [
            ...(own.allowed
              ? [
                  `${capitalised(
                    own.by,
                  )} takes it out itself when it finishes the move, and puts it back when it rolls back: guardrails.roles.editTrust names the role (${
                    own.pattern
                  }), and its owner tagged it. The command is for an edit by hand.`,
                ]
              : own.reasons),
            ...waiting,
            ...notes,
          ],
          proof,
        )
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
