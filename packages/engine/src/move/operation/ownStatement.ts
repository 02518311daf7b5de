import { ConflictError, NotAllowedError } from '@backstage/errors';
import { propagationPolling } from '../../async/polling';
import { retryUntil } from '../../async/retry';
import { packages } from '../../async/packages';
import { classifyAwsError } from '../../aws/classify';
import { EDIT_TRUST_TAG } from '../../aws/portalRights';
import { readRole, type Role } from '../../aws/role';
import { sameStatement } from '../../iam/policyCompare';
import {
  parsePolicyDocument,
  type PolicyStatement,
} from '../../iam/policyDocument';
import { iamWrite } from '../../lifecycle/role/iamWrites';
import {
  changedSincePlan,
  emit,
  type Scope,
} from '../../lifecycle/steps/scope';
import type { RunningStep } from '../../lifecycle/steps/Step';
import { permissionsPage } from '../../text/permissionsPage';
import type { TrustRecord, TrustRecords, TrustWrite } from './types';

/**
 * After a write: IAM shows it within seconds, and takes whole documents without a version, so that another writer may store
 * what it had read before. Milliseconds.
 */
export const LOOKS_MS = [5_000, 30_000, 120_000];
const LAST_MS = LOOKS_MS[LOOKS_MS.length - 1];

/** The statement of a Sid. */
export const statementOf = (
  trustPolicy: unknown,
  sid: string,
): PolicyStatement | undefined =>
  parsePolicyDocument(trustPolicy).Statement.find(({ Sid }) => Sid === sid);

/** Whether a statement is in one of the forms in which it was written. */
export const isRecorded = (
  statement: PolicyStatement,
  { statements }: Pick<TrustRecord, 'statements'>,
): boolean => statements.some(one => sameStatement(one, statement));

/** @throws ConflictError where it is not the role of that id any more */
export async function roleNow(
  { context, read }: Scope,
  { name, roleId }: Pick<Role, 'name' | 'roleId'>,
): Promise<Role> {
  const live = await readRole(read, name, context.signal);
  if (live?.roleId === roleId) return live;
  throw changedSincePlan(
    `Role ${name}`,
    live
      ? 'it was deleted and another one of that name was made'
      : 'it was deleted',
  );
}

/** A change of the statement of a move. */
interface StatementChange extends Pick<TrustWrite, 'actionType' | 'statement'> {
  /** Of what stands after it; kept before the write. */
  record: TrustRecord;
  trusts: TrustRecords;
  /** Answers what it was given where nothing is to be written. */
  change(statements: PolicyStatement[]): PolicyStatement[];
}

/**
 * Changes the statements of a trust policy as it is at this moment: it is read again for each attempt, before the write. The
 * client repeats a write that AWS did not answer, with what was read then.
 *
 * @throws NotAllowedError that names the right and the tag; ConflictError where the policy has no room
 */
export async function storeStatements(
  scope: Scope,
  step: RunningStep,
  role: Pick<Role, 'name' | 'roleId'>,
  { actionType, change, record, statement, trusts }: StatementChange,
): Promise<void> {
  const { cluster, context, ref, voice, write } = scope;
  const { name } = role;
  const call = async () => {
    const { trustPolicy } = await roleNow(scope, role);
    const { Statement, ...rest } = parsePolicyDocument(trustPolicy);
    const then = change(Statement);
    if (then === Statement) return;
    // Before the write, so that none is without its record
    if (actionType !== 'remove') await trusts.put(ref, record);
    const send = async () => {
      await write.aws.iam.send(
        new packages.iam.UpdateAssumeRolePolicyCommand({
          RoleName: name,
          PolicyDocument: JSON.stringify({ ...rest, Statement: then }),
        }),
      );
    };
    const { operation } = context;
    await (trusts.audited?.(
      ref,
      { actionType, statement, record, operation },
      send,
    ) ?? send());
  };
  try {
    await iamWrite(scope, step, call, { name });
  } catch (error) {
    const { code, kind } = classifyAwsError(error);
    if (code.startsWith('LimitExceeded')) {
      throw new ConflictError(
        `The trust policy of role ${name} has no room for the statement: AWS answered ${code}. Nothing was changed in it. Its owner can shorten it, or have the quota of the account raised`,
      );
    }
    if (kind !== 'denied') throw error;
    // The portal has this right twice, for roles that it made and for these, and AWS does not say which one it means
    throw new NotAllowedError(
      `AWS answered ${code}: ${
        voice.me
      } is not allowed to change the trust policy of role ${name}. Its write role takes the statement of ${permissionsPage(
        cluster,
      )}#aws-moving, and role ${name} the tag ${EDIT_TRUST_TAG}=${
        context.config.portalId
      }`,
    );
  }
}

