import { parseOperator } from './conditions';
import { PolicyDocument, Statement, many } from './document';

/** What a document is for; each use has its own rules. */
export type PolicyUse = 'identity' | 'trust' | 'resource';

/** Thrown for a malformed document, with IAM's message. */
export class MalformedPolicy extends Error {}

const FIELDS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);
const TRUST_ACTIONS =
  /^(\*|sts:(\*|AssumeRole|AssumeRoleWithSAML|AssumeRoleWithWebIdentity|TagSession|SetSourceIdentity|SetContext|[A-Za-z]*\*[A-Za-z*]*))$/i;

const isText = (value: unknown): value is string => typeof value === 'string';
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function textList(value: unknown): boolean {
  return isText(value) || (Array.isArray(value) && value.every(isText));
}

function checkActions(statement: Statement, use: PolicyUse) {
  const actions = statement.Action ?? statement.NotAction;
  if (actions === undefined) {
    throw new MalformedPolicy(
      use === 'trust'
        ? 'Missing required field Action'
        : 'Policy statement must contain actions.',
    );
  }
  if (statement.Action !== undefined && statement.NotAction !== undefined) {
    throw new MalformedPolicy('Syntax errors in policy.');
  }
  if (!textList(actions) || many(actions).length === 0) {
    throw new MalformedPolicy(
      use === 'trust'
        ? 'Syntax errors in policy.'
        : 'Policy statement must contain actions.',
    );
  }
  for (const action of many(actions)) {
    if (action !== '*' && !/^[a-zA-Z0-9-]+:[\w*?]+$/.test(action)) {
      throw new MalformedPolicy(
        'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
      );
    }
    if (use === 'trust' && !TRUST_ACTIONS.test(action)) {
      throw new MalformedPolicy(
        'AssumeRole policy may only specify STS AssumeRole actions.',
      );
    }
  }
}

function checkResources(statement: Statement, use: PolicyUse) {
  const resources = statement.Resource ?? statement.NotResource;
  if (use === 'trust') {
    if (resources !== undefined) {
      throw new MalformedPolicy('Has prohibited field Resource');
    }
    return;
  }
  if (
    resources === undefined ||
    !textList(resources) ||
    many(resources).length === 0
  ) {
    throw new MalformedPolicy('Policy statement must contain resources.');
  }
  for (const resource of many(resources)) {
    if (
      resource !== '*' &&
      !/^arn:[^:]*:[^:]*:(?:\$\{[^}]*\}|[^:$])*:(?:\$\{[^}]*\}|[^:$])*:.+$/s.test(
        resource,
      )
    ) {
      throw new MalformedPolicy(
        `Resource ${resource} must be in ARN format or "*".`,
      );
    }
  }
}

function checkPrincipal(statement: Statement, use: PolicyUse) {
  const principal = statement.Principal ?? statement.NotPrincipal;
  if (use === 'identity') {
    if (principal !== undefined) {
      throw new MalformedPolicy(
        'Policy document should not specify a principal.',
      );
    }
    return;
  }
  if (principal === undefined) {
    throw new MalformedPolicy('Missing required field Principal');
  }
  if (principal === '*') {
    return;
  }
  if (!isRecord(principal) || Object.keys(principal).length === 0) {
    throw new MalformedPolicy('Invalid principal in policy.');
  }
  for (const [type, values] of Object.entries(principal)) {
    const known = ['AWS', 'Service', 'Federated', 'CanonicalUser'];
    if (!known.includes(type) || !textList(values)) {
      throw new MalformedPolicy('Invalid principal in policy.');
    }
    for (const value of many(values)) {
      if (
        type === 'Service' &&
        !/^[\w.-]+\.amazonaws\.com(\.cn)?$/.test(value)
      ) {
        throw new MalformedPolicy(
          `Invalid principal in policy: "SERVICE":"${value}"`,
        );
      }
      if (
        type === 'AWS' &&
        !/^(\*|\d{12}|A[A-Z0-9]{20}|arn:aws[\w-]*:(iam|sts)::\d{12}:.+)$/.test(
          value,
        )
      ) {
        throw new MalformedPolicy(
          `Invalid principal in policy: "AWS":"${value}"`,
        );
      }
    }
  }
}

