import { ConflictError } from '@backstage/errors';
import type {
  AssociateInput,
  MigrateInput,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Role } from '../../aws/role';
import { sameStatement } from '../../iam/policyCompare';
import { type PolicyStatement } from '../../iam/policyDocument';
import { moveSid } from '../../identity/names';
import { moveStatement, withStatement } from '../../identity/trust';
import { judgeTrustEdit } from '../../guardrails';
import { analyseTrustPolicy } from '../../identity/trustAnalysis';
import { judgeOwnEdit, lackOfRoom } from '../../inventory/trust';
import { desiredState } from '../../lifecycle/desired';
import { roleLane } from '../../lifecycle/role/iamWrites';
import type { LiveRole } from '../../lifecycle/role/liveRole';
import { planGivenTrust } from '../../lifecycle/role/planRoleTrust';
import { deed } from '../../lifecycle/steps/deed';
import type { PlanBuilder } from '../../lifecycle/steps/PlanBuilder';
import {
  changedSincePlan,
  type Scope,
  tagsFor,
} from '../../lifecycle/steps/scope';
import type { RunningStep } from '../../lifecycle/steps/Step';
import { fullStop } from '../../text/fullStop';
import type { Subject } from '../subject';
import { admits, rehearsalName } from '../trustStage';
import {
  isRecorded,
  isShown,
  lost,
  roleNow,
  statementOf,
  storeStatements,
  waitForStatement,
} from './ownStatement';
import type { MoveDeps, TrustRecords } from './types';

/** What the trust policy of a role is before and after its edit. */
export interface PlannedTrust {
  /** As the rehearsal finds it. */
  then: unknown;
  /** Ids of steps that the rehearsal waits for. */
  before: string[];
  /** Takes the service account of the rehearsal out of our statement, once these steps are done. */
  planEnd(after: readonly string[]): void;
  /** Throws where the role, as it is now, does not let the service account in by Pod Identity. */
  confirm(now: Role): void;
}

export interface TrustPlanning {
  scope: Scope;
  subject: Subject;
  /** As it was read for the plan. */
  live: LiveRole;
  input: MigrateInput;
  taskId?: string;
  /** The initiator may read the trust policy. */
  isShown: boolean;
  /** Pods hold what an association gave them that is gone, as far as their variables tell, which their author may have written. */
  isCutOff: boolean;
  trusts: MoveDeps['trusts'];
}

const CUT_OFF =
  'Its pods hold variables of Pod Identity without an association: make the association with the role again, or take them back to IRSA.';

const nameOf = ({ name }: Pick<Role, 'name'>, sid: string) =>
  ({ kind: 'trust-statement', name: `${sid} of ${name}` } as const);

/** As the plan of an association judges a trust policy. */
const verdictOf = (
  { cluster, target }: Scope,
  { tagsOff }: Subject,
  trustPolicy: unknown,
) =>
  analyseTrustPolicy(trustPolicy, {
    ...target,
    clusterName: cluster.name,
    sessionTags: !tagsOff,
  }).verdict;

/** The statement of a move: with the service account of the rehearsal beside it, where one follows and the policy has room. */
function statementFor(
  { target }: Scope,
  trustPolicy: unknown,
  rehearses: boolean,
) {
  const { serviceAccount } = target;
  const narrow = moveStatement(target, [serviceAccount]);
  const wide = moveStatement(target, [
    serviceAccount,
    rehearsalName(serviceAccount),
  ]);
  const isWide = rehearses && !lackOfRoom(wide, trustPolicy);
  return { narrow, wide: isWide ? wide : undefined };
}

export const whyNot = (reasons: readonly string[]) =>
  reasons.join(' ') || 'guardrails.roles.editTrust does not name the role';

/** Of the role, where it is the same role still. */
export const recordOf = async (
  { ref }: Scope,
  { roleId }: Pick<Role, 'roleId'>,
  trusts: TrustRecords | undefined,
) => (await trusts?.find(ref))?.find(one => one.roleId === roleId);

