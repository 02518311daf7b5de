import { ConflictError } from '@backstage/errors';
import type { Association } from '../../aws/association';
import { judgeTrustEdit, ownerRefusal } from '../../guardrails';
import { parsePolicyDocument } from '../../iam/policyDocument';
import { questionOf } from '../../inventory/trust';
import { roleLane } from '../../lifecycle/role/iamWrites';
import { deed } from '../../lifecycle/steps/deed';
import type { PlanBuilder } from '../../lifecycle/steps/PlanBuilder';
import { changedSincePlan, type Scope } from '../../lifecycle/steps/scope';
import type { RunningStep } from '../../lifecycle/steps/Step';
import { fullStop } from '../../text/fullStop';
import type { Subject } from '../subject';
import { admits } from '../trustStage';
import { putBack } from '../withoutSubject';
import { isShown, roleNow, storeStatements } from './ownStatement';
import { recordOf, whyNot } from './planTrust';
import { isOwnMove, tagsOf } from './reading';
import type { TrustRecord, TrustRecords } from './types';
import { IRSA_STEP, resourceOf, withPolicy } from './planIrsa';

/** Why what was taken out is not put back; undefined where it can be. */
async function refusal(
  scope: Scope,
  subject: Subject,
  record: TrustRecord,
  association: Association,
): Promise<string | undefined> {
  const { account, facts } = subject;
  const { role } = subject.role;
  const { editor } = facts.cluster;
  const other = await ownerRefusal(
    'The record',
    tagsOf(scope, record, association),
    scope.context,
  );
  if (other) return other;
  if (record.roleId !== role.roleId) {
    return `role ${role.name} was deleted and made again since`;
  }
  const may = editor && judgeTrustEdit(role, account.namespace, editor);
  if (!may?.allowed) return whyNot(may?.reasons ?? []);
  // It gives back nothing that the owner of the role has taken away since
  return admits(subject, account.name, role.trustPolicy)
    ? undefined
    : `role ${role.name} does not let it in by Pod Identity any more, so that whether it should have the role is for its owner to say`;
}

async function restore(
  scope: Scope,
  step: RunningStep,
  subject: Subject,
  association: Association,
  trusts: TrustRecords,
): Promise<string> {
  const { ref } = scope;
  const now = await roleNow(scope, subject.role.role);
  const record = await recordOf(scope, now, trusts);
  const current = withPolicy(subject, now.trustPolicy);
  const { account, facts } = subject;
  const question = questionOf(account, facts, now.arn);
  const back = `Role ${now.name} lets it in by IRSA again`;
  if (current.trust.answer === 'yes' || !record?.taken?.length || !question) {
    step.wroteNothing();
    return back;
  }
  const { taken } = record;
  const why = await refusal(
    scope,
    { ...current, role: { ...current.role, role: now } },
    record,
    association,
  );
  if (why) throw new ConflictError(`IRSA was not put back: ${fullStop(why)}`);
  await storeStatements(scope, step, now, {
    trusts,
    actionType: 'restore',
    statement: taken,
    record,
    change: Statement => {
      const document = { ...parsePolicyDocument(now.trustPolicy), Statement };
      const then = putBack(document, taken, question);
      if (then && admits(subject, account.name, document)) {
        return then.Statement;
      }
      throw changedSincePlan(
        `The trust policy of role ${now.name}`,
        'another caller has changed it',
      );
    },
  });
  const isBack = await isShown(
    scope,
    now,
    policy => withPolicy(subject, policy).trust.answer === 'yes',
  );
  if (!isBack) {
    throw new ConflictError(
      `IAM does not show after two minutes that role ${now.name} lets it in by IRSA: another writer may have stored its trust policy. Nothing further was written`,
    );
  }
  const { taken: _, ...rest } = record;
  await (rest.statements.length > 0
    ? trusts.put(ref, rest)
    : trusts.remove(ref, now.arn));
  return back;
}

/**
 * Puts in what moves took out of IRSA, before anything else of a way back, where the association that a move made still
 * has the role.
 *
 * @returns the subject as it is then, and what the rest waits for
 */
export async function planIrsaBack(
  builder: PlanBuilder,
  scope: Scope,
  subject: Subject | undefined,
  association: Association | undefined,
  trusts: TrustRecords | undefined,
): Promise<{ subject: Subject | undefined; before: string[] }> {
  const none = { subject, before: [] };
  if (
    !subject ||
    !trusts ||
    association?.roleArn !== subject.role.role.arn ||
    !isOwnMove(scope, association)
  ) {
    return none;
  }
  const { account, facts, role, trust } = subject;
  const record = (await trusts.find(scope.ref)).find(
    ({ roleArn }) => roleArn === role.role.arn,
  );
  if (!record?.taken?.length || trust.answer === 'yes') return none;
  const question = questionOf(account, facts, role.role.arn);
  const then =
    question && putBack(role.role.trustPolicy, record.taken, question);
  const why =
    (await refusal(scope, subject, record, association)) ??
    (then
      ? undefined
      : 'what the record has would not let in this service account alone, so that it is for the owner of the role to write');
  const step = { id: IRSA_STEP, resource: resourceOf(subject) };
  if (why) {
    builder.add({
      ...step,
      owner: 'external',
      change: 'conflict',
      reason: `IRSA is not put back into role ${role.role.name}: ${why}`,
    });
    return none;
  }
  const id = builder.add(
    {
      ...step,
      change: 'update',
      reason:
        'it gets back what a move took out; every other statement stays as it is then',
    },
    {
      ...deed(
        'put',
        `${account.namespace}/${account.name} back to IRSA in the trust policy of ${role.role.name}`,
      ),
      lane: roleLane('role', role.role.arn),
      run: running => restore(scope, running, subject, association, trusts),
    },
  );
  return { subject: withPolicy(subject, then), before: [id] };
}
