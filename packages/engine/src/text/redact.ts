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
  // As settings of a shell, a pod or an INI file.
  [
    /(\bAWS_(?:SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|CONTAINER_AUTHORIZATION_TOKEN)["']?\s*[:=]\s*["']?)[^\s"',;}]+/gi,
    '$1[redacted]',
  ],
  [/(<(SecretAccessKey|SessionToken)>)[^<]*/g, '$1[redacted]'],
  // Access key ids are not secret, but they name a credential that no report needs.
  [/\b(A(?:KIA|SIA|BIA|CCA))[A-Z0-9]{12,}\b/g, '$1[redacted]'],
];

/** Removes credentials and tokens from third-party text before it reaches an error, a log or a report. */
export function redact(text: string): string {
  return SECRETS.reduce(
    (result, [pattern, replacement]) => result.replace(pattern, replacement),
    text,
  );
}
