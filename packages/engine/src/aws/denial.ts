/** Layer of AWS's authorisation that denied the call, if AWS's sentence names it. */
export type DenialLayer =
  | 'identity policy'
  | 'resource policy'
  | 'permissions boundary'
  | 'session policy'
  | 'service control policy'
  | 'resource control policy'
  | 'VPC endpoint policy';

const DENIAL =
  /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthorizationError|NotAuthorized|Forbidden|403)$/;

/** Whether a service's error code means that the caller is not allowed to; the services use different ones. */
export function isDenialCode(code: string): boolean {
  return DENIAL.test(code.replace(/^.*[.:#]/, ''));
}

/** Parts of AWS's sentence about a denial. */
export interface Denial {
  principal?: string;
  action?: string;
  resource?: string;
  layer?: DenialLayer;
  /** True for a Deny statement, false when only an Allow is missing. */
  explicit: boolean;
}

const LAYERS: Array<[RegExp, DenialLayer]> = [
  [/resource control polic(y|ies)/i, 'resource control policy'],
  [/service control polic(y|ies)/i, 'service control policy'],
  [/permissions boundar(y|ies)/i, 'permissions boundary'],
  [/session polic(y|ies)/i, 'session policy'],
  [/VPC endpoint polic(y|ies)/i, 'VPC endpoint policy'],
  [/resource-based polic(y|ies)/i, 'resource policy'],
  [/identity-based polic(y|ies)/i, 'identity policy'],
];

const DENIED = /\sis not authorized to perform:?\s+\[?/i;
const WHAT =
  /^([A-Za-z0-9-]+:[A-Za-z0-9*]+)[^\s]*(?:\s+on resource:?\s+(\S+))?/i;

/** Who was denied what, on which resource. */
function partsOf(message: string): (string | undefined)[] {
  const verb = DENIED.exec(message);
  if (!verb) return [];
  const who = message.slice(0, verb.index).trimEnd().split(/\s/).at(-1);
  const what = WHAT.exec(message.slice(verb.index + verb[0].length));
  return what ? [who?.replace(/^User:/i, ''), what[1], what[2]] : [];
}

/**
 * Reads AWS's sentence about a denied call, such as `User: <arn> is not authorized to perform: eks:X on
 * resource: <arn> because no identity-based policy allows the eks:X action`. Parts the sentence does not name
 * are undefined. Source: IAM user guide, "Troubleshoot access denied error messages".
 */
export function parseDenial(message: string): Denial {
  const [principal, action, quoted] = partsOf(message);
  // The layer comes last; an ARN before it could contain the same words.
  const tail = message.slice(
    Math.max(
      message.lastIndexOf(' because '),
      message.lastIndexOf(' with an explicit deny'),
      0,
    ),
  );
  // S3 quotes it.
  const resource = quoted?.replace(/^"|[.,;]$|"[.,;]?$/g, '');
  return {
    principal,
    action,
    resource,
    layer: /because|explicit deny/i.test(tail)
      ? LAYERS.find(([pattern]) => pattern.test(tail))?.[1]
      : undefined,
    explicit: /explicit deny/i.test(message),
  };
}
