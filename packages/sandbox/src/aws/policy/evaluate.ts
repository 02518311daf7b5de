import { conditionsMatch } from './conditions';
import { PolicyDocument, PrincipalElement, Statement, many } from './document';
import { RequestContext, arnMatch, wildcardMatch } from './match';

/** The caller, with everything a `Principal` element can name. */
export type Asker =
  | {
      kind: 'aws';
      accountId: string;
      /** The ARN that signed: a user's, or a session's. */
      arn: string;
      /** The user's or role's own ARN. */
      principalArn: string;
      /** `AIDA…` or `AROA…`. */
      uniqueId: string;
    }
  | { kind: 'service'; service: string }
  | { kind: 'federated'; provider: string };

/** May `asker` do `action` on `resource` in this context? */
export interface AccessQuestion {
  action: string;
  resource: string;
  context: RequestContext;
  asker: Asker;
}

/**
 * How closely a resource policy's `Principal` names the caller: the exact session or user, the role behind the session,
 * everybody, or only the account (which leaves the decision to that account's policies).
 */
type Naming = 'self' | 'role' | 'everybody' | 'account';

/** The policy layers that AWS's denials name. */
type Layer =
  | 'service control policy'
  | 'resource-based policy'
  | 'identity-based policy'
  | 'permissions boundary'
  | 'session policy'
  | 'VPC endpoint policy';

/** The decision; a denial names the layer that denied. */
export type Decision =
  | { allowed: true }
  | { allowed: false; explicit: boolean; layer: Layer };

/** A resource's policy. `boundIds` holds the unique IDs of its role and user ARNs at the time it was written. */
export interface ResourcePolicy {
  document: PolicyDocument;
  boundIds?: Record<string, string>;
  /** The account that owns the resource. */
  accountId: string;
}

/** The policies behind a decision. An omitted layer does not limit; an empty list allows nothing. */
export interface PolicyLayers {
  serviceControl?: PolicyDocument[];
  identity: PolicyDocument[];
  boundary?: PolicyDocument[];
  session?: PolicyDocument[];
  /** Of the endpoint that the call passed. */
  vpcEndpoint?: PolicyDocument[];
  resource?: ResourcePolicy;
  /** True when the resource policy must allow, whatever the others say: for role trust and for other accounts. */
  resourceMustAllow?: boolean;
}

function namesAws(
  entry: string,
  asker: Extract<Asker, { kind: 'aws' }>,
  boundIds: Record<string, string> | undefined,
): Naming | undefined {
  if (entry === '*') {
    return 'everybody';
  }
  if (
    entry === asker.accountId ||
    new RegExp(`^arn:[^:]+:iam::${asker.accountId}:root$`).test(entry)
  ) {
    return 'account';
  }
  const bound =
    boundIds && Object.hasOwn(boundIds, entry) ? boundIds[entry] : undefined;
  if (entry === asker.principalArn) {
    if (bound !== undefined && bound !== asker.uniqueId) {
      return undefined;
    }
    return asker.principalArn === asker.arn ? 'self' : 'role';
  }
  if (entry === asker.arn) {
    return 'self';
  }
  return entry === asker.uniqueId ? 'role' : undefined;
}

function namesPrincipal(
  element: PrincipalElement,
  asker: Asker,
  boundIds: Record<string, string> | undefined,
): Naming | undefined {
  if (element === '*') {
    return 'everybody';
  }
  if (asker.kind === 'service') {
    return many(element.Service).includes(asker.service) ? 'self' : undefined;
  }
  if (asker.kind === 'federated') {
    return many(element.Federated).includes(asker.provider)
      ? 'self'
      : undefined;
  }
  const order: Naming[] = ['self', 'role', 'everybody', 'account'];
  const found = many(element.AWS).map(entry =>
    namesAws(entry, asker, boundIds),
  );
  return order.find(naming => found.includes(naming));
}

function actionMatches(statement: Statement, action: string): boolean {
  const matches = (patterns: string[]) =>
    patterns.some(pattern =>
      wildcardMatch(pattern, action, { ignoreCase: true }),
    );
  return statement.NotAction !== undefined
    ? !matches(many(statement.NotAction))
    : matches(many(statement.Action));
}

