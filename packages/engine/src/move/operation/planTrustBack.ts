import { NotAllowedError } from '@backstage/errors';
import { nameOfArn } from '../../aws/arn';
import {
  type Association,
  associationIdsOf,
  describeAssociation,
} from '../../aws/association';
import { readRole, type Role } from '../../aws/role';
import { ownerRefusal } from '../../guardrails';
import {
  asList,
  parsePolicyDocument,
  type PolicyStatement,
} from '../../iam/policyDocument';
import { sameStatement } from '../../iam/policyCompare';
import { moveSid } from '../../identity/names';
import { deadPrincipals } from '../../identity/trustPrincipals';
import { roleLane } from '../../lifecycle/role/iamWrites';
import { deed } from '../../lifecycle/steps/deed';
import type { PlanBuilder } from '../../lifecycle/steps/PlanBuilder';
import { readOrExplain } from '../../lifecycle/steps/reading';
import { explain, type Scope } from '../../lifecycle/steps/scope';
import type { RunningStep } from '../../lifecycle/steps/Step';
import { fullStop } from '../../text/fullStop';
import { listed } from '../../text/listed';
import { ACCOUNT_TAG, conditionsOf } from '../trustStage';
import {
  appears,
  isRecorded,
  isShown,
  statementOf,
  storeStatements,
} from './ownStatement';
import { tagsOf } from './reading';
import type { TrustRecord, TrustRecords } from './types';

/** Service accounts of the namespace that one of the statements lets in. */
const namesIn = ({ statements }: TrustRecord): string[] => [
  ...new Set(
    statements.flatMap(one =>
      asList(conditionsOf(one).StringEquals?.[ACCOUNT_TAG]).map(String),
    ),
  ),
];

/** Associations that live by the statement, which names their cluster; empty where none does. */
async function users(scope: Scope, record: TrustRecord): Promise<string[]> {
  const { context, read, ref } = scope;
  const found = await Promise.all(
    namesIn(record).map(async serviceAccount => {
      const own = { ...ref, serviceAccount };
      const ids = await associationIdsOf(read, own, context.signal);
      const all = await Promise.all(
        ids.map(id => describeAssociation(read, id, context.signal)),
      );
      return all.flatMap(one =>
        one?.roleArn === record.roleArn ? [one.id] : [],
      );
    }),
  );
  return found.flat();
}

/** Why the statement stays as it is; undefined where it can go. */
async function obstacle(
  scope: Scope,
  { name, trustPolicy }: Role,
  record: TrustRecord,
): Promise<string | undefined> {
  const { Statement } = parsePolicyDocument(trustPolicy);
  if (Statement.length === 1) {
    return `it is the only statement of role ${name}, and IAM stores no policy without one`;
  }
  if (Statement.some(one => deadPrincipals(one).length > 0)) {
    return `another statement of role ${name} names a principal that was deleted, and IAM does not store such a one again`;
  }
  try {
    const ids = await users(scope, record);
    return ids.length > 0
      ? `the association ${listed(ids)} lives by it`
      : undefined;
  } catch (error) {
    scope.context.signal.throwIfAborted();
    const doing = 'look whether an association lives by it';
    return fullStop(explain(scope, doing, error).message).slice(0, -1);
  }
}

