import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import { inCluster, ref, role } from '../__testUtils__/checkWorlds';
import { PROGRAM } from '../../text/voice';
import { lacking } from '../framework/fact';
import type { VerifyRequest } from '../framework/request';
import { type FactBundle, parseBundle } from './bundle';
import { judgeBundle } from './judgeBundle';

/** What a judgement says, without how long it took, and without the address of the portal: a bundle is judged elsewhere. */
const said = ({ id, startedAt, checks, ...report }: VerificationReport) => ({
  ...report,
  checks: checks.map(({ durationMs, ...check }) =>
    JSON.parse(
      JSON.stringify(check).replaceAll(
        'https://portal.example.com/aws-identities/permissions',
        'docs/permissions.md',
      ),
    ),
  ),
});

describe('a bundle of facts', () => {
  const { world } = inCluster();

  /** Verifies, and bundles as a file does. */
  const bundled = async (
    request: Partial<VerifyRequest> = {},
  ): Promise<{ text: string; report: VerificationReport }> => {
    let bundle: FactBundle | undefined;
    const report = await world().verification.verify(
      {
        ref,
        trigger: 'user',
        probe: 'none',
        permissionChecks: [],
        timeoutSeconds: 300,
        ...request,
      },
      {
        ...world().context(),
        sawFacts: made => {
          bundle = made;
        },
      },
    );
    return { text: JSON.stringify(bundle), report };
  };

  const again = (text: string) => judgeBundle(parseBundle(text));

  it('is judged as the run was that proved the identity, and holds no secret', async () => {
    const { text, report } = await bundled({
      probe: 'pod',
      permissionChecks: [
        { name: 'who', command: ['sts', 'get-caller-identity'] },
      ],
    });
    expect(report.status).toBe('verified');
    expect(said(await again(text))).toEqual(said(report));
    const secrets = world().sandbox.secrets.all();
    expect(secrets.length).toBeGreaterThan(3);
    expect(secrets.filter(({ value }) => text.includes(value))).toEqual([]);
  });

  it('is refused in words where its facts, times or sizes are none', async () => {
    const { text } = await bundled();
    const but = (change: (bundle: any) => void) => {
      const bundle = JSON.parse(text);
      change(bundle);
      return again(JSON.stringify(bundle));
    };
    const no = /^This (is no bundle: |bundle cannot be judged: )/;
    for (const change of [
      (bundle: any) => {
        bundle.facts.pods = { known: true, value: 7 };
      },
      (bundle: any) => {
        bundle.now = 1e300;
      },
      (bundle: any) => {
        bundle.request.permissionChecks = Array(5).fill({
          name: 'a',
          command: ['sts'],
        });
      },
    ]) {
      await expect(async () => but(change)).rejects.toThrow(no);
    }
    expect(() => parseBundle(' '.repeat(16 * 1024 * 1024 + 1))).toThrow(
      'at most 16777216 are read',
    );
  });

  it('is refused without repeating a secret or a long value', async () => {
    const bundle = JSON.parse((await bundled()).text);
    bundle.report.status = `password=geheim7 ${'x'.repeat(100_000)}`;
    let refusal = '';
    try {
      parseBundle(JSON.stringify(bundle));
    } catch (error) {
      refusal = (error as Error).message;
    }
    expect(refusal).toMatch(/^This is no bundle: report\.status: /);
    expect(refusal).not.toContain('geheim7');
    expect(refusal.length).toBeLessThan(800);
  });

  it('neither colours a terminal nor carries what no check reads', async () => {
    const { text } = await bundled();
    const bundle = JSON.parse(text);
    const [first, second] = bundle.report.checks;
    first.message = 'a\u001b[31mb\u202ec\n::error::d';
    second.id = '::stop-commands::x';
    const key = 'a\n::error::b\u001b[2J';
    bundle.facts.role.value.tags = { [key]: 'c' };
    bundle.facts.role.value.description = 'a\n  ::error::b';
    const parsed = parseBundle(JSON.stringify(bundle));
    expect(parsed.report.checks[0].message).toBe('a [31mb c : :error::d');
    expect(parsed.report.checks[1].id).toBe(': :stop-commands::x');
    expect(parsed.facts.role).toMatchObject({
      value: {
        description: 'a\n  : :error::b',
        tags: { 'a\n: :error::b [2J': 'c' },
      },
    });
    const kube = world().sandbox.cluster('payments-prod');
    const { namespace, serviceAccount } = ref;
    await kube.change('serviceaccounts', namespace, serviceAccount, one => {
      one.metadata.annotations = {
        ...one.metadata.annotations,
        'example.com/note': 'of the team',
        'eks.amazonaws.com/audience': 'password of the team',
      };
    });
    const { annotations } = JSON.parse((await bundled()).text).facts
      .serviceAccount.value;
    expect(annotations).toEqual({});
  });

  it('is judged in the voice of its writer, without the address of their page', async () => {
    const bundle = JSON.parse((await bundled()).text);
    expect(world().config.permissionsUrl).toMatch(/^https:/);
    bundle.cluster.voice = PROGRAM;
    bundle.facts.role = lacking({
      kind: 'denied',
      sentence: 'No.',
      aws: { action: 'iam:GetRole', resource: '*' },
    });
    const { checks } = await again(JSON.stringify(bundle));
    expect(checks.find(({ id }) => id === 'role.exists')?.fix).toMatchObject({
      cause: 'This program itself lacks the right to read it.',
      actions: [
        'Allow iam:GetRole on * to your role. Everything that role needs is in docs/permissions.md#aws-reading.',
      ],
    });
  });

  it.each<[string, () => unknown]>([
    [
      'a trust policy of another namespace',
      () =>
        world().sandbox.aws.iam.updateRole(role, {
          trust: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 'pods.eks.amazonaws.com' },
                Action: ['sts:AssumeRole', 'sts:TagSession'],
                Condition: {
                  StringEquals: {
                    'aws:RequestTag/kubernetes-namespace': 'billing',
                  },
                },
              },
            ],
          },
        }),
    ],
    ['a role that is gone', () => world().sandbox.aws.iam.deleteRole(role)],
    ['rights that the portal lacks', () => world().forbid('iam:GetRole')],
  ])('is judged as the run was that found %s', async (_, breakIt) => {
    await breakIt();
    const { text, report } = await bundled();
    expect(report.status).not.toBe('looks-right');
    expect(said(await again(text))).toEqual(said(report));
  });

  it('drops secrets that others wrote into an object', async () => {
    const { text } = await bundled();
    const bundle = JSON.parse(text);
    expect(bundle.facts.serviceAccount.known).toBe(true);
    world().sandbox.aws.iam.updateRole(role, {
      tags: {
        note: 'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      },
    } as never);
    await world()
      .kube()
      .change('serviceaccounts', ref.namespace, ref.serviceAccount, account => {
        account.metadata.annotations = {
          'kubectl.kubernetes.io/last-applied-configuration': '{"a":1}',
        };
      });
    const after = (await bundled()).text;
    expect(after).toContain('AWS_SECRET_ACCESS_KEY=[redacted]');
    expect(after).not.toContain('last-applied');
  });

  it('says what it lacks where a newer engine asks for more', async () => {
    const { text } = await bundled();
    const bundle = JSON.parse(text);
    delete bundle.facts.nodes;
    const { checks } = await again(JSON.stringify(bundle));
    expect(checks.map(({ message }) => message)).toContain(
      'Not judged: the bundle does not hold what it needs.',
    );
  });
});

describe('parseBundle', () => {
  it.each([
    ['no JSON', 'This is no bundle: it is not JSON.'],
    ['null', 'This is no bundle: the file: Expected object, received null.'],
    ['{"schemaVersion":1}', 'This is no bundle: report: Required.'],
    [
      '{"schemaVersion":99}',
      'This bundle has schema version 99, and this engine knows 1: use a newer one.',
    ],
  ])('refuses %s', (text, words) => {
    expect(() => parseBundle(text)).toThrow(words);
  });
});
