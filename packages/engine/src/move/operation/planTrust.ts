import { ConflictError } from '@backstage/errors';
import type {
  AssociateInput,
  MigrateInput,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Role } from '../../aws/role';
import { sameStatement } from '../../iam/policyCompare';
import {
  parsePolicyDocument,
  type PolicyStatement,
} from '../../iam/policyDocument';
import { moveSid } from '../../identity/names';
import { moveStatement } from '../../identity/trust';
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
  /** Throws where the role does not let the service account in by Pod Identity as it stands now. */
  confirm(): Promise<void>;
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
  trusts: MoveDeps['trusts'];
}

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

function withMore(trustPolicy: unknown, statement: PolicyStatement) {
  const { Statement, ...rest } = parsePolicyDocument(trustPolicy);
  return { ...rest, Statement: [...Statement, statement] };
}

/** The statement of a move: with the service account of the rehearsal beside it, where the policy has room for that. */
function statementFor({ target }: Scope, trustPolicy: unknown) {
  const { serviceAccount } = target;
  const narrow = moveStatement(target, [serviceAccount]);
  const wide = moveStatement(target, [
    serviceAccount,
    rehearsalName(serviceAccount),
  ]);
  return { narrow, wide: lackOfRoom(wide, trustPolicy) ? undefined : wide };
}

/** Puts the statement into what stands there at this moment, and looks whether it stays. */
async function add(
  { scope, subject, live, input, taskId }: TrustPlanning,
  step: RunningStep,
  statements: { first: PolicyStatement; later: PolicyStatement },
  trusts: TrustRecords,
): Promise<string> {
  const { clock } = scope.context;
  const now = await roleNow(scope, live);
  const sid = moveSid(scope.target);
  const there = statementOf(now.trustPolicy, sid);
  const recorded = (await trusts.find(scope.ref)).find(
    ({ roleId }) => roleId === now.roleId,
  );
  const isOurs = there && recorded && isRecorded(there, recorded);
  const found = judgeOwnEdit(subject.account, subject.facts, {
    role: now,
    mayAssume: subject.tagsOff,
  });
  if (!isOurs && !found.allowed) {
    throw new ConflictError(
      `The trust policy of role ${now.name} was not changed. ${
        found.reasons.join(' ') ||
        'guardrails.roles.editTrust does not name the role'
      }`,
    );
  }
  if (isOurs) {
    step.wroteNothing();
  } else {
    const { first, later } = statements;
    const then = withMore(now.trustPolicy, first);
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
    // Before the write, so that none is without its record
    await trusts.put(scope.ref, {
      roleArn: now.arn,
      roleId: now.roleId,
      sid,
      statements: [
        ...[...earlier, later].filter(one => !sameStatement(one, first)),
        first,
      ],
      tags: tagsFor(scope, input, taskId),
      at: new Date(clock.now()).toISOString(),
    });
    await storeStatements(scope, step, now, all =>
      all.some(one => one.Sid === sid) ? all : [...all, first],
    );
  }
  await waitForStatement(scope, step, now, {
    sid,
    since: isOurs ? Date.parse(recorded.at) : clock.now(),
  });
  return `Role ${now.name} lets it in by Pod Identity beside IRSA`;
}

/** Takes the service account of the rehearsal out of our statement, where that is as it was written. */
async function takeRehearsalOut(
  { scope, live }: TrustPlanning,
  step: RunningStep,
  to: PolicyStatement,
  trusts: TrustRecords,
): Promise<string> {
  const now = await roleNow(scope, live);
  const sid = moveSid(scope.target);
  const there = statementOf(now.trustPolicy, sid);
  const recorded = (await trusts.find(scope.ref)).find(
    ({ roleId }) => roleId === now.roleId,
  );
  if (!there) throw lost(sid, now.name);
  if (sameStatement(there, to)) {
    step.wroteNothing();
    return 'It is out already';
  }
  if (!recorded || !isRecorded(there, recorded)) {
    step.wroteNothing();
    const left = `Somebody has changed statement ${sid} of role ${now.name} since a move added it: it is left alone, and may let the service account of the rehearsal in`;
    step.warn(left);
    return left;
  }
  await trusts.put(scope.ref, {
    ...recorded,
    statements: [
      ...recorded.statements.filter(one => !sameStatement(one, to)),
      to,
    ],
  });
  await storeStatements(scope, step, now, all =>
    all.map(one => (one.Sid === sid && isRecorded(one, recorded) ? to : one)),
  );
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
  const { scope, subject, live, input, trusts } = planning;
  const { trustPolicy } = live;
  const sid = moveSid(scope.target);
  const lacks = verdictOf(scope, subject, trustPolicy) === 'denies';
  const { narrow: own, wide } = statementFor(scope, trustPolicy);
  const edit = lacks ? subject.edit : undefined;
  const there = statementOf(trustPolicy, sid);
  const records = trusts ? await trusts.find(scope.ref) : [];
  const recorded = records.find(({ roleId }) => roleId === live.roleId);
  const isOurs = there && recorded && isRecorded(there, recorded);
  const statement = wide ?? own;
  const isAdded =
    trusts &&
    edit?.allowed &&
    verdictOf(scope, subject, withMore(trustPolicy, statement)) === 'allows';

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
        // With an association its pods live by it, and there is nothing to wait for
        !trusts || subject.account.association
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
      further: edit?.allowed === false ? edit.reasons : [],
    });
  }
  const then = isAdded ? withMore(trustPolicy, statement) : trustPolicy;
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
    confirm: async () => {
      const now = await roleNow(scope, live);
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
