import type {
  AccessGap,
  AccessRole,
  AccessRow,
  ClusterAccess,
} from 'backstage-plugin-eks-pod-identity-common';
import { accountOfArn } from '../aws/arn';
import { makerOfRole } from '../identity/roleMaker';
import {
  readWebIdentityTrust,
  type WebIdentityTrust,
} from '../identity/webIdentityTrust';
import { foreign } from '../text/foreign';
import {
  type Fact,
  known,
  lacking,
  valueOf,
} from '../verification/framework/fact';
import type { AccessFacts, RoleOfAccount } from './facts';
import { findingsOf } from './findings';
import { fitting } from './fitting';
import { judgeNodeGroups } from './nodeGroups';
import { computesOf } from './obstacles';
import {
  type Account,
  accountsWithAccess,
  askedFor,
  roadsOf,
  workloadsOf,
} from './roads';
import { questionOf } from './trust';
import { verdictOf } from './verdict';

/** Names that a row keeps. */
const MOST_SHARERS = 20;
const MOST_WORKLOADS = 10;

const roleOf = (arn: string, facts: AccessFacts): RoleOfAccount | undefined =>
  valueOf(facts.roles)?.get(arn);

/** What the role's trust policy says of IRSA; undefined where the role or the issuer was not read. */
export function trustOf(
  account: Account,
  facts: AccessFacts,
): WebIdentityTrust | undefined {
  const { annotated, association } = account;
  const roleArn = association?.roleArn ?? annotated?.roleArn ?? '';
  const found = roleOf(roleArn, facts);
  const question = questionOf(account, facts, roleArn);
  return found && question
    ? readWebIdentityTrust(found.role.trustPolicy, question)
    : undefined;
}

/** Others whom a pattern of the trust policy lets in today; none of them stands in the policy. */
function othersFitting(
  { namespace, name }: Account,
  facts: AccessFacts,
  arn: string,
): Pick<AccessRole, 'fitting' | 'fittingCount'> {
  const own = `${namespace}/${name}`;
  const names = fitting(facts, arn).filter(key => key !== own);
  return { fitting: names.slice(0, MOST_SHARERS), fittingCount: names.length };
}

/** Whether a role exists that the list of roles lacks; undefined where that is not known. */
function existsBeside(
  arn: string,
  { association }: Account,
  { cluster, roles }: AccessFacts,
): boolean | undefined {
  const asked =
    association?.roleArn === arn ? association.askedRole : undefined;
  if (asked) return asked.known ? asked.value?.arn === arn : undefined;
  return roles.known && accountOfArn(arn) === cluster.accountId
    ? false
    : undefined;
}

function describedRole(
  arn: string,
  account: Account,
  facts: AccessFacts,
  trust: WebIdentityTrust | undefined,
): AccessRole {
  const found = roleOf(arn, facts);
  if (!found) {
    const exists = existsBeside(arn, account, facts);
    return { arn, ...(exists === undefined ? {} : { exists }) };
  }
  const maker = makerOfRole(found.role);
  const { lastUsed } = found.role;
  return {
    arn,
    exists: true,
    ...(maker ? { maker: maker.tool, makerBy: maker.by } : {}),
    ...(lastUsed ? { lastUsedAt: new Date(lastUsed.at).toISOString() } : {}),
    ...(trust
      ? {
          letsIn: trust.answer === 'yes',
          shapes: trust.shapes,
          sharedWith: trust.sharers.slice(0, MOST_SHARERS),
          sharedWithCount: trust.sharers.length,
          ...(trust.pattern === undefined
            ? {}
            : othersFitting(account, facts, arn)),
        }
      : {}),
  };
}

function rowOf(account: Account, facts: AccessFacts, now: number): AccessRow {
  const { namespace, name, association, annotated, pods } = account;
  const trust = trustOf(account, facts);
  const judged = verdictOf(account, facts, trust);
  const { verdict, sentence, reasons = [], trustReasons = [] } = judged;
  const found = { account, facts, trust, now };
  const findings = findingsOf(found, judged.fault);
  const roleArn =
    association?.roleArn ?? annotated?.roleArn ?? [...account.irsa.roles][0];
  const { obtainedAt, refusedAt } = roleArn ? askedFor(account, roleArn) : {};
  return {
    ref: { cluster: facts.cluster.id, namespace, serviceAccount: name },
    roads: roadsOf(account),
    verdict,
    sentence,
    reasons,
    ...(judged.alone ? { alone: judged.alone } : {}),
    ...(judged.movesByHand ? { movesByHand: true } : {}),
    ...(judged.statement ? { statement: judged.statement } : {}),
    ...(findings.length ? { findings } : {}),
    ...(roleArn
      ? {
          role: {
            ...describedRole(roleArn, account, facts, trust),
            ...(trustReasons.length ? { trustReasons } : {}),
          },
        }
      : {}),
    ...(judged.addon ? { addon: judged.addon } : {}),
    workloads: [...workloadsOf(account).keys()].sort().slice(0, MOST_WORKLOADS),
    pods: pods.count,
    compute: computesOf(account, facts),
    ...(facts.use.known ? { programs: account.use?.programs ?? [] } : {}),
    ...(obtainedAt ? { irsaAt: obtainedAt } : {}),
    ...(refusedAt ? { refusedAt } : {}),
  };
}

