import { KubernetesError } from '../../kubernetes/errors';
import { shown } from '../__testUtils__/judge';
import type { Blocker } from '../framework/blocker';
import {
  lackOfAws,
  lackOfBlocker,
  lackOfKubernetes,
  noAnswerFix,
} from './lacks';
import { PORTAL } from '../../text/voice';

const cluster = { name: 'prod', region: 'eu-west-1' };
const failing = (name: string, message: string, more: object = {}) =>
  Object.assign(new Error(message), { name, ...more });
const AWS = { cluster } as unknown as Parameters<typeof lackOfAws>[2];
const ofAws = (error: unknown) =>
  shown(lackOfAws(error, { action: 'iam:GetRole', resource: 'arn:r' }, AWS));
const ofKubernetes = (error: unknown, more: object = {}) =>
  shown(
    lackOfKubernetes(
      error,
      { verb: 'list', resource: 'pods', namespace: 'shop' },
      { cluster, role: 'read', ...more },
    ),
  );
type Kind = ConstructorParameters<typeof KubernetesError>[0]['kind'];
const kubernetes = (kind: Kind, more: object = {}) =>
  new KubernetesError({ kind, message: 'so it is', ...more });

describe('a question that AWS did not answer', () => {
  it.each<[string, unknown, object]>([
    [
      'a refusal',
      failing('AccessDenied', 'no'),
      {
        kind: 'denied',
        sentence: 'The portal is not allowed to call iam:GetRole on arn:r.',
        aws: { action: 'iam:GetRole', resource: 'arn:r' },
      },
    ],
    [
      'a refusal by a policy of the organization, which no policy of the role outweighs',
      failing(
        'AccessDenied',
        'User: arn:u is not authorized to perform: iam:GetRole on resource: arn:r with an explicit deny in a service control policy',
      ),
      {
        kind: 'denied',
        sentence:
          'The portal is not allowed to call iam:GetRole on arn:r (a service control policy forbids it).',
      },
    ],
    [
      'a refusal for want of an Allow',
      failing(
        'AccessDenied',
        'User: arn:u is not authorized to perform: iam:GetRole on resource: arn:r because no identity-based policy allows the iam:GetRole action',
      ),
      {
        kind: 'denied',
        sentence: 'The portal is not allowed to call iam:GetRole on arn:r.',
      },
    ],
    [
      'a sentence for people',
      failing('NotAllowedError', 'It is not for you'),
      { kind: 'unreachable', sentence: 'It is not for you.' },
    ],
    [
      'no way to the endpoint',
      failing('Error', 'getaddrinfo', { code: 'ENOTFOUND' }),
      {
        kind: 'unreachable',
        sentence: expect.stringMatching(/^IAM did not answer: /),
        fix: {
          cause: expect.stringMatching(/DNS/),
          actions: [expect.any(String)],
        },
      },
    ],
    [
      'a connection that breaks',
      failing('Error', 'socket hang up', { code: 'ECONNRESET' }),
      {
        kind: 'unreachable',
        sentence: expect.stringMatching(/^IAM did not answer: /),
        fix: {
          cause: 'The portal cannot reach this AWS endpoint, or it is slow.',
          actions: [
            'Check the network, the proxy and AWS_ENDPOINT_URL settings of the portal, then verify again.',
          ],
        },
      },
    ],
    [
      'credentials that are no longer good',
      failing('ExpiredTokenException', 'the token has expired'),
      {
        kind: 'unreachable',
        sentence:
          "AWS does not accept the portal's credentials: the token has expired.",
        fix: { actions: [expect.stringContaining('"aws" section')] },
      },
    ],
    [
      'too many calls',
      failing('ThrottlingException', 'slow down'),
      {
        kind: 'unreachable',
        sentence: expect.stringMatching(
          /^IAM is throttling the portal's calls/,
        ),
        fix: { actions: ['Verify again in a minute.'] },
      },
    ],
    [
      'an error of the server',
      failing('InternalFailure', 'so it is'),
      {
        kind: 'unreachable',
        sentence: 'iam:GetRole was answered with InternalFailure: so it is.',
      },
    ],
  ])('is lacking by %s', (_, error, lack) => {
    expect(ofAws(error)).toMatchObject({ via: 'aws', ...lack });
  });

  it('is no lack where the run was ended', () => {
    const ended = failing('AbortError', 'ended');
    expect(() => ofAws(ended)).toThrow(ended);
  });
});

