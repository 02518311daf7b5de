import { readFileSync, writeFileSync } from 'fs';
import { resolve } from 'path';
import { SDK_PROGRAMS } from '../../evidence/sdks';
import { agentAnswersFacts, ask, node, run } from '../__testUtils__/judge';
import {
  evidenceOf,
  INSTANCE,
  podOf,
  type Situation,
  SITUATIONS,
  STARTED,
} from '../__testUtils__/situations';
import type { AnyCheck } from '../framework/check';
import { credentialsAgentAnswers } from '../credentials/agentAnswers';
import { permissionsObserved } from '../permissions/observed';
import { roleShared } from '../role/shared';
import { workloadsObtained } from './obtained';
import { workloadsShadowed } from './shadowed';
import { workloadsUnsupported } from './unsupported';
import { known, lacking } from '../framework/fact';
import { FALLING_BACK, rulesInWords } from './sdks';

const OTHERS: AnyCheck[] = [
  permissionsObserved,
  roleShared,
  workloadsShadowed,
  workloadsUnsupported,
];

const AGENT_TEXT: Record<Situation['agent'], string | undefined> = {
  credentials: undefined,
  'no answer':
    'Error when retrieving credentials from container-role: Error retrieving metadata: Received error when attempting to retrieve container metadata: Connect timeout on endpoint URL: "http://169.254.170.23/v1/credentials"',
  '400':
    'Error when retrieving credentials from container-role: Error retrieving metadata: Received non 200 response 400 from container metadata: [r]: (AccessDeniedException): Unauthorized Exception! EKS does not have permissions to assume the associated role.',
};

/** What the probe says, which is another program than the application. */
function probeOf({ agent }: Situation) {
  const text = AGENT_TEXT[agent];
  return ask(
    credentialsAgentAnswers,
    agentAnswersFacts(
      text ? { podRun: known(run({ identity: { exitCode: 255, text } })) } : {},
    ),
  );
}

function factsOf(situation: Situation) {
  const pods = [podOf(situation)];
  return {
    pods,
    evidence: known(evidenceOf(situation)),
    association: known({
      roleArn: 'arn:aws:iam::111122223333:role/payments-api',
      targetRoleArn: situation.targetRoleArn,
      createdAt: STARTED - 1_000,
      modifiedAt: STARTED - 1_000,
      tags: {},
    }),
    role: known(null),
    targetRole: known(null),
    rolePolicies: known({ attached: [], inline: [] }),
    expected: known({ settings: {} }),
    serviceAccount: known({ name: 'api', labels: {}, annotations: {} }),
    nodes: known([node('node-1', { instanceId: INSTANCE })]),
    cni: known(null),
    podRun: lacking({ kind: 'not-in-probe', sentence: 'No pod.' }),
  };
}

describe('an application, what the probe says and what AWS recorded', () => {
  it.each(SITUATIONS.map(situation => [situation.name, situation] as const))(
    '%s',
    (_name, situation) => {
      const expected = situation.agent === 'credentials' ? 'pass' : 'fail';
      expect(probeOf(situation).status).toBe(expected);
      const facts = factsOf(situation);
      const { status, message } = ask(workloadsObtained, facts);
      expect([status, message]).toEqual(situation.obtained);
      for (const [id, [wanted, words]] of Object.entries(
        situation.further ?? {},
      )) {
        const check = OTHERS.find(one => one.id === id)!;
        const outcome = ask(check, facts);
        expect([outcome.status, outcome.message]).toEqual([
          wanted,
          expect.stringMatching(words),
        ]);
      }
    },
  );

  it('has the fourteen kinds that people meet, and more', () => {
    expect(SITUATIONS.length).toBeGreaterThanOrEqual(14);
  });
});

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[][]) =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
const code = (text: string | undefined) => (text ? `\`${text}\`` : '');

/** The page, from the tables that the checks use. */
function sdksPage(): string {
  return `# SDKs

How the SDKs of AWS come to credentials in a pod, as the checks know it. Measured against an agent, an instance metadata
service and an STS that told whose keys signed a call. This page is made from the tables of the engine: change those, then
run the tests with \`UPDATE_DOCS=1\`.

## Versions

The portal calls a version too old only where one was measured not to work. AWS's own table differs in places.

${table(
  [
    'program',
    'user agent',
    'oldest that works',
    'newest that does not',
    'AWS says',
  ],
  SDK_PROGRAMS.map(one => [
    one.name,
    code(`${one.product}/${one.major ? `${one.major}.…` : '…'}`),
    one.works ?? 'not measured',
    one.fails ?? '',
    one.aws ?? '',
  ]),
)}

The user agent of Go v2 names the core module, while the module \`config\` decides: 1.25.0 works, 1.22.3 does not.

## Where the keys came from

Today's SDKs write a list of codes into their user agent, \`m/…\`, in any order: \`z\` keys of Pod Identity, \`0\` of the node,
\`h\` or \`k\` of IRSA, \`g\` of the environment, \`n\` of a profile. Older ones write none, which proves nothing.

## What comes before Pod Identity

${table(['the pod carries', 'what follows'], rulesInWords())}

When the agent gives no credentials, programs with ${FALLING_BACK} go on as the node if they can reach its instance
metadata service; all others fail. A pod without the variables of Pod Identity becomes the node with every SDK.

## Tell the portal the SDK

The portal does not guess what an image holds. It takes the SDK that it saw in use, else the annotation
\`backstage.io/aws-sdk\` of the pod template, such as \`Java v2\`, or several with commas between; else it names every SDK that
differs.

## Situations

What the probe says, which runs the AWS CLI, and what the portal says of the application.

${table(
  [
    'situation',
    'the agent answers the probe with',
    'workloads.obtained',
    'its sentence',
  ],
  SITUATIONS.map(one => [
    one.name,
    one.agent,
    code(one.obtained[0]),
    one.obtained[1],
  ]),
)}
`;
}

/** A table however wide its columns are. */
const plain = (text: string) =>
  text.replace(/ *\| */g, '|').replace(/-{3,}/g, '---');

describe('docs/sdks.md', () => {
  it('is what the tables say', () => {
    const path = resolve(__dirname, '../../../../../docs/sdks.md');
    const page = sdksPage();
    if (process.env.UPDATE_DOCS) writeFileSync(path, page);
    expect(plain(readFileSync(path, 'utf8'))).toBe(plain(page));
  });
});