function checkCondition(statement: Statement) {
  if (statement.Condition === undefined) {
    return;
  }
  if (!isRecord(statement.Condition)) {
    throw new MalformedPolicy('Syntax errors in policy.');
  }
  for (const [operator, keys] of Object.entries(statement.Condition)) {
    if (!parseOperator(operator)) {
      throw new MalformedPolicy(`Invalid Condition type : ${operator}`);
    }
    if (!isRecord(keys)) {
      throw new MalformedPolicy('Syntax errors in policy.');
    }
    for (const [key, values] of Object.entries(keys)) {
      if (!/^[\w./-]+:.+$/.test(key)) {
        throw new MalformedPolicy(
          'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
        );
      }
      const fine = many(values as unknown[]).every(value =>
        ['string', 'number', 'boolean'].includes(typeof value),
      );
      if (!fine) {
        throw new MalformedPolicy('Syntax errors in policy.');
      }
    }
  }
}

function checkStatement(value: unknown, use: PolicyUse): Statement {
  if (!isRecord(value)) {
    throw new MalformedPolicy('Syntax errors in policy.');
  }
  const unknown = Object.keys(value).find(key => !FIELDS.has(key));
  if (unknown) {
    throw new MalformedPolicy(
      use === 'trust' ? `Unknown field ${unknown}` : 'Syntax errors in policy.',
    );
  }
  const statement = value as unknown as Statement;
  if (statement.Effect === undefined) {
    throw new MalformedPolicy(
      use === 'trust'
        ? 'Missing required field Effect'
        : 'Missing required field Effect cannot be empty!',
    );
  }
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
    throw new MalformedPolicy(`Invalid effect: ${statement.Effect}`);
  }
  if (
    statement.Sid !== undefined &&
    use !== 'resource' &&
    (!isText(statement.Sid) || !/^[A-Za-z0-9]*$/.test(statement.Sid))
  ) {
    throw new MalformedPolicy(
      'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
    );
  }
  checkPrincipal(statement, use);
  checkActions(statement, use);
  checkResources(statement, use);
  checkCondition(statement);
  return statement;
}

/** Parses and validates a new policy document as IAM does; throws {@link MalformedPolicy}. */
export function validatePolicy(text: string, use: PolicyUse): PolicyDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MalformedPolicy(
      use === 'trust'
        ? 'This policy contains invalid Json'
        : 'Syntax errors in policy.',
    );
  }
  if (!isRecord(value)) {
    throw new MalformedPolicy('Syntax errors in policy.');
  }
  if (
    value.Version !== undefined &&
    value.Version !== '2012-10-17' &&
    value.Version !== '2008-10-17'
  ) {
    throw new MalformedPolicy('Syntax errors in policy.');
  }
  if (value.Version !== '2012-10-17' && use === 'identity') {
    throw new MalformedPolicy(
      'Policy document must be version 2012-10-17 or greater.',
    );
  }
  const statements = many(value.Statement as Statement | Statement[]);
  if (statements.length === 0) {
    throw new MalformedPolicy(
      use === 'trust'
        ? 'Missing required field Statement'
        : 'Syntax errors in policy.',
    );
  }
  const sids = new Set<string>();
  for (const entry of statements) {
    const statement = checkStatement(entry, use);
    if (statement.Sid) {
      if (sids.has(statement.Sid)) {
        throw new MalformedPolicy(
          'Statement IDs (SID) in a single policy must be unique.',
        );
      }
      sids.add(statement.Sid);
    }
  }
  return value as unknown as PolicyDocument;
}