describe('a question that Kubernetes did not answer', () => {
  it.each<[string, unknown, object]>([
    [
      'a refusal of RBAC',
      kubernetes('forbidden'),
      {
        kind: 'denied',
        sentence: 'The portal is not allowed to list pods in namespace shop.',
        kubernetes: { verb: 'list', resource: 'pods', role: 'read' },
      },
    ],
    [
      'a sentence for people',
      failing('NotAllowedError', 'It is not for you'),
      { kind: 'unreachable', sentence: 'It is not for you.' },
    ],
    [
      'too many calls',
      kubernetes('throttled'),
      {
        kind: 'unreachable',
        sentence:
          "The cluster's Kubernetes API puts calls off (429): so it is.",
      },
    ],
    [
      'silence',
      kubernetes('timeout'),
      { kind: 'unreachable', unreached: true },
    ],
    [
      'an answer that is too long',
      kubernetes('too-long'),
      { kind: 'unreachable', sentence: 'So it is.' },
    ],
    [
      'an error of the server',
      kubernetes('server', { status: 500 }),
      {
        kind: 'unreachable',
        sentence: 'Kubernetes answered "list pods" with 500: so it is.',
      },
    ],
    [
      'an answer without a status',
      kubernetes('invalid'),
      {
        kind: 'unreachable',
        sentence: 'Kubernetes answered "list pods" with invalid: so it is.',
      },
    ],
    [
      'a token that AWS lets no one make',
      failing(
        'AccessDenied',
        'User: arn:u is not authorized to perform: sts:AssumeRole on resource: arn:r',
      ),
      {
        kind: 'denied',
        sentence:
          'The Kubernetes API cannot be reached, because the portal is not allowed to call sts:AssumeRole.',
        aws: { action: 'sts:AssumeRole', resource: 'arn:r' },
      },
    ],
    [
      'a token that AWS refuses without saying why',
      failing('AccessDenied', 'no'),
      {
        kind: 'denied',
        aws: { action: 'eks:DescribeCluster', resource: '*' },
      },
    ],
    [
      'a token that could not be made',
      failing('CredentialsProviderError', 'no credentials'),
      {
        kind: 'unreachable',
        sentence:
          'No token for the Kubernetes API could be made: no credentials.',
      },
    ],
  ])('is lacking by %s', (_, error, lack) => {
    expect(ofKubernetes(error)).toMatchObject({ via: 'kubernetes', ...lack });
  });

  it('is no lack where the run was ended, by whichever client', () => {
    for (const ended of [
      kubernetes('aborted'),
      failing('AbortError', 'ended'),
    ]) {
      expect(() => ofKubernetes(ended)).toThrow(ended);
    }
  });

  it.each<[string, object, object, string]>([
    [
      'the role',
      {},
      { arn: 'arn:aws:iam::1:role/a/reader' },
      "The cluster does not know the portal's role reader (401): so it is.",
    ],
    [
      'no role that is known',
      {},
      {},
      "The cluster does not know the portal's role (401): so it is.",
    ],
    [
      'the clock',
      { aheadMs: 600_000 },
      {},
      "The cluster refuses the portal's token (401). The clock of the portal's host is 10 minutes behind that of the cluster.",
    ],
  ])(
    'is lacking by a token that the cluster refuses, and names %s',
    (_, error, session, sentence) => {
      const lack = ofKubernetes(kubernetes('unauthorized', error), session);
      expect(lack).toMatchObject({ unauthorized: true, sentence });
      // Only this kind tells that the role has to be let in
      expect(ofKubernetes(kubernetes('server')).unauthorized).toBeUndefined();
    },
  );
});

describe('what to do where Kubernetes does not answer', () => {
  const of = (kind: Kind, reason?: string, more: object = {}) =>
    noAnswerFix({ kind, reason, ...more }, PORTAL);

  it.each<[string, ReturnType<typeof of>, RegExp, RegExp]>([
    [
      'it is slow',
      of('timeout'),
      /takes the connection and does not answer/,
      /requestTimeout/,
    ],
    [
      'the connection breaks',
      of('unreachable', 'ECONNRESET'),
      /closes the connection before its answer is complete/,
      /Verify again in a minute/,
    ],
    [
      'its name is unknown',
      of('unreachable', 'ENOTFOUND'),
      /DNS/,
      /^Check the endpoint and the DNS.* kubernetes\.access: none/,
    ],
    [
      'a proxy does not let it through',
      of('timeout', 'PROXY_407', {
        proxy: {
          host: 'proxy:3128',
          setting: 'HTTPS_PROXY',
          target: 'cluster:443',
          status: 407,
        },
      }),
      /^The proxy proxy:3128 does not accept/,
      /^Give HTTPS_PROXY in the portal's environment a user and a password/,
    ],
    [
      'there is no way to it',
      of('unreachable', 'EHOSTUNREACH'),
      /^The portal has no network path to the API endpoint\.$/,
      /public access CIDRs/,
    ],
  ])('where %s', (_, { cause, actions }, why, what) => {
    expect(cause).toMatch(why);
    expect(actions.join(' ')).toMatch(what);
  });
});

describe('a probe that could not run', () => {
  const of = (blocker: Partial<Blocker>) =>
    lackOfBlocker({ reason: 'quota', sentence: 'No pod.', ...blocker });
  const right = { verb: 'create', resource: 'pods' };

  it('is a right that is missing, or what stood in its way', () => {
    expect(of({ reason: 'rbac', right })).toEqual({
      kind: 'denied',
      via: 'kubernetes',
      sentence: 'No pod.',
      kubernetes: right,
      blocker: 'rbac',
    });
    const fix = { cause: 'Full.', actions: [] };
    expect(of({ fix, pods: 2, missing: ['a'] })).toEqual({
      kind: 'blocked',
      sentence: 'No pod.',
      blocker: 'quota',
      pods: 2,
      missing: ['a'],
      fix,
    });
  });

  it('lacks the cluster only where that could not be reached', () => {
    expect(of({ reason: 'unreachable' }).via).toBe('kubernetes');
    expect(of({}).via).toBeUndefined();
  });
});
