const SECRETS: Array<[RegExp, string]> = [
  // Tokens for the Kubernetes API: a replayable presigned URL inside.
  [/k8s-aws-v1\.[A-Za-z0-9_-]+/g, 'k8s-aws-v1.[redacted]'],
  [/\bBearer\s+[A-Za-z0-9._~+/=-]+/gi, 'Bearer [redacted]'],
  [
    /(X-Amz-(?:Security-Token|Signature|Credential)=)[^&\s"']+/gi,
    '$1[redacted]',
  ],
  [
    /("?(?:SecretAccessKey|SessionToken|Token|secret_access_key|session_token)"?\s*[:=]\s*"?)[^",\s}<]+/g,
    '$1[redacted]',
  ],
  // As settings of a shell, a pod or an INI file.
  [
    /(\bAWS_(?:SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|CONTAINER_AUTHORIZATION_TOKEN)["']?\s*[:=]\s*["']?)[^\s"',;}]+/gi,
    '$1[redacted]',
  ],
  [/(<(SecretAccessKey|SessionToken)>)[^<]*/g, '$1[redacted]'],
  // Passwords of others: as settings and in JSON, also within a text; of basic authentication; in addresses.
  [
    /((?:password|passwd|pwd)\\?["']?\s*[:=]\s*)(?:\\?"[^"]*"?|'[^']*'?|[^\s"'&;}]+)/gi,
    '$1[redacted]',
  ],
  [
    /(Authorization\\?["']?\s*[:=]\s*\\?["']?Basic\s+)[A-Za-z0-9+/=]+/gi,
    '$1[redacted]',
  ],
  [/(:\/\/[^\s/:@]*:)[^\s/]+@/g, '$1[redacted]@'],
  // Access key ids are not secret, but they name a credential that no report needs.
  [/\b(A(?:KIA|SIA|BIA|CCA))[A-Z0-9]{12,}\b/g, '$1[redacted]'],
];

/** A run of characters without those of a JSON web token, which has three parts of which the first is an object. */
function withoutWebToken(run: string): string {
  const parts = run.split('.');
  for (let at = 0; at < parts.length - 2; at++) {
    const start = parts[at].search(/\beyJ[\w-]{5}/);
    if (start >= 0 && parts[at + 1]) {
      parts.splice(at, 3, `${parts[at].slice(0, start)}[redacted]`);
    }
  }
  return parts.join('.');
}

/** Each match of `SECRETS` has one of these. Most texts of a sweep have none, and one search is cheaper than eight. */
const HINTS =
  /k8s-aws-v1|bearer|eyJ|x-amz-|key|token|a(?:kia|sia|bia|cca)|passw|pwd|basic|@/i;

/** Removes credentials and tokens from third-party text before it reaches an error, a log or a report. */
export function redact(text: string): string {
  if (!HINTS.test(text)) return text;
  return SECRETS.reduce(
    (result, [pattern, replacement]) => result.replace(pattern, replacement),
    text.replace(/[\w.-]{8,}/g, withoutWebToken),
  );
}
