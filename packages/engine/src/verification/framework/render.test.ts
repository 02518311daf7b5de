import { apart, aws, type Command, kubectl } from '../../text/bash';
import { denied } from '../__testUtils__/judge';
import { known } from './fact';
import type { FactReader } from './facts';
import { rendered } from './render';
import { restartCommands } from './workloadsOf';

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
    workloads: known({
      found: [{ kind: 'Deployment', name: 'api', source: 'Argo CD' }],
      unseen: [],
    }),
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

describe('a restart, as the workload is', () => {
  const shown = async (how: object | undefined, names = ['api-0', 'api-1']) => {
    const kind = 'StatefulSet';
    const pods = names.map(name => ({ name }));
    const { snippet, actions } = await rendered(
      {
        cause: 'Old.',
        actions: ['Restart it.', 'Look again.'],
        restarting: 'Restart it.',
        commands: restartCommands('payments', [{ kind, name: 'api', pods }]),
      },
      facts({
        workloads: how
          ? known({ found: [{ kind, name: 'api', ...how }], unseen: [] })
          : denied,
      }),
    );
    return { commands: snippet?.text.split('\n'), actions };
  };
  const needs = 'This needs kubectl rights in namespace payments.';
  const restart = 'kubectl -n payments rollout restart statefulset/api';

  it.each<[string, object | undefined, string[] | undefined, RegExp[]]>([
    ['that is not seen', undefined, [restart], [/^Restart it/, /^Look/]],
    ['that rolls out', {}, [restart], [/^Restart it/, /^Look/]],
    [
      'that is paused',
      { paused: true },
      ['kubectl -n payments rollout resume statefulset/api', restart],
      [/^Restart it/, /^Look/, /are paused, and kubectl restarts no paused/],
    ],
    [
      'with OnDelete',
      { strategy: 'OnDelete' },
      ['kubectl -n payments delete pod api-0 api-1'],
      [/^Restart it/, /^Look/, /only when it is deleted/],
    ],
    [
      'with a partition among its pods',
      { partition: 1 },
      [restart, 'kubectl -n payments delete pod api-0'],
      [/^Restart it/, /^Look/, /replaces only the pods from api-1 on/],
    ],
    [
      'with a partition above its pods',
      { partition: 2 },
      ['kubectl -n payments delete pod api-0 api-1'],
      [/^Restart it/, /^Look/, /from api-2 on/],
    ],
    [
      'that is stuck',
      { stuck: { reason: 'FailedCreate', message: 'exceeded quota: q' } },
      undefined,
      [
        /^Look/,
        /is stuck \(FailedCreate\): exceeded quota: q\. A restart does not help\. .*"kubectl -n payments rollout undo statefulset\/api"/,
      ],
    ],
  ])('%s', async (_, how, commands, actions) => {
    const { actions: said, ...seen } = await shown(how);
    expect(seen.commands).toEqual(commands);
    expect(said.filter(one => one !== needs)).toEqual(
      actions.map(one => expect.stringMatching(one)),
    );
  });

  it.each<[string, object, RegExp]>([
    ['that is paused', { paused: true }, /reaches no pod before that ends/],
    ['with OnDelete', { strategy: 'OnDelete' }, /delete its pods after/],
    ['with a partition', { partition: 3 }, /only the pods from api-3 on/],
  ])('what an edit of the template needs beside: %s', async (_, how, words) => {
    const edit = kubectl('set env', api)`HTTP_PROXY-`;
    const workloads = known({
      found: [{ ...api, kind: 'Deployment', ...how }],
      unseen: [],
    });
    expect((await added([edit], facts({ workloads })))[0]).toMatch(words);
  });
});