async function takeOut(
  scope: Scope,
  step: RunningStep,
  record: TrustRecord,
  trusts: TrustRecords,
): Promise<string> {
  const { context, read, ref } = scope;
  const { roleArn, roleId, sid } = record;
  const name = nameOfArn(roleArn);
  const stays = (why: string) => {
    const said = `Statement ${sid} of role ${name} stays: ${why}`;
    step.wroteNothing();
    step.warn(fullStop(said));
    return said;
  };
  const find = () => readRole(read, name, context.signal);
  let live = await find();
  const gone = async (said: string) => {
    const found = await trusts.find(ref);
    const now = found.find(one => one.roleArn === roleArn);
    const { Statement } = parsePolicyDocument(live?.trustPolicy ?? {});
    const isLeft =
      live?.roleId === roleId &&
      now?.taken?.some(one => !Statement.some(two => sameStatement(one, two)));
    // What was taken out of IRSA and is not back stays recorded
    await (now && isLeft
      ? trusts.put(ref, { ...now, statements: [] })
      : trusts.remove(ref, roleArn));
    return said;
  };
  // One replica of IAM may lag behind another
  if (live?.roleId === roleId && !statementOf(live.trustPolicy, sid)) {
    if (await appears(scope, live, record)) live = await find();
  }
  const there = live && statementOf(live.trustPolicy, sid);
  if (!live || !there) {
    step.wroteNothing();
    return gone(`Statement ${sid} of role ${name} is gone already`);
  }
  if (live.roleId !== roleId) {
    const why =
      'the role was deleted and made again with it since a move added it, so that it is for its owner to take out';
    return gone(stays(why));
  }
  if (!isRecorded(there, record)) {
    return stays('another caller has changed it since the move added it');
  }
  const why = await obstacle(scope, live, record);
  if (why) return stays(why);
  const isOld = (one: PolicyStatement) =>
    one.Sid === sid && isRecorded(one, record);
  try {
    await storeStatements(scope, step, live, {
      trusts,
      actionType: 'remove',
      statement: there,
      record,
      change: all => (all.some(isOld) ? all.filter(one => !isOld(one)) : all),
    });
  } catch (error) {
    // Its owner has closed the role again: what was to be taken back is, but for this
    if (!(error instanceof NotAllowedError)) throw error;
    return stays(error.message);
  }
  const isOut = await isShown(
    scope,
    live,
    trustPolicy => !statementOf(trustPolicy, sid),
  );
  if (isOut) return gone(`Statement ${sid} of role ${name} is out`);
  const said = `Statement ${sid} of role ${name} is there again two minutes after it was taken out: another writer stores it. Roll back once more when that has ended`;
  step.warn(fullStop(said));
  return said;
}

/** What a way back does before. */
interface Back {
  dependsOn: readonly string[];
  /** That it deletes. */
  association?: Association;
}

/** What becomes of one statement that a move added. */
async function planOne(
  builder: PlanBuilder,
  scope: Scope,
  record: TrustRecord,
  trusts: TrustRecords,
  { dependsOn, association }: Back,
): Promise<void> {
  const { context, read } = scope;
  const { roleArn, roleId, sid } = record;
  const name = nameOfArn(roleArn);
  const live = await readOrExplain(scope, `read the role ${name}`, () =>
    readRole(read, name, context.signal),
  );
  const there =
    live?.roleId === roleId ? statementOf(live.trustPolicy, sid) : undefined;
  const step = {
    id: 'role.trust',
    resource: {
      kind: 'trust-statement' as const,
      name: `${sid} of ${name}`,
    },
    dependsOn: [...dependsOn],
  };
  const refusal = await ownerRefusal(
    'The statement',
    tagsOf(scope, record, association),
    context,
  );
  if (refusal || (there && !isRecorded(there, record))) {
    builder.add({
      ...step,
      owner: 'external',
      change: 'keep',
      reason: refusal
        ? `it stays: ${refusal}`
        : 'another caller has changed it since the move added it: it is left alone',
    });
    builder.warn(
      `Statement ${sid} of role ${name} stays: ${fullStop(
        refusal ?? 'another caller has changed it since the move added it',
      )}`,
    );
    return;
  }
  builder.add(
    {
      ...step,
      change: there ? 'delete' : 'keep',
      ...(there ? { before: { ...there } } : {}),
      reason: there
        ? 'a move added it; every other statement stays as it is then'
        : 'it is not there now: looked for again before its record goes',
    },
    {
      ...deed(
        'take',
        `the statement of the move out of the trust policy of ${name}`,
      ),
      lane: roleLane(`role ${roleArn}`, roleArn),
      run: running => takeOut(scope, running, record, trusts),
    },
  );
}

/** Takes out of the trust policies what moves of this service account added, and nothing else, at the end. */
export async function planTrustBack(
  builder: PlanBuilder,
  scope: Scope,
  trusts: TrustRecords | undefined,
  back: Back,
): Promise<void> {
  const records = (await trusts?.find(scope.ref)) ?? [];
  for (const record of records) {
    await planOne(builder, scope, record, trusts!, back);
  }
}

/** Warns of a statement of a move that no record knows: it may be another portal's, or of a database that was lost. */
export async function warnOfUnrecorded(
  builder: PlanBuilder,
  { ref, target }: Scope,
  role: Role | undefined,
  trusts: TrustRecords | undefined,
): Promise<void> {
  const sid = moveSid(target);
  if (!role || !statementOf(role.trustPolicy, sid)) return;
  const records = (await trusts?.find(ref)) ?? [];
  // What becomes of one that is recorded is said by its own step, also where the role was made again
  if (records.some(({ roleArn }) => roleArn === role.arn)) return;
  builder.warn(
    `Statement ${sid} of role ${role.name} stays: a move added it, and no record of ${builder.voice.us} says that it was one of its own. Whether it goes is for the owner of the role to say.`,
  );
}
