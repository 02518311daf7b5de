import { spawnSync } from 'node:child_process';
import { nameOfArn } from '../../aws/arn';
import { KubernetesError } from '../../kubernetes/errors';
import { shown } from '../__testUtils__/judge';
import { lackOfKubernetes } from './lacks';

it('offers a command that a shell can read', () => {
  const error = new KubernetesError({ kind: 'unauthorized', message: 'no' });
  const { fix } = shown(
    lackOfKubernetes(
      error,
      { verb: 'get', resource: 'pods' },
      {
        cluster: { name: "o'clock", region: 'eu-west-1' },
        role: 'read',
      },
    ),
  );
  const text = fix!.snippet!.text;
  expect(text).toContain(String.raw`--cluster-name 'o'\''clock'`);
  expect(spawnSync('bash', ['-n', '-c', text])).toMatchObject({ status: 0 });
});

describe('a role that the cluster does not know', () => {
  const lack = (
    role: 'read' | 'verify',
    reason?: string,
    more: Partial<Parameters<typeof lackOfKubernetes>[2]> = {},
    aheadMs?: number,
  ) =>
    shown(
      lackOfKubernetes(
        new KubernetesError({
          kind: 'unauthorized',
          message: 'no',
          reason,
          aheadMs,
        }),
        { verb: 'list', resource: 'pods' },
        {
          cluster: { name: 'prod', region: 'eu-west-1' },
          arn: { read: 'arn:reader', verify: 'arn:verifier' }[role],
          role,
          ...more,
        },
      ),
    );

  it.each([
    ['read', 'arn:reader', 'backstage-readers'],
    ['verify', 'arn:verifier', 'backstage-verifiers'],
  ] as const)(
    'needs the entry of exactly that role: %s',
    (role, arn, group) => {
      const { fix } = lack(role);
      expect(fix?.cause).toContain(`no access entry for ${arn}`);
      expect(fix?.snippet?.text).toContain(
        `--principal-arn ${arn} --kubernetes-groups ${group}`,
      );
      expect(fix?.snippet?.text).not.toContain('<');
    },
  );

  it('needs the entry of a role that the user has to name, if it is unknown', () => {
    const { fix } = lack('read', undefined, { arn: undefined });
    expect(fix?.cause).toContain("no access entry for the portal's role,");
    expect(fix?.snippet?.text).toContain(
      "--principal-arn '<ARN of the portal'\\''s role>'",
    );
  });

  it.each([
    ['arn:aws:iam::111122223333:role/portal/reader', true],
    ['arn:aws:iam::111122223333:role/$(rm)/reader', true],
    ['arn:aws:iam::111122223333:role/$(rm)', false],
    [undefined, false],
  ])('is mapped in aws-auth by a cluster without entries: %s', (arn, known) => {
    const { fix } = lack('read', undefined, {
      arn,
      authenticationMode: 'CONFIG_MAP',
    });
    expect(fix?.cause).toContain('The authentication mode of the cluster');
    expect(fix?.cause).toContain(
      arn ? `map the role ${nameOfArn(arn)},` : "map the portal's role,",
    );
    expect(fix?.actions).toEqual([
      expect.stringMatching(known ? /^Map the role with/ : /^Map the portal's/),
      "Check the clock of the portal's host.",
    ]);
    const text = fix?.snippet?.text ?? '';
    expect(text).not.toMatch(/create-access-entry|rm\)/);
    expect(text !== '').toBe(known);
    expect(text.includes('arn:aws:iam::111122223333:role/reader')).toBe(known);
    expect(spawnSync('bash', ['-n', '-c', text])).toMatchObject({ status: 0 });
  });

  it('needs no entry where only the clock is wrong', () => {
    const { fix } = lack('read', undefined, {}, 600_000);
    expect(fix?.cause).toContain('10 minutes behind that of the cluster');
    expect(fix?.actions).toEqual([
      "Set the clock of the portal's host right (NTP).",
    ]);
    expect(fix?.snippet).toBeUndefined();
  });

  it('needs no entry where its token is too long', () => {
    const { fix } = lack('read', 'TokenTooLong');
    expect(fix?.actions).toEqual([
      expect.stringContaining('fewer session tags'),
    ]);
    expect(fix?.snippet).toBeUndefined();
  });
});
