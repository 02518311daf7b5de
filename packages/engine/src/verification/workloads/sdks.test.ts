import { noEvidence } from 'backstage-plugin-eks-pod-identity-common';
import { ask, HAVING, pod, run } from '../__testUtils__/judge';
import { credentialsImds } from '../credentials/imds';
import { workloadsShadowed } from './shadowed';
import { known } from '../framework/fact';
import { sdksOf } from './sdks';

const OFF = known(noEvidence('off'));
const seen = (sdk: string) =>
  known({
    ...noEvidence('unread'),
    state: 'read' as const,
    uses: [
      {
        service: 's3',
        operations: ['ListBuckets'],
        sdk,
        version: '1.0.0',
        count: 1,
        lastAt: '2026-01-01T10:00:00.000Z',
      },
    ],
  });

describe('the SDKs of an application', () => {
  it.each([
    ['nothing', OFF, undefined, undefined, undefined],
    ['an image', OFF, 'python:3.12', undefined, undefined],
    ['the pods', OFF, 'java v2, Rust', undefined, ['Java v2', 'Rust']],
    ['the entity', OFF, undefined, 'Go v1', ['Go v1']],
    ['AWS before both', seen('boto3'), 'Rust', 'Go v1', ['Python']],
    ['no SDK that was measured', seen('PHP'), undefined, undefined, undefined],
  ])('are told by %s', (_who, evidence, ofPod, ofEntity, sdks) => {
    expect(sdksOf(evidence, [pod({ sdk: ofPod })], ofEntity)?.sdks).toEqual(
      sdks,
    );
  });

  const byIrsa = (sdk: string) =>
    ask(workloadsShadowed, {
      evidence: OFF,
      pods: [
        pod({
          sdk,
          containers: [
            {
              ...HAVING,
              carried: [
                {
                  what: 'irsa',
                  said: 'set AWS_ROLE_ARN',
                  remedy: 'AWS_ROLE_ARN',
                  unset: ['AWS_ROLE_ARN-'],
                  likely: true,
                },
              ],
            },
          ],
        }),
      ],
    });

  it('decide whether what a pod carries matters', () => {
    expect(byIrsa('Java v2')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining(
        ', which Java v2, named by an annotation, uses before Pod Identity',
      ),
      fix: { snippet: { text: expect.stringContaining('AWS_ROLE_ARN-') } },
    });
    const spared = byIrsa('JavaScript v2');
    expect(spared).toMatchObject({
      status: 'note',
      message: expect.stringContaining('does not matter to JavaScript v2'),
    });
    expect(spared.fix).toBeUndefined();
  });

  it('decide who becomes the node', () => {
    const cause = (sdk?: string) =>
      ask(credentialsImds, {
        podRun: known(run({ imds: { exitCode: 0, text: 'arn' } })),
        nodes: known([]),
        pods: known([pod({ sdk })]),
      }).fix?.cause;
    expect(cause('Java v2')).toMatch(/Java v2, .*, goes on as the node/);
    expect(cause('Python')).toMatch(/Python, .*, fails and does not go on/);
    expect(cause()).toMatch(/JavaScript v2 and Java v2 go on as the node/);
  });
});
