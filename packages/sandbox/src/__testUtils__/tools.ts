import { delimiter, dirname } from 'node:path';

/**
 * The real `aws` and `kubectl` that the test run has chosen. It starts them so that they reach nothing but this machine;
 * any other on PATH might ask the real AWS.
 */
export const aws = () => chosen('AWS_CLI');
export const kubectl = () => chosen('KUBECTL');

/** PATH on which those programs come first. */
export function toolsPath(): string {
  const folders = [process.env.AWS_CLI, process.env.KUBECTL]
    .filter(path => path !== undefined)
    .map(path => dirname(path));
  return [...new Set([...folders, '/usr/bin', '/bin'])].join(delimiter);
}

function chosen(variable: 'AWS_CLI' | 'KUBECTL'): string {
  const path = process.env[variable];
  if (!path) {
    throw new Error(
      `${variable} is not set. Run this test by "npm test -- lab -- PATH", which chooses the program.`,
    );
  }
  return path;
}