const NOT_READY = 'so that no verdict is "ready"';

/** What is missing of a look where something was not read. */
const COSTS: Record<AccessGap['what'], string> = {
  serviceAccounts:
    'Service accounts with the annotation of IRSA are missing; those whose pods show it are "cannot tell", without their trust policies, and an annotation that is left over beside Pod Identity is not seen.',
  pods: `Pods, what they run on, and what only pods show of keys and kube2iam are missing, ${NOT_READY}. The look cannot say which pods may use the role of their node.`,
  workloads: `Workloads without running pods are missing, ${NOT_READY}.`,
  networkPolicies: `Whether NetworkPolicies keep pods from the agent is missing, ${NOT_READY}.`,
  nodes: `What pods run on is missing, ${NOT_READY}.`,
  associations:
    'Service accounts with Pod Identity are missing, and all on IRSA are "cannot tell".',
  addons: 'Service accounts that EKS annotated are "cannot tell".',
  providers:
    'Whether the account trusts the OIDC provider of the cluster is missing: what is broken because it does not may read "ready".',
  roles:
    'Makers, trust policies and last use of roles are missing; verdicts on IRSA that depend on a role of this account are "cannot tell", "nothing to move" may stand where a statement is left over, and where the role of an association is gone or does not let it in, and owners by tag are not shown their roles.',
  use: `SDKs and the last use by IRSA are missing, ${NOT_READY}.`,
  globalUse:
    'For programs that ask the global endpoint of STS, SDKs and last use are missing. Service accounts that are set to it are "cannot tell".',
  nodeUse:
    'Which programs act as their node is missing, of some nodes or of all.',
};

function gapsOf(facts: AccessFacts): AccessGap[] {
  const { pods, templates } = facts;
  const stopped = valueOf(facts.nodeUse)?.stopped;
  const unsearched = valueOf(facts.use)?.unsearched;
  const unseen = valueOf(templates)?.unseen.values().next().value;
  const read: [AccessGap['what'], Fact<unknown>][] = [
    ['serviceAccounts', facts.annotated],
    ['pods', pods],
    ['workloads', unseen ? lacking(unseen) : templates],
    ['networkPolicies', valueOf(pods)?.policies ?? known(true)],
    ['nodes', facts.nodes],
    ['associations', facts.associations],
    ['addons', facts.addons],
    ['providers', facts.providers],
    ['roles', facts.roles],
    ['use', facts.use],
    ['globalUse', unsearched ? lacking(unsearched.lack) : known(true)],
    ['nodeUse', stopped ? lacking(stopped) : facts.nodeUse],
  ];
  return read.flatMap(([what, fact]) =>
    fact.known
      ? []
      : [{ what, sentence: fact.lack.sentence, costs: COSTS[what] }],
  );
}

/** The row of one service account; one that could not be judged says so. */
export function judgeAccount(
  account: Account,
  facts: AccessFacts,
  now: number,
): AccessRow {
  try {
    return rowOf(account, facts, now);
  } catch (error) {
    const { namespace, name: serviceAccount } = account;
    return {
      ref: { cluster: facts.cluster.id, namespace, serviceAccount },
      roads: roadsOf(account),
      verdict: 'unknown',
      sentence: `Cannot tell: ${foreign((error as Error).message)}`,
      reasons: [],
      workloads: [],
      pods: account.pods.count,
      compute: [],
    };
  }
}

/** Judges what was read of a cluster: pure, the same facts always give the same rows. */
export function judgeAccess(facts: AccessFacts, now: number): ClusterAccess {
  const { since: usedSince, searched } = valueOf(facts.use) ?? {};
  return {
    cluster: facts.cluster.id,
    at: new Date(now).toISOString(),
    ...(usedSince ? { usedSince, searched } : {}),
    rows: accountsWithAccess(facts).map(account =>
      judgeAccount(account, facts, now),
    ),
    ...(facts.nodeUse.known ? { nodeGroups: judgeNodeGroups(facts) } : {}),
    gaps: gapsOf(facts),
  };
}
