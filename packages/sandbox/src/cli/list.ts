import { SCENARIOS, scenariosByRow } from '../scenarios';

/** What `--scenarios` prints: the known failures, and the scenarios that show each. */
export function scenarioList(): string {
  const rows = scenariosByRow().flatMap(
    ({ row, title, notShown, scenarios }) => [
      '',
      `${row.padStart(3)}  ${title}${
        notShown ? `. Not shown: ${notShown}` : ''
      }`,
      ...scenarios.flatMap(name => {
        const { description, shows } = SCENARIOS.get(name)!;
        return [
          `       ${name}`,
          `           ${description}`,
          `           → ${shows}`,
        ];
      }),
    ],
  );
  return [
    'Scenarios break one identity of the sandbox. Start with one: yarn sandbox --scenario trust-without-tag-session',
    'The numbers are those of the known failures of EKS Pod Identity; E marks what only a real cluster shows.',
    ...rows,
  ].join('\n');
}
