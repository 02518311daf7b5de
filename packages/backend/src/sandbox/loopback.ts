import { isIP } from 'node:net';

/** True for names and addresses that never leave this machine. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1';
}

/** Why an endpoint cannot be the sandbox, or undefined if it can. */
function problemOf(name: string, value: string): string | undefined {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return `${name} is not a URL`;
  }
  return isLoopbackHost(url.hostname)
    ? undefined
    : `${name} points to ${url.hostname}, which is not this machine`;
}

/**
 * Finds settings in an environment that would let AWS calls leave this machine, a sentence each.
 *
 * Without `AWS_ENDPOINT_URL` the SDK calls the real AWS, and `AWS_ENDPOINT_URL_<SERVICE>` takes precedence over it, so
 * both are checked.
 */
export function findEscapes(env: Record<string, string | undefined>): string[] {
  const problems: string[] = [];
  if (!env.AWS_ENDPOINT_URL) {
    problems.push('AWS_ENDPOINT_URL is not set');
  }
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true') {
    problems.push(
      'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS makes the SDK ignore AWS_ENDPOINT_URL',
    );
  }
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('AWS_ENDPOINT_URL') && value) {
      const problem = problemOf(name, value);
      if (problem) problems.push(problem);
    }
  }
  return problems;
}
