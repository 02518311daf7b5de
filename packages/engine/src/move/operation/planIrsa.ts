import { ConflictError } from '@backstage/errors';
import type { MigrateInput } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { type TrustEditVerdict } from '../../guardrails';
import { sameStatement } from '../../iam/policyCompare';
import {
  parsePolicyDocument,
  type PolicyStatement,
} from '../../iam/policyDocument';
import { moveSid } from '../../identity/names';
import { readWebIdentityTrust } from '../../identity/webIdentityTrust';
import { questionOf } from '../../inventory/trust';
import type { V1Pod } from '../../kubernetes/objects';
import { readAssociation } from '../../lifecycle/association/liveAssociation';
import { readPods } from '../../lifecycle/restart/readWorkloads';
import { roleLane } from '../../lifecycle/role/iamWrites';
import { deed } from '../../lifecycle/steps/deed';
import type { PlanBuilder } from '../../lifecycle/steps/PlanBuilder';
import { openKubernetes } from '../../lifecycle/steps/reading';
import {
  changedSincePlan,
  type Scope,
  tagsFor,
} from '../../lifecycle/steps/scope';
import type { RunningStep } from '../../lifecycle/steps/Step';
import { fullStop } from '../../text/fullStop';
import { listed } from '../../text/listed';
import { byOwner } from '../../verification/framework/workloadsOf';
import {
  hasEnded,
  podFact,
} from '../../verification/workloads/kubernetesWorkload';
import { endOfIrsa, judgeOwnEnd } from '../oldTrust';
import type { Subject } from '../subject';
import { isNamed } from '../withoutSubject';
import { isShown, roleNow, storeStatements } from './ownStatement';
import { recordOf, whyNot } from './planTrust';
import { askAwsFor, provenIn } from './proof';
import { isMoved, isOnIrsa, isOwnMove, nameOf, podsWhere } from './reading';
import type { MoveDeps, TrustRecords } from './types';

export const IRSA_STEP = 'role.trust.irsa';

export const resourceOf = ({ role: { role } }: Subject) =>
  ({ kind: 'trust-statement', name: `IRSA in ${role.name}` } as const);

/** The subject, were this the trust policy of its role. */
export function withPolicy(subject: Subject, trustPolicy: unknown): Subject {
  const { account, facts, role } = subject;
  const question = questionOf(account, facts, role.role.arn);
  return {
    ...subject,
    role: { ...role, role: { ...role.role, trustPolicy } },
    ...(question ? { trust: readWebIdentityTrust(trustPolicy, question) } : {}),
  };
}

/** Neither its trust policy lets it in, nor does a statement name it, for another audience for example. */
function isOut({ account, facts, role: { role }, trust }: Subject): boolean {
  const question = questionOf(account, facts, role.arn);
  return (
    trust.answer === 'no' && !(question && isNamed(role.trustPolicy, question))
  );
}

/** Why IRSA has to stay in the role, by what stands in the cluster and in CloudTrail at this moment; sentences. */
async function stillNeeded(
  scope: Scope,
  pods: readonly V1Pod[],
  association: Association | undefined,
  { roleArn, evidence: read }: { roleArn: string } & Pick<MoveDeps, 'evidence'>,
): Promise<string[]> {
  const left = pods.filter(pod => !hasEnded(pod)).map(podFact);
  // Also one that is still to start, or to end, may ask by it
  const onIrsa = byOwner(left.filter(isOnIrsa)).map(nameOf);
  const others = podsWhere(pods, one => !isMoved(one)).map(nameOf);
  const isOwn =
    association?.roleArn === roleArn && isOwnMove(scope, association);
  const evidence = await askAwsFor(scope, [roleArn], read)?.(pods);
  const proven =
    evidence?.state === 'read'
      ? provenIn(pods, evidence, association)
      : undefined;
  const unproven = podsWhere(pods, isMoved)
    .map(nameOf)
    .filter(name => !proven?.has(name));
  return [
    ...(isOwn
      ? []
      : [
          `It has no association with this role that a move of ${scope.voice.us} made.`,
        ]),
    ...(onIrsa.length > 0
      ? [`Pods of ${listed(onIrsa)} hold the variables of IRSA.`]
      : []),
    ...(others.length > 0
      ? [`Pods of ${listed(others)} are not on Pod Identity.`]
      : []),
    ...(proven ? [] : ['What CloudTrail recorded of it could not be read.']),
    ...(proven && unproven.length > 0
      ? [
          `CloudTrail does not show that ${listed(
            unproven,
          )} obtained the role by Pod Identity.`,
        ]
      : []),
  ];
}

export interface EndPlanning {
  scope: Scope;
  subject: Subject;
  pods: readonly V1Pod[];
  input: MigrateInput;
  taskId?: string;
  /** The initiator may read the trust policy. */
  isShown: boolean;
  deps: Pick<MoveDeps, 'evidence' | 'trusts'>;
  /** Called where the role does not let it in by IRSA at the end. */
  ended(): void;
}

