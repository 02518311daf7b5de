import { execFileSync } from 'child_process';
import { apart, aws, bash, kubectl } from './bash';

const api = { kind: 'Deployment', name: 'api', namespace: 'payments' };

describe('commands to copy', () => {
  it('leave names unchanged', () => {
    expect(bash`kubectl exec ${'deployment'}/${'api.v2'}`.text).toBe(
      'kubectl exec deployment/api.v2',
    );
    expect(bash`echo ${['a', 'b c']} ${[]}`.text).toBe("echo a 'b c' ");
  });

  it.each([
    'x; touch /tmp/owned #',
    '$(id)',
    '`id`',
    "it's",
    'two\nlines',
    "'; id; '",
    'a b',
    '',
    '~',
    '*',
  ])('make nothing but text of %j', text => {
    const { text: script } = bash`printf '[%s]' k=${text}`;
    const told = execFileSync('bash', ['-c', script], { encoding: 'utf8' });
    expect(told).toBe(`[k=${text}]`);
  });

  it('hold no secret, and lose nothing else with it', () => {
    expect(
      bash`${[
        'AWS_SECRET_ACCESS_KEY=',
        'HTTP_PROXY-',
      ]} ${'AWS_SECRET_ACCESS_KEY=a/b'}`.text,
    ).toBe(
      "AWS_SECRET_ACCESS_KEY= HTTP_PROXY- 'AWS_SECRET_ACCESS_KEY=[redacted]'",
    );
    expect(
      kubectl('get', { kind: 'pod', name: 'AKIAABCDEFGHIJKLMNOP' })``.text,
    ).toBe("kubectl get pod 'AKIA[redacted]'");
  });

  it('of AWS need rights on the service that they change', () => {
    const list = aws`iam list-roles --region ${'eu-west-1'}`;
    expect(list).toEqual({
      text: 'aws iam list-roles --region eu-west-1',
      needs: [],
      edits: [],
    });
    expect(aws`eks delete-addon --addon-name ${list}`.needs).toEqual([
      { aws: 'EKS' },
    ]);
  });

  it.each<[Parameters<typeof kubectl>[0], string]>([
    ['get', 'kubectl -n payments get deployment api'],
    ['delete', 'kubectl -n payments delete deployment api'],
    ['rollout restart', 'kubectl -n payments rollout restart deployment/api'],
    ['rollout status', 'kubectl -n payments rollout status deployment/api'],
    ['set env', 'kubectl -n payments set env deployment/api'],
    [
      'set serviceaccount',
      'kubectl -n payments set serviceaccount deployment api',
    ],
  ])('of kubectl name their object: %s', (verb, text) => {
    expect(kubectl(verb, api)``.text).toBe(text);
  });

  it('of kubectl need rights where they change, and edit what has a name', () => {
    const { namespace } = api;
    const edits = [{ kind: 'Deployment', name: 'api' }];
    expect(kubectl('get', api)``).toMatchObject({ needs: [], edits: [] });
    expect(kubectl('delete', api)``).toMatchObject({
      needs: [{ namespace }],
      edits: [],
    });
    expect(kubectl('patch', api)``).toMatchObject({
      needs: [{ namespace }],
      edits,
    });
    expect(kubectl('patch', { kind: 'pod' })``).toMatchObject({
      needs: [{}],
      edits: [],
    });
  });

  it('stay what they are inside others', () => {
    const get = kubectl('get', api)`-o ${'json'}`;
    const edit = kubectl('patch', api)`--patch-file /dev/stdin`;
    expect(bash`${get} | ${edit}`).toEqual({
      ...edit,
      text: `${get.text} | ${edit.text}`,
    });
    expect(apart([get, edit])).toEqual([
      { ...edit, text: `${get.text}\n\n${edit.text}` },
    ]);
    expect(apart([])).toEqual([]);
  });
});
