import { InputError, NotAllowedError } from '@backstage/errors';
import type { ClusterConfig } from '../clusters/types';
import { sameStatement } from '../iam/policyCompare';
import {
  asList,
  parsePolicyDocument,
  type PolicyStatement,
} from '../iam/policyDocument';
import { judgeAction } from './forbiddenActions';
import { judgeListed } from './inlineActions';

/** One finding of an analysis: where and why. */
export interface PolicyFinding {
  /** `Statement[0].Action[1]` */
  path: string;
  /** `malformed`: AWS would reject it. `forbidden`: a guardrail does. */
  kind: 'malformed' | 'forbidden';
  message: string;
}

/** Size limit of all inline policies of a role, white space not counted. Source: IAM quotas, "Role policy size". */
const MAX_INLINE_BYTES = 10_240;

/** Names that IAM accepts and that leave room for the prefix of our policies. */
const POLICY_NAME = /^[\w+=,.@-]{1,100}$/;

const ELEMENTS = new Set([
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

function analyzeStatement(
  statement: unknown,
  at: string,
  targets: readonly string[],
): PolicyFinding[] {
  const findings: PolicyFinding[] = [];
  const add = (path: string, kind: PolicyFinding['kind'], message: string) =>
    findings.push({ path, kind, message });
  if (!statement || typeof statement !== 'object' || Array.isArray(statement)) {
    add(at, 'malformed', 'must be an object');
    return findings;
  }
  const s = statement as Record<string, unknown>;
  for (const key of Object.keys(s)) {
    if (key === 'Principal' || key === 'NotPrincipal') {
      add(
        `${at}.${key}`,
        'malformed',
        'does not belong in the policy of a role: that is for trust and resource policies',
      );
    } else if (!ELEMENTS.has(key)) {
      add(`${at}.${key}`, 'malformed', 'is not an element of a statement');
    }
  }
  if (s.Effect !== 'Allow' && s.Effect !== 'Deny') {
    add(`${at}.Effect`, 'malformed', 'must be "Allow" or "Deny"');
    return findings;
  }
  if (s.Action === undefined && s.NotAction === undefined) {
    add(`${at}.Action`, 'malformed', 'is missing');
  }
  if (s.Resource === undefined && s.NotResource === undefined) {
    add(`${at}.Resource`, 'malformed', 'is missing');
  }
  if (
    s.Condition !== undefined &&
    (typeof s.Condition !== 'object' ||
      s.Condition === null ||
      Array.isArray(s.Condition))
  ) {
    add(`${at}.Condition`, 'malformed', 'must be an object');
  }
  const actions = s.Action === undefined ? [] : asList(s.Action);
  const resources = s.Resource === undefined ? [] : asList(s.Resource);
  const spots = (name: string, value: unknown, index: number) =>
    Array.isArray(value) ? `${at}.${name}[${index}]` : `${at}.${name}`;
  actions.forEach((action, index) => {
    const path = spots('Action', s.Action, index);
    if (
      typeof action !== 'string' ||
      !(/^\*+$/.test(action) || /^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$/.test(action))
    ) {
      // A wildcard as the service, or a form that IAM does not know, could mean anything.
      add(
        path,
        'malformed',
        `${JSON.stringify(action)} is not an action such as "s3:GetObject"`,
      );
    }
  });
  resources.forEach((resource, index) => {
    if (
      typeof resource !== 'string' ||
      !(resource === '*' || resource.startsWith('arn:'))
    ) {
      add(
        spots('Resource', s.Resource, index),
        'malformed',
        `${JSON.stringify(resource)} is not an ARN or "*"`,
      );
    }
  });
  // A Deny only narrows the role, so it is always harmless.
  if (s.Effect === 'Deny') return findings;

  if (s.NotAction !== undefined) {
    add(
      `${at}.NotAction`,
      'forbidden',
      'allows everything but what it names: list the actions the workload needs',
    );
  }
  if (s.NotResource !== undefined) {
    add(
      `${at}.NotResource`,
      'forbidden',
      'allows everything but what it names: list the resources the workload needs',
    );
  }
  actions.forEach((action, index) => {
    const why = judgeAction(String(action), resources, targets);
    if (why) add(spots('Action', s.Action, index), 'forbidden', why);
  });
  return findings;
}

/**
 * Analyses a policy document that a user wants on a role: what IAM would reject, and what would let a workload extend
 * its own or others' rights. A wildcard that can reach something forbidden counts as naming it.
 *
 * @param targets - patterns of roles that may be assumed
 */
export function analyzePolicy(
  document: unknown,
  targets: readonly string[],
): PolicyFinding[] {
  if (!document || typeof document !== 'object' || Array.isArray(document)) {
    return [
      { path: '', kind: 'malformed', message: 'must be a policy document' },
    ];
  }
  const policy = document as Record<string, unknown>;
  const findings: PolicyFinding[] = [];
  for (const key of Object.keys(policy)) {
    if (!['Version', 'Id', 'Statement'].includes(key)) {
      findings.push({
        path: key,
        kind: 'malformed',
        message: 'is not an element of a policy',
      });
    }
  }
  if (
    policy.Version !== undefined &&
    policy.Version !== '2012-10-17' &&
    policy.Version !== '2008-10-17'
  ) {
    findings.push({
      path: 'Version',
      kind: 'malformed',
      message: 'must be "2012-10-17"',
    });
  }
  const statements =
    policy.Statement === undefined ? [] : asList(policy.Statement);
  if (statements.length === 0) {
    findings.push({
      path: 'Statement',
      kind: 'malformed',
      message: 'is missing',
    });
  }
  statements.forEach((statement, index) =>
    findings.push(
      ...analyzeStatement(
        statement,
        Array.isArray(policy.Statement) ? `Statement[${index}]` : 'Statement',
        targets,
      ),
    ),
  );
  return findings;
}

/** The name of a statement allows nothing. */
const unnamed = ({ Sid: _, ...statement }: PolicyStatement) => statement;

/**
 * What a policy allows beyond the list of inline policies. Its parts have to be well-formed.
 *
 * @param had - statements that the role has already
 */
function unlistedIn(
  document: unknown,
  cluster: ClusterConfig,
  had: readonly PolicyStatement[] = [],
): { news: PolicyFinding[]; kept: PolicyFinding[] } {
  const found = { news: [] as PolicyFinding[], kept: [] as PolicyFinding[] };
  parsePolicyDocument(document).Statement.forEach((statement, index) => {
    if (statement.Effect !== 'Allow') return;
    const isThere = had.some(one =>
      sameStatement(unnamed(one), unnamed(statement)),
    );
    const actions = asList(statement.Action);
    actions.forEach((action, at) => {
      const message = String(action).toLowerCase().startsWith('sts:')
        ? undefined
        : judgeListed(String(action), asList(statement.Resource), cluster);
      const spot = Array.isArray(statement.Action) ? `[${at}]` : '';
      const path = `Statement[${index}].Action${spot}`;
      if (message) {
        found[isThere ? 'kept' : 'news'].push({
          path,
          kind: 'forbidden',
          message,
        });
      }
    });
  });
  return found;
}

/**
 * Judges a policy for a role by the list of what inline policies may allow.
 *
 * @param had - the policies of the role: what they allow already may stay
 * @returns `refused` says why it must not be written; `kept` what would be refused if the role did not have it
 */
export function judgeListedPolicy(
  document: object,
  cluster: ClusterConfig,
  had: Iterable<object | undefined>,
): { refused?: string; kept?: string } {
  const there = [...had].flatMap(one =>
    one ? parsePolicyDocument(one).Statement : [],
  );
  const { news, kept } = unlistedIn(document, cluster, there);
  return {
    refused: news.length ? listed('', news) : undefined,
    kept: kept.length ? listed('', kept) : undefined,
  };
}

function listed(field: string, findings: PolicyFinding[]): string {
  return findings
    .map(({ path, message }) =>
      [[field, path].filter(Boolean).join('.'), message]
        .filter(Boolean)
        .join(' '),
    )
    .join('; ');
}

/** Throws the findings of an analysis; malformed parts first, because the user can correct those. */
export function throwFindings(field: string, findings: PolicyFinding[]): void {
  const malformed = findings.filter(({ kind }) => kind === 'malformed');
  const told = malformed.length ? malformed : findings;
  if (!told.length) return;
  const text = listed(field, told);
  if (malformed.length) throw new InputError(text);
  throw new NotAllowedError(`${text} (guardrails for inline policies)`);
}

function notSwitchedOn({ id, guardrails }: ClusterConfig): string | undefined {
  if (!guardrails.inlinePolicies) {
    return `are not allowed on cluster ${id}: guardrails.inlinePolicies is off`;
  }
  return guardrails.permissionsBoundaryArn
    ? undefined
    : `are not allowed on cluster ${id}: they need guardrails.permissionsBoundaryArn to be configured, so that what they grant stays within it`;
}

/**
 * Judges an inline policy that a role for this cluster already holds.
 *
 * @param own - true for the engine's policy for a target role, which needs no boundary
 * @param isInUse - true where the service account has the role already, and with it what the policy allows
 * @returns the reason against it, to follow the policy's name; undefined when it is allowed
 */
export function judgeInlinePolicy(
  document: unknown,
  cluster: ClusterConfig,
  { own, isInUse }: { own: boolean; isInUse: boolean },
): string | undefined {
  const lack = own ? undefined : notSwitchedOn(cluster);
  if (lack) return `is not allowed: inline policies ${lack}`;
  const found = analyzePolicy(document, cluster.guardrails.targetRoles.allow);
  const findings =
    found.length || isInUse ? found : unlistedIn(document, cluster).news;
  return findings.length
    ? `is not allowed on cluster ${cluster.id}: ${listed('', findings)}`
    : undefined;
}

/**
 * Judges the inline policies of a request, as far as that takes no look at the role: what no configuration allows.
 * Whether they stay within the list is judged by the plan, since a role keeps what it has.
 *
 * @throws InputError or NotAllowedError naming policy, statement and rule
 */
export function checkInlinePolicies(
  policies: Record<string, Record<string, unknown>> | undefined,
  cluster: ClusterConfig,
): void {
  const entries = Object.entries(policies ?? {});
  if (!entries.length) return;
  const lack = notSwitchedOn(cluster);
  if (lack) {
    throw new NotAllowedError(
      `inlinePolicies ${lack}. Use managedPolicyArns instead`,
    );
  }
  // Checked before the analysis, whose time grows with the size.
  const size = Buffer.byteLength(
    entries.map(([, document]) => JSON.stringify(document)).join(''),
  );
  if (size > MAX_INLINE_BYTES) {
    throw new InputError(
      `inlinePolicies have ${size} bytes in all, and a role can hold at most ${MAX_INLINE_BYTES}: shorten them or use a customer-managed policy`,
    );
  }
  for (const [name, document] of entries) {
    const field = `inlinePolicies["${name}"]`;
    if (!POLICY_NAME.test(name)) {
      throw new InputError(
        `${field} is not a policy name: 1 to 100 letters, digits and _ + = , . @ -`,
      );
    }
    throwFindings(
      field,
      analyzePolicy(document, cluster.guardrails.targetRoles.allow),
    );
  }
}
