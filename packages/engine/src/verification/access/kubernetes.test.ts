import { bash } from '../../text/bash';
import { context, shown, type Shown } from '../__testUtils__/judge';
import type { Outcome } from '../framework/check';
import { known, lacking } from '../framework/fact';
import { accessKubernetes } from './kubernetes';

const admit = (cause: string, actions: string[], who?: string) =>
  lacking({
    kind: 'denied',
    sentence: `${cause} is not admitted.`,
    unauthorized: true,
    fix: {
      cause,
      actions,
      commands: who ? [bash`create ${who}`] : [],
    },
  });

/** Every fact is known, except these. */
const judge = (over: Record<string, unknown>): Shown =>
  shown(
    accessKubernetes.evaluate(
      {
        ...Object.fromEntries(
          accessKubernetes.uses.map(name => [name, known({})]),
        ),
        ...over,
      } as any,
      context,
    ) as Outcome,
  );

describe('access.kubernetes, where the cluster does not admit a role', () => {
  const reader = admit('Reader', ['Add an entry.', 'Read on.'], 'reader');
  const writer = admit('Writer', ['Add an entry.'], 'writer');

  it('says what admits each of them, once', () => {
    expect(
      judge({ pods: reader, nodes: reader, podRights: writer }),
    ).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('Writer is not admitted.'),
      fix: {
        cause: 'Reader Writer',
        actions: ['Add an entry.', 'Read on.'],
        snippet: { language: 'bash', text: 'create reader\n\ncreate writer' },
      },
    });
  });

  it('takes the commands of a bundle that has their text alone', () => {
    const written = (text: string) =>
      lacking({
        kind: 'unreachable',
        sentence: `Not admitted: ${text}.`,
        unauthorized: true,
        fix: {
          cause: 'It is unknown.',
          actions: ['Add it.'],
          snippet: { language: 'bash', text },
        },
      });
    expect(
      judge({ pods: written('create a'), podRights: written('create b') }).fix
        ?.snippet?.text,
    ).toBe('create a\n\ncreate b');
  });

  it('has no command where none is known', () => {
    expect(judge({ pods: admit('Reader', ['Ask.']) }).fix).toEqual({
      cause: 'Reader',
      actions: ['Ask.'],
    });
  });

  it('does not take another lack of rights on pods for it', () => {
    const podRights = lacking({ kind: 'denied', sentence: 'It is unknown.' });
    expect(judge({ podRights }).status).toBe('pass');
  });
});

describe('access.kubernetes, where a private endpoint does not answer', () => {
  const pods = lacking({
    kind: 'unreachable',
    sentence: 'No answer.',
    unreached: true,
    fix: { cause: 'The network.', actions: [] },
  });

  it.each([
    ['vpc-1', / from the VPC of the cluster \(vpc-1\) and networks/],
    [undefined, / from the VPC of the cluster and networks/],
  ])('names its VPC: %s', (vpcId, cause) => {
    const cluster = known({
      endpointPublicAccess: false,
      publicAccessCidrs: [],
      vpcId,
    });
    expect(judge({ pods, cluster }).fix?.cause).toMatch(cause);
  });
});