function resourceMatches(
  statement: Statement,
  resource: string,
  variables: RequestContext | undefined,
): boolean {
  const matches = (patterns: string[]) =>
    patterns.some(pattern => arnMatch(pattern, resource, variables));
  if (statement.NotResource !== undefined) {
    return !matches(many(statement.NotResource));
  }
  // A role's trust policy has no Resource: it is the resource.
  return statement.Resource === undefined || matches(many(statement.Resource));
}

/** Evaluates one document: an explicit deny, how it allows the caller, or nothing. */
function evaluateDocument(
  document: PolicyDocument,
  question: AccessQuestion,
  boundIds?: Record<string, string>,
): { effect: 'Deny' } | { effect: 'Allow'; naming: Naming } | undefined {
  const variables =
    document.Version === '2012-10-17' ? question.context : undefined;
  let allowed: Naming | undefined;
  for (const statement of many(document.Statement)) {
    let naming: Naming | undefined = 'self';
    if (statement.Principal !== undefined) {
      naming = namesPrincipal(statement.Principal, question.asker, boundIds);
    } else if (statement.NotPrincipal !== undefined) {
      naming = namesPrincipal(statement.NotPrincipal, question.asker, boundIds)
        ? undefined
        : 'everybody';
    }
    const applies =
      naming !== undefined &&
      actionMatches(statement, question.action) &&
      resourceMatches(statement, question.resource, variables) &&
      conditionsMatch(statement.Condition, question.context, variables);
    if (!applies) {
      continue;
    }
    if (statement.Effect === 'Deny') {
      return { effect: 'Deny' };
    }
    const order: Naming[] = ['self', 'role', 'everybody', 'account'];
    if (!allowed || order.indexOf(naming!) < order.indexOf(allowed)) {
      allowed = naming;
    }
  }
  return allowed && { effect: 'Allow', naming: allowed };
}

function effectOf(
  documents: PolicyDocument[] | undefined,
  question: AccessQuestion,
): 'Allow' | 'Deny' | 'unlimited' | 'nothing' {
  if (!documents) {
    return 'unlimited';
  }
  const effects = documents.map(
    document => evaluateDocument(document, question)?.effect,
  );
  if (effects.includes('Deny')) {
    return 'Deny';
  }
  return effects.includes('Allow') ? 'Allow' : 'nothing';
}

/**
 * Decides as in "Policy evaluation logic" of the IAM User Guide: an explicit deny anywhere wins; service control
 * policies, boundary and session policy only limit; within one account a resource policy that names the caller is
 * sufficient.
 */
export function decide(
  layers: PolicyLayers,
  question: AccessQuestion,
): Decision {
  const resource =
    layers.resource &&
    evaluateDocument(
      layers.resource.document,
      question,
      layers.resource.boundIds,
    );
  const effects: [Layer, ReturnType<typeof effectOf>][] = [
    ['service control policy', effectOf(layers.serviceControl, question)],
    ['resource-based policy', resource?.effect ?? 'nothing'],
    ['identity-based policy', effectOf(layers.identity, question)],
    ['permissions boundary', effectOf(layers.boundary, question)],
    ['session policy', effectOf(layers.session, question)],
    ['VPC endpoint policy', effectOf(layers.vpcEndpoint, question)],
  ];
  const denied = effects.find(([, effect]) => effect === 'Deny');
  if (denied) {
    return { allowed: false, explicit: true, layer: denied[0] };
  }

  const naming = resource?.effect === 'Allow' ? resource.naming : undefined;
  const sameAccount =
    question.asker.kind !== 'aws' ||
    !layers.resource ||
    layers.resource.accountId === question.asker.accountId;
  const grantedByResource =
    sameAccount && naming !== undefined && naming !== 'account';
  const needed = effects.filter(([layer]) => {
    switch (layer) {
      case 'resource-based policy':
        return Boolean(layers.resourceMustAllow) || !sameAccount;
      case 'identity-based policy':
        return !grantedByResource;
      case 'permissions boundary':
      case 'session policy':
        return !(grantedByResource && naming === 'self');
      default:
        return true;
    }
  });
  const missing = needed.find(([, effect]) => effect === 'nothing');
  return missing
    ? { allowed: false, explicit: false, layer: missing[0] }
    : { allowed: true };
}
