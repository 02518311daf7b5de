import type { Attack } from './attacks';

/** Words in place of those that stand from `at` on. */
const words = (
  name: string,
  said: string | string[],
  at: number,
  ...given: string[]
): Attack => [
  name,
  said,
  pod => {
    const { command } = pod.spec.containers[0];
    command.splice(at, command.length, ...given);
  },
];
const COMMAND = 'another command than the script of the probe';
const COUNT = 'another number of words than a permission check says';
const UNLISTED = 'a command that guardrails.probe.commands';
const OPTION = 'an option that guardrails.probe.commands';
const EXPANDED = 'control characters, or a word that Kubernetes would expand';
const LS = ['s3', 'ls'];

/** Attacks on the command of the probe: its shell, its script, and the words that the script reads. */
export const COMMAND_ATTACKS: Attack[] = [
  words('no command', [COMMAND, COUNT, UNLISTED], 0, '/bin/bash'),
  [
    'another shell',
    COMMAND,
    pod => {
      pod.spec.containers[0].command[0] = '/bin/sh';
    },
  ],
  [
    'another script',
    COMMAND,
    pod => {
      pod.spec.containers[0].command[2] = 'env';
    },
  ],
  [
    'a longer script',
    [COMMAND, EXPANDED],
    pod => {
      pod.spec.containers[0].command[2] += 'env\n';
    },
  ],
  [
    'a file in place of the script',
    COMMAND,
    pod => {
      pod.spec.containers[0].command[1] = '/tmp/file';
    },
  ],
  [
    'another flag of the shell',
    [COMMAND, OPTION],
    pod => {
      pod.spec.containers[0].command[1] = '-ic';
    },
  ],
  words(
    'another name of the script',
    COMMAND,
    3,
    'x',
    '/dev/termination-log',
    '13',
    'no',
  ),
  words('another file to write', COMMAND, 4, '/tmp/.bashrc', '13', 'no'),
  words('code in place of a number', COMMAND, 5, 'out[$$(env)]', 'no'),
  words('another question', COMMAND, 6, 'maybe'),
  words(
    'code in place of a count',
    [COUNT, UNLISTED],
    7,
    'p.x',
    'out[$$(env)]',
    ...LS,
  ),
  words(
    'a count that is too small',
    [COUNT, UNLISTED],
    7,
    'p.x',
    '2',
    ...LS,
    'out[$$(env)]',
  ),
  words('a count that is too large', [COUNT, UNLISTED], 7, 'p.x', '9', ...LS),
  words(
    'more checks than there are',
    COUNT,
    7,
    ...['1', '2', '3', '4', '5'].flatMap(one => [`p.${one}`, '2', ...LS]),
  ),
  words(
    'a command that writes',
    UNLISTED,
    7,
    'p.x',
    '4',
    's3',
    'cp',
    's3://a/b',
    's3://c/d',
  ),
  ...[1, 2, 3].map(before =>
    words(
      `a command that writes, behind ${before}`,
      UNLISTED,
      7,
      ...Array(before)
        .fill(['p.x', '2', ...LS])
        .flat(),
      ...['p.y', '4', 's3', 'cp', 's3://a/b', 's3://c/d'],
    ),
  ),
  words(
    'settings of the AWS CLI',
    UNLISTED,
    7,
    'p.x',
    '2',
    ...LS,
    'p.y',
    '4',
    'configure',
    'set',
    'credential_process',
    'env',
  ),
  words('a line of the probe itself', UNLISTED, 7, 'identity', '2', ...LS),
  words(
    'another endpoint',
    OPTION,
    7,
    'p.x',
    '4',
    ...LS,
    '--endpoint-url',
    'evil.example',
  ),
  words(
    'a file',
    'a word that the AWS CLI would load',
    7,
    'p.x',
    '4',
    ...LS,
    '--page-size',
    'FILE:///var/run/secrets/x',
  ),
  words(
    'a file, put together',
    EXPANDED,
    7,
    'p.x',
    '4',
    ...LS,
    '--page-size',
    'fi$(AWS_PAGER)le:///var/run/secrets/x',
  ),
  words(
    'a value of the environment',
    EXPANDED,
    7,
    'p.x',
    '3',
    ...LS,
    's3://$(HOME)',
  ),
  words('a line of its own', EXPANDED, 7, 'p.x', '3', ...LS, 'a\nb'),
];
