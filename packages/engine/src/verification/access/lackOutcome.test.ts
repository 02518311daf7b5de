import { context, shown } from '../__testUtils__/judge';
import type { Lack } from '../framework/fact';
import { lackOutcome } from './lackOutcome';

const outcomeOf = (lack: Partial<Lack>) =>
  shown(
    lackOutcome({ sentence: 'So it is.', ...lack } as Lack, context.cluster),
  );

describe('a check whose facts are not there', () => {
  it.each<[Lack['kind'], object]>([
    ['off', { status: 'skip', message: 'So it is.' }],
    ['not-in-probe', { status: 'skip', message: 'So it is.' }],
    ['withheld', { status: 'skip', message: 'So it is.', withheld: true }],
  ])('is left out where they are %s', (kind, outcome) => {
    expect(outcomeOf({ kind } as Partial<Lack>)).toEqual(outcome);
  });

  it('names the check that explains it', () => {
    expect(
      outcomeOf({ kind: 'because', because: 'role.exists' } as Partial<Lack>),
    ).toMatchObject({
      status: 'skip',
      explainedBy: { check: 'role.exists' },
    });
  });

  it('is unknown where they were refused, with what to allow', () => {
    const aws = { action: 'iam:GetRole', resource: 'arn:r' };
    expect(outcomeOf({ kind: 'denied', via: 'aws', aws })).toMatchObject({
      status: 'unknown',
      explainedBy: { check: 'access.aws' },
      fix: {
        cause: 'The portal itself lacks the right to read it.',
        actions: [
          expect.stringMatching(
            /^Allow iam:GetRole on arn:r to the portal's role\. /,
          ),
        ],
        snippet: { text: expect.stringContaining('"iam:GetRole"') },
      },
    });
    const kubernetes = { verb: 'list', resource: 'pods' };
    const list = (more: object = {}) =>
      outcomeOf({ kind: 'denied', kubernetes: { ...kubernetes, ...more } });
    expect(list().fix?.actions[0]).toMatch(
      /^Allow "list pods" to the portal's user in the cluster\. .*kubernetes-reading\.$/,
    );
    expect(list({ namespace: 'shop', role: 'verify' }).fix?.actions[0]).toMatch(
      /^Allow "list pods" in namespace shop to .*kubernetes-verifying\.$/,
    );
  });

  it('has the fix that the answer itself tells before any other', () => {
    const fix = { cause: 'The network.', actions: ['Look.'] };
    const aws = { action: 'iam:GetRole', resource: 'arn:r' };
    expect(outcomeOf({ kind: 'denied', aws, fix }).fix).toEqual(fix);
    expect(outcomeOf({ kind: 'unreachable', fix }).fix).toEqual(fix);
    expect(outcomeOf({ kind: 'unreachable' }).fix).toBeUndefined();
  });
});
