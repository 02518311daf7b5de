import { isIP } from 'node:net';

/** True for the names and addresses that never leave this machine. */
function isLoopbackHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1';
}

/** Why an endpoint is not the sandbox's, or undefined when it may be. */
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
 * Finds what in an environment would let AWS calls leave this machine.
 *
 * The SDK goes to the real AWS when `AWS_ENDPOINT_URL` is missing, and a service's own `AWS_ENDPOINT_URL_<SERVICE>`
 * wins over it, so both are looked at. Answers one sentence a problem, none when nothing can leave.
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
