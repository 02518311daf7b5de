const SECRETS: Array<[RegExp, string]> = [
  // Tokens for the Kubernetes API: a replayable presigned URL inside.
  [/k8s-aws-v1\.[A-Za-z0-9_-]+/g, 'k8s-aws-v1.[redacted]'],
  [/\bBearer\s+[A-Za-z0-9._~+/=-]+/gi, 'Bearer [redacted]'],
  // JSON web tokens.
  [/\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, '[redacted]'],
  [
    /(X-Amz-(?:Security-Token|Signature|Credential)=)[^&\s"']+/gi,
    '$1[redacted]',
  ],
  [
    /("?(?:SecretAccessKey|SessionToken|Token|secret_access_key|session_token)"?\s*[:=]\s*"?)[^",\s}<]+/g,
    '$1[redacted]',
  ],
  [/(<(SecretAccessKey|SessionToken)>)[^<]*/g, '$1[redacted]'],
  // Access key ids are no secrets, but they name a credential: nobody needs them in a report.
  [/\b(A(?:KIA|SIA|BIA|CCA))[A-Z0-9]{12,}\b/g, '$1[redacted]'],
];

/**
 * Takes credentials and tokens out of a text that somebody else wrote, before it reaches an error, a log or
 * a report.
 */
export function redact(text: string): string {
  return SECRETS.reduce(
    (result, [pattern, replacement]) => result.replace(pattern, replacement),
    text,
  );
}
