import { SCENARIOS, isOfApplication, scenariosByRow } from '../scenarios';

function described(name: string): string[] {
  const { description, shows } = SCENARIOS.get(name)!;
  return [
    `       ${name}`,
    `           ${description}`,
    `           → ${shows}`,
  ];
}

/** What `--scenarios` prints: the known failures, and the scenarios that show each. */
export function scenarioList(): string {
  const rows = scenariosByRow().flatMap(
    ({ row, title, notShown, scenarios }) => [
      '',
      `${row.padStart(3)}  ${title}${
        notShown ? `. Not shown: ${notShown}` : ''
      }`,
      ...scenarios.flatMap(described),
    ],
  );
  return [
    'Scenarios break one identity of the sandbox. Start with one: yarn sandbox --scenario trust-without-tag-session',
    'The numbers are those of the known failures of EKS Pod Identity; E marks what only a real cluster shows.',
    ...rows,
    '',
    'Programs in pods, which call AWS as the SDKs do; CloudTrail tells of them:',
    ...[...SCENARIOS.keys()].filter(isOfApplication).flatMap(described),
  ].join('\n');
}
