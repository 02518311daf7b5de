import { relative } from 'node:path';
import { DELAY_NAMES } from '../core/delays';
import { SCENARIOS } from '../scenarios';
import type { Sandbox } from '../sandbox';
import { CliOptions } from './arguments';
import { SettingsFiles } from './settings';

const seconds = (ms: number) => (ms === 0 ? '0' : `${ms / 1000} s`);

/** The message printed when the sandbox is ready. */
export function startupMessage(
  sandbox: Sandbox,
  files: SettingsFiles,
  options: CliOptions,
): string {
  const env = relative(process.cwd(), files.env) || files.env;
  const clusters = sandbox
    .connections()
    .map(c => `    ${c.name.padEnd(18)}${c.region}  ${c.endpoint}`);
  const delays = DELAY_NAMES.map(
    name => `${name} ${seconds(options.delays[name])}`,
  ).join(', ');
  const clock =
    options.rate === 0
      ? 'stopped; advance it with POST /_sandbox/clock/advance'
      : `${options.rate} simulated second(s) per second`;
  return [
    'The EKS sandbox is ready. It imitates AWS on this machine and uses no real account.',
    '',
    `  AWS APIs      ${sandbox.awsEndpoint}`,
    `  Account       ${sandbox.accountId}, region ${sandbox.region}`,
    '  Clusters',
    ...clusters,
    `  Clock         ${clock}`,
    `  Delays        ${delays}`,
    `  Control API   ${sandbox.controlUrl}/`,
    ...options.scenarios.map(
      ({ name }) =>
        `  Scenario      ${name}: ${SCENARIOS.get(name)?.shows ?? 'done'}`,
    ),
    '',
    'In another shell:',
    '',
    `  source ${env} && aws eks list-clusters && kubectl get ns`,
    '',
    'Ctrl-C stops it and discards its state.',
  ].join('\n');
}