/** Why the role is left as it is by what its owner and the configuration say; sentences, for those who may hear them. */
function lacks(
  { scope, ...planning }: EndPlanning,
  may: TrustEditVerdict,
): string[] {
  if (may.allowed) return [];
  return planning.isShown
    ? [whyNot(may.reasons)]
    : [
        `What ${scope.voice.us} lacks for it is in the plan of the move, for those who may read the trust policy.`,
      ];
}

const sameStatements = (
  some: readonly PolicyStatement[],
  others: readonly PolicyStatement[],
) =>
  some.length === others.length &&
  some.every((one, index) => sameStatement(one, others[index]));

/** Takes the service account out of what stands there at this moment, all of it judged once more. */
async function takeOut(
  planning: EndPlanning,
  step: RunningStep,
  trusts: TrustRecords,
): Promise<string> {
  const { scope, subject, input, taskId, deps, ended } = planning;
  const { context } = scope;
  const now = await roleNow(scope, subject.role.role);
  const current = withPolicy(subject, now.trustPolicy);
  const out = `Role ${now.name} no longer lets it in by IRSA`;
  if (isOut(current)) {
    step.wroteNothing();
    ended();
    return out;
  }
  const api = await openKubernetes(scope);
  if (!api.known) throw new ConflictError(api.lack.sentence);
  const reasons = [
    ...lacks(
      planning,
      judgeOwnEnd({ ...current, role: { ...current.role, role: now } }),
    ),
    ...(await stillNeeded(
      scope,
      await readPods(api.value, scope),
      await readAssociation(scope),
      { roleArn: now.arn, evidence: deps.evidence },
    )),
  ];
  const found = endOfIrsa(subject, now.trustPolicy);
  if (reasons.length > 0 || !found) {
    throw new ConflictError(
      `IRSA was left in role ${now.name}. ${reasons
        .map(fullStop)
        .join(' ')}`.trim(),
    );
  }
  const { taken } = found;
  const recorded = await recordOf(scope, now, trusts);
  await storeStatements(scope, step, now, {
    trusts,
    actionType: 'end',
    statement: taken,
    record: {
      roleArn: now.arn,
      roleId: now.roleId,
      sid: moveSid(scope.target),
      statements: recorded?.statements ?? [],
      tags: tagsFor(scope, input, taskId),
      at: recorded?.at ?? new Date(context.clock.now()).toISOString(),
      taken: [
        ...(recorded?.taken ?? []).filter(
          one => !taken.some(later => sameStatement(one, later)),
        ),
        ...taken,
      ],
    },
    change: Statement => {
      const again = endOfIrsa(subject, {
        ...parsePolicyDocument(now.trustPolicy),
        Statement,
      });
      if (again && sameStatements(again.taken, taken)) {
        return again.then.Statement;
      }
      throw changedSincePlan(
        `The trust policy of role ${now.name}`,
        'another caller has changed it',
      );
    },
  });
  if (await isShown(scope, now, policy => isOut(withPolicy(subject, policy)))) {
    ended();
    return out;
  }
  const said = `Role ${now.name} lets it in by IRSA again two minutes after that was taken out: another writer stores it`;
  step.warn(fullStop(said));
  return said;
}

/** The end of IRSA for one service account, once a test pod has obtained the role by Pod Identity: `dependsOn`. */
export async function planEndOfIrsa(
  builder: PlanBuilder,
  planning: EndPlanning,
  dependsOn: () => string[],
): Promise<void> {
  const { scope, subject, pods, deps, ended } = planning;
  const { trusts } = deps;
  const { role } = subject.role;
  const { namespace, serviceAccount } = scope.ref;
  const name = `${namespace}/${serviceAccount}`;
  const step = { id: IRSA_STEP, resource: resourceOf(subject) };
  if (isOut(subject)) {
    ended();
    builder.add({
      ...step,
      owner: 'external',
      change: 'keep',
      reason: `its trust policy no longer lets ${name} in by IRSA`,
    });
    return;
  }
  const reasons = [
    ...lacks(planning, judgeOwnEnd(subject)),
    ...(trusts ? [] : ['What is taken out could not be recorded.']),
    ...(await stillNeeded(scope, pods, await readAssociation(scope), {
      roleArn: role.arn,
      evidence: deps.evidence,
    })),
  ];
  if (reasons.length > 0 || !trusts) {
    builder.add({
      ...step,
      owner: 'external',
      change: 'conflict',
      reason: `IRSA stays in role ${role.name}. ${reasons
        .map(fullStop)
        .join(' ')}`.replace(/\.$/, ''),
    });
    return;
  }
  builder.warn(
    `IRSA ends for ${name}: role ${role.name} lets it in by Pod Identity alone then. What is taken out is recorded, and a way back puts it in again.`,
  );
  builder.add(
    {
      ...step,
      change: 'update',
      reason: `the statements for IRSA lose ${name}, and one that names nothing else goes; every other stays as it is then`,
      dependsOn: dependsOn(),
    },
    {
      ...deed(
        'take',
        `${name} out of IRSA in the trust policy of ${role.name}`,
      ),
      lane: roleLane('role', role.arn),
      run: running => takeOut(planning, running, trusts),
    },
  );
}
