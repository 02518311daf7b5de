import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import {
  type CheckContext,
  fail,
  type Outcome,
  unknown,
} from '../framework/check';
import { type Fact, valueOf } from '../framework/fact';
import { isSpreading } from '../framework/lag';
import type { PodFact } from '../framework/facts/workloads';
import type { TargetRoleFact } from '../framework/facts/role';
import {
  firstHop,
  type Hop,
  judgeHop,
  secondHop,
} from '../role/trustQuestions';
import { secondHopOutcome } from '../role/secondHop';
import { trustPolicyFix } from '../role/trustFixes';

/** What is known where EKS is not allowed to assume the role for a pod. */
export interface Refused {
  /** Undefined where it could not be read, null where there is none. */
  role: Role | null | undefined;
  association: Association | undefined;
  target: TargetRoleFact | undefined;
  /** Names of the role's inline policies. */
  inline: readonly string[];
  pods: Fact<PodFact[]>;
  /** What the agent answered. */
  text: string;
  status: number | undefined;
}

const SCP =
  'A service control policy that denies sts:AssumeRole or sts:TagSession gives the same answer.';

function laterThan(role: Role, association: Association | undefined): boolean {
  return (
    role.createdAt !== undefined &&
    association?.createdAt !== undefined &&
    role.createdAt > association.createdAt
  );
}

/** The first role's trust policy lets the ref in, as far as can be seen. */
function lookFurther(
  role: Role,
  { association, target }: Refused,
): Outcome['fix'] {
  return {
    cause: `The trust policy of ${
      role.name
    } lets the service account in, so the refusal comes from elsewhere${
      laterThan(role, association)
        ? '. The role was recreated after the association'
        : ''
    }.`,
    actions: [
      'If the role or its trust policy was changed in the last minutes, verify again: AWS needs some time to spread it.',
      ...(association?.targetRoleArn &&
      role.permissionsBoundaryArn &&
      !target?.boundary
        ? [
            `The permissions boundary ${role.permissionsBoundaryArn} of ${role.name} has to allow sts:AssumeRole and sts:TagSession on ${association.targetRoleArn} too.`,
          ]
        : []),
      SCP,
    ],
  };
}

function secondRefuses(
  { association, role, target, inline, pods }: Refused,
  context: CheckContext,
): Outcome | undefined {
  return association && target
    ? secondHopOutcome(
        { association, role: role ?? undefined, target, inline, pods },
        context,
      )
    : undefined;
}

/** The hop whose trust policy admits pods by their name, so that a probe that it refuses says nothing. */
function hopByName(
  first: Hop,
  { association, target }: Refused,
  context: CheckContext,
): Hop | undefined {
  if (judgeHop(first).dependsOnPod) return first;
  const role = target && valueOf(target.role);
  if (!role || !association) return undefined;
  const second = { role, question: secondHop(context, association) };
  return judgeHop(second).dependsOnPod ? second : undefined;
}

function saysNothing(
  { role, question }: Hop,
  who: string,
  evidence: Partial<Outcome>,
): Outcome {
  const whose = question.sourceRoleArn ? 'the target role' : 'the role';
  return unknown(
    [
      `EKS is not allowed to assume the role ${role.name} of ${who} for the probe.`,
      'Its trust policy admits pods by their name or uid, so that says nothing about the workload.',
    ],
    {
      ...evidence,
      fix: {
        cause: `${judgeHop({ role, question }).reasons.join('; ')}.`,
        actions: [
          `Look at what this report says of the trust policy of ${whose}: that is judged by the names of the running pods.`,
        ],
      },
    },
  );
}

/** Explains that EKS is not allowed to assume the role: at the hop that refuses, with the statement that is needed there. */
export function explainRoleRefused(
  refused: Refused,
  context: CheckContext,
): Outcome {
  const { role, association, text, status } = refused;
  const { namespace, serviceAccount } = context.ref;
  const who = `${namespace}/${serviceAccount}`;
  const evidence = {
    expected: 'credentials from the agent',
    observed: status ? `status ${status}: ${text}` : text,
  };
  const message = `EKS is not allowed to assume the role of ${who} for the pod`;
  if (!role) {
    return fail(`${message}.`, {
      ...evidence,
      fix: {
        cause:
          role === null
            ? 'The role does not exist any more.'
            : 'The trust policy does not let Pod Identity in (the service principal, sts:AssumeRole or sts:TagSession is missing, or a condition does not fit), or the role is gone; it could not be read.',
        actions: ['Look first whether the role exists.', SCP],
      },
    });
  }
  const hop = { role, question: firstHop(context, association) };
  const finding = judgeHop(hop);
  if (finding.verdict === 'denies') {
    return fail(`${message}: ${finding.reasons.join('; ')}.`, {
      ...evidence,
      fix: trustPolicyFix(hop, finding, association, context),
    });
  }
  const byName = hopByName(hop, refused, context);
  if (byName) return saysNothing(byName, who, evidence);
  const second = secondRefuses(refused, context);
  if (finding.verdict === 'allows' && second && second.status !== 'pass') {
    return fail(
      [
        `EKS is not allowed to go on to the target role ${association?.targetRoleArn} for ${who}; the first role lets it in.`,
        second.message,
      ],
      { ...evidence, fix: second.fix },
    );
  }
  const isLag =
    finding.verdict === 'allows' &&
    isSpreading(
      { association, role, changedAt: context.changedAt },
      context.now,
    );
  return fail(`${message}.`, {
    ...evidence,
    ...(isLag ? { settling: true } : {}),
    fix:
      finding.verdict === 'allows'
        ? lookFurther(role, refused)
        : {
            ...trustPolicyFix(hop, finding, association, context),
            cause: `${finding.reasons.join('; ')}.`,
          },
  });
}
