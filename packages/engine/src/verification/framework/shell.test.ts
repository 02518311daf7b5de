import { execFileSync } from 'child_process';
import { bash } from './shell';

describe('commands to copy', () => {
  it('leave names unchanged', () => {
    expect(
      bash`kubectl -n ${'payments'} rollout restart ${'deployment'}/${'api.v2'}`,
    ).toBe('kubectl -n payments rollout restart deployment/api.v2');
    expect(bash`kubectl get pods`).toBe('kubectl get pods');
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
    const told = execFileSync('bash', ['-c', bash`printf '[%s]' k=${text}`], {
      encoding: 'utf8',
    });
    expect(told).toBe(`[k=${text}]`);
  });
});
