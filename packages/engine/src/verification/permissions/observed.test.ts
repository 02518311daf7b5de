import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import { noEvidence } from 'backstage-plugin-eks-pod-identity-common';
import { ask, context, denied, run } from '../__testUtils__/judge';
import { known, lacking } from '../framework/fact';
import { permissionsObserved } from './observed';

const HOUR = 3_600_000;
const ago = (hours: number) =>
  new Date(context.now - hours * HOUR).toISOString();
const MESSAGE =
  'User: arn:aws:sts::111122223333:assumed-role/api/eks-x is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action';

const denial = (
  rest: Partial<Evidence['denied'][number]> = {},
): Evidence['denied'][number] => ({
  service: 's3',
  operation: 'ListBuckets',
  code: 'AccessDenied',
  message: MESSAGE,
  count: 1,
  lastAt: ago(1),
  ...rest,
});

describe('permissions.observed', () => {
  const answer = (found: Evidence['denied'], over: object = {}) =>
    ask(permissionsObserved, {
      evidence: known({
        ...noEvidence('unread'),
        state: 'read',
        denied: found,
      }),
      association: known({
        roleArn: 'arn:aws:iam::111122223333:role/api',
        tags: {},
      }),
      role: known(null),
      targetRole: known(null),
      rolePolicies: known({ attached: [], inline: [] }),
      expected: known({ settings: {} }),
      podRun: lacking({ kind: 'not-in-probe', sentence: 'No pod.' }),
      ...over,
    });

  it('judges nothing that was not read', () => {
    expect(answer([], { evidence: known(noEvidence('unread')) })).toEqual({
      status: 'skip',
      message: 'Not checked, because there are no events of CloudTrail.',
      explainedBy: { check: 'workloads.obtained' },
    });
    expect(answer([], { evidence: denied }).status).toBe('unknown');
  });

  it('names each operation, how often and when, and what AWS said last', () => {
    const { counted, message, observed, fix, status } = answer([
      denial(),
      denial({
        service: 'dynamodb',
        operation: 'Scan',
        count: 3,
        lastAt: ago(13),
      }),
    ]);
    expect([status, counted, message, observed]).toEqual([
      'note',
      true,
      'AWS denied the application S3 ListBuckets once, last at 11:00 UTC; DynamoDB Scan 3 times, last on 2025-12-31 at 23:00 UTC.',
      MESSAGE,
    ]);
    expect(fix?.cause).toBe(
      'AWS names the layer: no identity policy allows it.',
    );
    expect(fix?.snippet?.text).toContain('s3:ListAllMyBuckets');
  });

  it('shows the code where AWS sent no message', () => {
    expect(answer([denial({ message: '' })])).toMatchObject({
      observed: 'AccessDenied',
      fix: { cause: 'The message does not say which policy is in the way.' },
    });
  });

  it('names three operations and counts the rest', () => {
    const four = ['A', 'B', 'C', 'D'].map(operation => denial({ operation }));
    expect(answer(four).message).toMatch(/ S3 C once, [^;]+; and 1 more\.$/);
    expect(answer(four.slice(1)).message).toMatch(/ S3 D once, [^;]+ UTC\.$/);
  });

  it('puts beside it what the commands of this run found', () => {
    const tested = (...texts: [number, string][]) =>
      answer([denial()], {
        podRun: known(
          run({
            permissions: Object.fromEntries(
              texts.map(([exitCode, text], at) => [at, { exitCode, text }]),
            ),
          }),
        ),
      }).message;
    const refused: [number, string] = [254, `(AccessDenied) ${MESSAGE}`];
    expect(tested([0, ''], refused, refused)).toMatch(
      /; of the commands that this run tried, 1 of 3 succeeded\.$/,
    );
    expect(tested()).toMatch(/UTC\.$/);
  });

  it('turns green when the same operation succeeded since, unless AWS named a resource', () => {
    expect(answer([denial({ allowedAt: ago(0.5) })])).toEqual({
      status: 'pass',
      message:
        'What AWS denied the application in the last day has succeeded since; calls for data are not among what CloudTrail records.',
    });
    expect(answer([denial({ allowedAt: ago(1) })]).status).toBe('note');
    expect(answer([denial({ allowedAt: ago(2) })]).message).toMatch(
      /S3 ListBuckets once, last at 11:00 UTC\.$/,
    );
    const message = MESSAGE.replace(
      ' because',
      ' on resource: arn:aws:s3:::ledger because',
    );
    expect(answer([denial({ allowedAt: ago(0.5), message })])).toMatchObject({
      status: 'note',
      message:
        'AWS denied the application S3 ListBuckets once, last at 11:00 UTC, and the same call succeeded since, maybe on another resource.',
    });
  });

  it('says what part of the calls was read, where it was not all', () => {
    const said = (found: Evidence['denied'], readUpTo: Evidence['readUpTo']) =>
      answer(found, {
        evidence: known({
          ...noEvidence('unread'),
          state: 'read',
          denied: found,
          readUpTo,
        }),
      }).message;
    expect(said([], { sessions: 3, calls: 50 })).toMatch(
      /not among them; of what CloudTrail has, only the calls of the newest 3 sessions and the newest 50 calls of each session were read\.$/,
    );
    expect(said([denial()], { calls: 50 })).toMatch(
      /UTC; of what CloudTrail has, only the newest 50 calls of each session were read\.$/,
    );
    expect(said([], { events: 200 })).toMatch(/not among them\.$/);
  });

  it('leaves out what was denied a day ago or before the identity was changed', () => {
    expect(answer([denial({ lastAt: ago(24) })]).status).toBe('note');
    expect(answer([denial({ lastAt: ago(24.01) })]).status).toBe('pass');
    const changed = (hours: number) => ({
      association: known({
        roleArn: 'arn:aws:iam::111122223333:role/api',
        modifiedAt: context.now - hours * HOUR,
        tags: {},
      }),
    });
    expect(answer([denial()], changed(1)).status).toBe('note');
    expect(answer([denial()], changed(0.5))).toEqual({
      status: 'pass',
      message:
        'AWS denied none of the calls of the application that CloudTrail recorded in the last day; calls for data are not among them.',
    });
  });
});
