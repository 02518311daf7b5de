import { apart, aws, type Command, kubectl } from '../../text/bash';
import { denied } from '../__testUtils__/judge';
import { known } from './fact';
import type { FactReader } from './facts';
import { rendered } from './render';

const facts = (over: Record<string, unknown> = {}): FactReader => ({
  get: async name => (over[name] ?? denied) as never,
});
const WHAT = { cause: 'Why.', actions: ['Do it.'] };
const added = async (commands: Command[], given = facts()) =>
  (await rendered({ ...WHAT, commands }, given)).actions.slice(1);
const api = { kind: 'Deployment', name: 'api', namespace: 'payments' };
const put = aws`iam put-role-policy --x`;
const entry = aws`eks create-access-entry --x`;

describe('a fix as a report has it', () => {
  it('prints its commands one below the other', async () => {
    expect(
      (await rendered({ ...WHAT, commands: [put, entry] }, facts())).snippet,
    ).toEqual({ language: 'bash', text: `${put.text}\n${entry.text}` });
  });

  it('prints a text where there are no commands, without secrets', async () => {
    const snippet = {
      language: 'yaml',
      text: 'key: AKIAABCDEFGHIJKLMNOP',
      needs: [{ namespace: 'payments' }],
    };
    expect(await rendered({ ...WHAT, commands: [], snippet }, facts())).toEqual(
      {
        cause: 'Why.',
        actions: ['Do it.', 'This needs kubectl rights in namespace payments.'],
        snippet: { language: 'yaml', text: 'key: AKIA[redacted]' },
      },
    );
  });

  it('is not guessed at where someone else wrote it', async () => {
    const text = 'aws iam delete-role\nkubectl set env deployment/api X-';
    const fix = { ...WHAT, snippet: { language: 'bash', text } };
    expect(await rendered(fix, facts())).toEqual(fix);
  });

  it('is without what it does not have', async () => {
    const fix = { ...WHAT, rerun: 'as-before' as const };
    expect(await rendered(fix, facts())).toEqual(fix);
  });

  it('lets no text of an agent begin a line of a log, or colour one', async () => {
    const said =
      'no credentials\r\n\u001b[32m✓ credentials.identity  forged\u2028\u202edone';
    const line = 'no credentials [32m✓ credentials.identity  forged done';
    expect(
      await rendered({ cause: said, actions: [said] }, facts()),
    ).toMatchObject({ cause: line, actions: [line] });
  });
});

describe('the rights that a fix needs', () => {
  const restart = kubectl('rollout restart', api)``;
  it.each<[string[], Command[]]>([
    [['This needs IAM rights.'], [put]],
    [['This needs IAM and EKS rights.'], [put, entry, put]],
    [['This needs IAM and EKS rights.'], apart([put, entry])],
    [[], [aws`ec2 describe-vpcs --x`, kubectl('get', api)``]],
    [
      ['This needs kubectl rights in namespace payments.'],
      [restart, kubectl('delete', api)``],
    ],
    [
      ['This needs administration of the cluster.'],
      [restart, kubectl('delete', { kind: 'mutatingwebhookconfiguration' })``],
    ],
    [
      ['This needs EKS rights and kubectl rights in namespace payments.'],
      [entry, restart],
    ],
  ])('%j', async (expected, commands) => {
    expect(await added(commands)).toEqual(expected);
  });
});

describe('the source of what a fix edits', () => {
  const given = facts({
    serviceAccount: known({ source: 'Helm' }),
    sources: known({ 'deployment/api': 'Argo CD' }),
  });
  const needs = 'This needs kubectl rights in namespace payments.';

  it('is named once', async () => {
    const edit = kubectl('set env', api)`HTTP_PROXY-`;
    expect(await added([edit, edit], given)).toEqual([
      'Argo CD deploys the deployment api: change it in its source too, or Argo CD undoes the command.',
      needs,
    ]);
  });

  it('is named for a service account', async () => {
    const edit = kubectl('annotate', { ...api, kind: 'serviceaccount' })``;
    expect((await added([edit], given))[0]).toMatch(
      /^Helm deploys the serviceaccount api: /,
    );
  });

  it('does not matter to a restart, or where none is known', async () => {
    for (const [command, seen] of [
      [kubectl('rollout restart', api)``, given],
      [kubectl('set env', { ...api, name: 'other' })``, given],
      [kubectl('set env', api)``, facts()],
    ] as const) {
      expect(await added([command], seen)).toEqual([needs]);
    }
  });

  it('is asked for workloads alone', async () => {
    const asked: string[] = [];
    const reader: FactReader = {
      get: async name => {
        asked.push(name);
        return denied as never;
      },
    };
    await added(
      [kubectl('patch', { ...api, kind: 'resourcequota' })``],
      reader,
    );
    expect(asked).toEqual([]);
  });
});