/** Puts the statement into what stands there at this moment, and looks whether it stays. */
async function add(
  { scope, subject, live, input, isCutOff, taskId }: TrustPlanning,
  step: RunningStep,
  { first, later }: { first: PolicyStatement; later: PolicyStatement },
  trusts: TrustRecords,
): Promise<string> {
  const { clock } = scope.context;
  const now = await roleNow(scope, live);
  const sid = moveSid(scope.target);
  const there = statementOf(now.trustPolicy, sid);
  const recorded = await recordOf(scope, now, trusts);
  const tags = tagsFor(scope, input, taskId);
  const stands = `Role ${now.name} lets it in by Pod Identity beside IRSA`;
  if (there && recorded && isRecorded(there, recorded)) {
    step.wroteNothing();
    // It serves this move from here on
    await trusts.put(scope.ref, { ...recorded, tags });
    const since = Date.parse(recorded.at);
    await waitForStatement(scope, step, now, { ...recorded, since });
    return stands;
  }
  const found = judgeOwnEdit(subject.account, subject.facts, {
    role: now,
    mayAssume: subject.tagsOff,
  });
  if (!found.allowed || isCutOff) {
    throw new ConflictError(
      `The trust policy of role ${now.name} was not changed. ${
        found.allowed ? CUT_OFF : whyNot(found.reasons)
      }`,
    );
  }
  const then = withStatement(now.trustPolicy, first);
  if (
    verdictOf(scope, subject, now.trustPolicy) !== 'denies' ||
    verdictOf(scope, subject, then) !== 'allows'
  ) {
    throw changedSincePlan(
      `The trust policy of role ${now.name}`,
      'another caller has changed it',
    );
  }
  const earlier = recorded?.statements ?? [];
  const statements = [
    ...[...earlier, later].filter(one => !sameStatement(one, first)),
    first,
  ];
  await storeStatements(scope, step, now, {
    trusts,
    actionType: 'write',
    statement: first,
    record: {
      roleArn: now.arn,
      roleId: now.roleId,
      sid,
      statements,
      tags,
      at: new Date(clock.now()).toISOString(),
    },
    change: all => (all.some(one => one.Sid === sid) ? all : [...all, first]),
  });
  const since = clock.now();
  await waitForStatement(scope, step, now, { sid, since, statements });
  return stands;
}

/** Takes the service account of the rehearsal out of our statement, where that is as it was written. */
async function takeRehearsalOut(
  { scope, live, subject }: TrustPlanning,
  step: RunningStep,
  to: PolicyStatement,
  trusts: TrustRecords,
): Promise<string> {
  const now = await roleNow(scope, live);
  const sid = moveSid(scope.target);
  const there = statementOf(now.trustPolicy, sid);
  const recorded = await recordOf(scope, now, trusts);
  const { editor } = subject.facts.cluster;
  const leave = (why: string) => {
    step.wroteNothing();
    const left = `Statement ${sid} of role ${now.name} is left alone, and may let the service account of the rehearsal in: ${why}`;
    step.warn(fullStop(left));
    return left;
  };
  if (!there) throw lost(sid, now.name);
  if (sameStatement(there, to)) {
    step.wroteNothing();
    return 'It is out already';
  }
  if (!recorded || !isRecorded(there, recorded)) {
    return leave('another caller has changed it since the move added it');
  }
  const may = editor && judgeTrustEdit(now, scope.ref.namespace, editor);
  if (!may?.allowed) return leave(whyNot(may?.reasons ?? []));
  await storeStatements(scope, step, now, {
    trusts,
    actionType: 'narrow',
    statement: to,
    record: {
      ...recorded,
      statements: [
        ...recorded.statements.filter(one => !sameStatement(one, to)),
        to,
      ],
    },
    change: all => {
      const isOld = (one: PolicyStatement) =>
        one.Sid === sid && isRecorded(one, recorded);
      return all.some(isOld) ? all.map(one => (isOld(one) ? to : one)) : all;
    },
  });
  const isThere = await isShown(scope, now, trustPolicy => {
    const found = statementOf(trustPolicy, sid);
    return found !== undefined && sameStatement(found, to);
  });
  if (!isThere) throw lost(sid, now.name);
  return `Statement ${sid} lets the service account alone in`;
}