/** The statement went missing. */
export const lost = (sid: string, name: string) =>
  new ConflictError(
    `Statement ${sid}, which this move added, is no longer in the trust policy of role ${name}: another writer, such as a run of Terraform, stored the policy without it. Nothing further was written. Find out who keeps the policy and add the statement there, then move again`,
  );

async function has(
  scope: Scope,
  role: Pick<Role, 'name' | 'roleId'>,
  is: (statement: PolicyStatement) => boolean,
): Promise<boolean> {
  const { trustPolicy } = await roleNow(scope, role);
  return parsePolicyDocument(trustPolicy).Statement.some(is);
}

/**
 * Reads the trust policy again 5, 30 and 120 seconds after a write, or as many of these as are still to come.
 *
 * @param since - of the write, epoch milliseconds
 * @throws ConflictError where the statement is gone
 */
export async function waitForStatement(
  scope: Scope,
  step: Pick<RunningStep, 'id'>,
  role: Pick<Role, 'name' | 'roleId'>,
  {
    sid,
    since,
    statements,
  }: Pick<TrustRecord, 'sid' | 'statements'> & { since: number },
): Promise<void> {
  const { clock, signal } = scope.context;
  const is = (one: PolicyStatement) =>
    one.Sid === sid && isRecorded(one, { statements });
  let wasSeen = false;
  const left = LOOKS_MS.filter(ms => since + ms > clock.now());
  if (left.length > 0) {
    await emit(scope, {
      type: 'step',
      data: {
        id: step.id,
        status: 'waiting',
        message: `Waiting until the statement has stood for two minutes: IAM takes whole policies, and another writer may store one without it`,
      },
    });
  }
  for (const ms of left.length > 0 ? left : [LAST_MS]) {
    await clock.sleep(Math.max(0, since + ms - clock.now()), signal);
    const isThere = await has(scope, role, is);
    // Not shown yet is not gone, and one replica of IAM may lag behind another
    if (!isThere && (wasSeen || ms === LAST_MS)) {
      await clock.sleep(LOOKS_MS[0], signal);
      if (!(await has(scope, role, is))) throw lost(sid, role.name);
    }
    wasSeen ||= isThere;
  }
}

/** Whether IAM shows a statement of this Sid until two minutes after the record of it, or in two readings in any case. */
export async function appears(
  scope: Scope,
  role: Pick<Role, 'name' | 'roleId'>,
  { at, sid }: Pick<TrustRecord, 'at' | 'sid'>,
): Promise<boolean> {
  const { clock, signal } = scope.context;
  const last = Math.max(Date.parse(at) + LAST_MS, clock.now() + LOOKS_MS[0]);
  while (clock.now() < last) {
    const ms = Math.min(LOOKS_MS[0], last - clock.now());
    await clock.sleep(ms, signal);
    if (await has(scope, role, ({ Sid }) => Sid === sid)) return true;
  }
  return false;
}

/** Whether IAM shows a change of the trust policy within two minutes. */
export async function isShown(
  scope: Scope,
  role: Pick<Role, 'name' | 'roleId'>,
  is: (trustPolicy: unknown) => boolean,
): Promise<boolean> {
  const { clock, config, signal } = scope.context;
  const found = await retryUntil(
    clock,
    {
      deadlineMs: LAST_MS,
      polling: propagationPolling(config.timings.retryPause),
      signal,
    },
    async () => {
      const { trustPolicy } = await roleNow(scope, role);
      return is(trustPolicy) || undefined;
    },
  );
  return found === true;
}
