import { delimiter, dirname } from 'node:path';

/**
 * The real `aws` and `kubectl` that the test run chose. It starts them so that they reach only this machine;
 * any other copy on PATH might call the real AWS.
 */
export const aws = () => chosen('AWS_CLI');
export const kubectl = () => chosen('KUBECTL');

/** A PATH on which those programs come first. */
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