/**
 * The trust policy of the role of a move: our statement is added where the configuration and the owner of the role let the
 * portal do that; else the plan says what its owner has to add.
 */
export async function planTrust(
  builder: PlanBuilder,
  asked: AssociateInput,
  planning: TrustPlanning,
): Promise<PlannedTrust> {
  const { scope, subject, live, input, isCutOff, trusts } = planning;
  const { association } = subject.account;
  const { trustPolicy } = live;
  const sid = moveSid(scope.target);
  const lacks = verdictOf(scope, subject, trustPolicy) === 'denies';
  const { narrow: own, wide } = statementFor(
    scope,
    trustPolicy,
    !association && !isCutOff,
  );
  const edit = lacks && !isCutOff ? subject.edit : undefined;
  const there = statementOf(trustPolicy, sid);
  const recorded = await recordOf(scope, live, trusts);
  const isOurs = there && recorded && isRecorded(there, recorded);
  const statement = wide ?? own;
  const isAdded =
    trusts &&
    edit?.allowed &&
    verdictOf(scope, subject, withStatement(trustPolicy, statement)) ===
      'allows';

  let before: string[] = [];
  if (isAdded || (isOurs && !lacks)) {
    before = [
      builder.add(
        {
          id: 'role.trust',
          resource: nameOf(live, sid),
          change: isAdded ? 'create' : 'keep',
          ...(isAdded ? { after: { ...statement } } : {}),
          reason: isAdded
            ? `the role will let it in by Pod Identity beside IRSA; guardrails.roles.editTrust names the role (${edit.pattern}), and its owner tagged it for ${scope.voice.us}`
            : 'a move added it, and it lets this service account in',
        },
        // With an association its pods live by what stands, and there is nothing to wait for
        !trusts || (association && !isAdded)
          ? undefined
          : {
              ...deed(
                'let',
                `${scope.ref.namespace}/${scope.ref.serviceAccount} into the trust policy of ${live.name}`,
              ),
              lane: roleLane('role', live.arn),
              run: step =>
                add(planning, step, { first: statement, later: own }, trusts),
            },
      ),
    ];
  } else {
    planGivenTrust(builder, live, {
      scope,
      desired: desiredState(scope, asked, undefined),
      isShown: planning.isShown,
      further: planning.isShown && edit?.allowed === false ? edit.reasons : [],
    });
  }
  if (input.until !== 'moved' && (isAdded || isOurs)) {
    builder.warn(
      `Statement ${sid} stays in the trust policy of role ${live.name} after the rehearsal, with both service accounts, until the move is rolled back.`,
    );
  }
  const then = isAdded ? withStatement(trustPolicy, statement) : trustPolicy;
  const isWide = isAdded
    ? statement === wide
    : isOurs &&
      !lacks &&
      admits(subject, rehearsalName(scope.ref.serviceAccount), {
        Statement: [there],
      });
  return {
    then,
    before,
    planEnd: after => {
      if (!isWide || !trusts || input.until !== 'moved') return;
      builder.add(
        {
          id: 'role.trust.rehearsal',
          resource: nameOf(live, sid),
          change: 'update',
          before: { ...(isAdded ? statement : there) },
          after: { ...own },
          reason: 'the rehearsal is over, and its service account goes',
          dependsOn: [...before, ...after],
        },
        {
          ...deed(
            'take',
            `the service account of the rehearsal out of the trust policy of ${live.name}`,
          ),
          lane: roleLane('role-after', live.arn),
          run: step => takeRehearsalOut(planning, step, own, trusts),
        },
      );
    },
    confirm: now => {
      if (verdictOf(scope, subject, now.trustPolicy) !== 'denies') return;
      if ((isAdded || isOurs) && !statementOf(now.trustPolicy, sid)) {
        throw lost(sid, now.name);
      }
      throw new ConflictError(
        `The trust policy of role ${now.name} was changed meanwhile, and no longer lets this service account in by Pod Identity. Nothing further was written`,
      );
    },
  };
}
