import { KubernetesError } from '../../kubernetes/errors';
import { PROGRAM } from '../../text/voice';
import { context, shown } from '../__testUtils__/judge';
import { type Fact, known, lacking } from '../framework/fact';
import { andThen, askKubernetes } from './askKubernetes';

const PRINCIPAL = 'arn:aws:iam::111122223333:role/portal';
const right = { verb: 'list', resource: 'pods' };
const unread = lacking({ kind: 'unreachable', sentence: 'No answer.' });
const refusal = (kind: 'unauthorized' | 'forbidden') =>
  new KubernetesError({ kind, message: 'no' });

/** Asks for pods, which the cluster answers so. */
async function ask(
  answer: string | Error,
  {
    facts = {},
    over = {},
    ended = false,
  }: {
    facts?: Record<string, Fact<unknown>>;
    over?: object;
    ended?: boolean;
  } = {},
) {
  const all: typeof facts = {
    cluster: known({}),
    principal: known(PRINCIPAL),
    ...facts,
  };
  const get = jest.fn(async (name: string) => all[name]);
  const asked = jest.fn(async (pods: unknown) => {
    if (answer instanceof Error) throw answer;
    return `${pods}: ${answer}`;
  });
  const read = {
    cluster: { ...context.cluster, ...over },
    role: 'read',
    kubernetes: async () => 'pods',
  };
  const signal = ended
    ? AbortSignal.abort(new Error('The run was ended'))
    : new AbortController().signal;
  const fact = await askKubernetes<string>(
    { get, read, signal } as any,
    right,
    asked as any,
  );
  const { lack } = fact.known ? { lack: undefined } : fact;
  return { fact, lack: lack && shown(lack), get, asked };
}

describe('a question to the cluster', () => {
  it('is answered', async () => {
    expect((await ask('api')).fact).toEqual(known('pods: api'));
    expect((await ask('api', { facts: { cluster: unread } })).fact.known).toBe(
      true,
    );
  });

  it.each<[object, string]>([
    [{}, '(kubernetes.access: none)'],
    [{ voice: PROGRAM }, '(--kubernetes none)'],
  ])('is not asked without access: %#', async (over, setting) => {
    const kubernetes = { access: 'none' };
    const { lack, asked } = await ask('api', { over: { ...over, kubernetes } });
    expect(lack).toMatchObject({
      kind: 'off',
      sentence: expect.stringContaining(setting),
    });
    expect(asked).not.toHaveBeenCalled();
  });

  it('is not asked where there is no cluster', async () => {
    const { lack, asked } = await ask('api', {
      facts: { cluster: known(null) },
    });
    expect(lack).toMatchObject({ kind: 'because', because: 'cluster.active' });
    expect(asked).not.toHaveBeenCalled();
  });

  it.each<[string, string, Parameters<typeof ask>[1]]>([
    [
      'the role of the cluster',
      'arn:reader',
      { over: { roles: { read: 'arn:reader' } } },
    ],
    ['else who the portal is', PRINCIPAL, {}],
    [
      'no role that is unknown',
      "the portal's role",
      { facts: { principal: unread } },
    ],
    [
      'no role where there is none',
      "the portal's role",
      { facts: { principal: known(null) } },
    ],
  ])('that is refused names %s', async (_, who, run) => {
    const { lack } = await ask(refusal('unauthorized'), run);
    expect(lack).toMatchObject({
      unauthorized: true,
      fix: { cause: expect.stringContaining(`no access entry for ${who}, `) },
    });
  });

  it('that is refused by a cluster without entries is let in by aws-auth', async () => {
    const cluster = known({ authenticationMode: 'CONFIG_MAP' });
    const { lack } = await ask(refusal('unauthorized'), { facts: { cluster } });
    expect(lack?.fix?.cause).toContain('is CONFIG_MAP');
  });

  it('that lacks a right does not depend on who the portal is', async () => {
    const { lack, get } = await ask(refusal('forbidden'));
    expect(lack).toMatchObject({ kind: 'denied', kubernetes: right });
    expect(get).not.toHaveBeenCalledWith('principal');
  });

  it('is no lack where the run was ended', async () => {
    await expect(ask(refusal('forbidden'), { ended: true })).rejects.toThrow(
      'The run was ended',
    );
  });
});

it('keeps a lack of what something is derived from', () => {
  const length = (text: string) => text.length;
  expect(andThen(known('api'), length)).toEqual(known(3));
  expect(andThen(unread, length)).toBe(unread);
});
