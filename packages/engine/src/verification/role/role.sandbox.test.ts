import { ACCOUNT, onAws, ref, role } from '../__testUtils__/checkWorlds';
import { checkOf, VerifyWorld } from '../__testUtils__/VerifyWorld';

describe('checks of the role', () => {
  const { world, aws, association, verify } = onAws();

  describe('role', () => {
    it('exists: fails when it was deleted, and skips the checks that need it', async () => {
      aws().iam.deleteRole(role);
      const report = await world().verify({ ref });
      expect(checkOf(report, 'role.exists')).toMatchObject({
        status: 'fail',
        message: `The role ${role} does not exist.`,
        observed: 'NoSuchEntity',
      });
      expect(checkOf(report, 'role.trust-policy')).toMatchObject({
        status: 'skip',
        becauseOf: 'role.exists',
      });
      expect(report).toMatchObject({ status: 'broken' });
      expect(report.fingerprint).toBeUndefined();
    });

    it('exists: names the role that has the name at another path', async () => {
      aws().iam.deleteRole(role);
      const elsewhere = aws().iam.putRole({
        name: 'payments-ledger',
        path: '/teams/',
      });
      const check = await verify('role.exists');
      expect(check).toMatchObject({
        status: 'fail',
        message: `The role ${role} does not exist. The account has a role of that name at another path: ${elsewhere.arn}.`,
        observed: elsewhere.arn,
      });
      expect(check.fix?.snippet?.text).toMatch(
        new RegExp(
          `^aws eks update-pod-identity-association .* --role-arn ${elsewhere.arn}$`,
        ),
      );
      expect(JSON.stringify(check)).not.toContain('create-role');
    });

    it('exists: notes a recreated role', async () => {
      await world().sandbox.clock.advance(60_000);
      aws().iam.putRole({
        name: 'payments-ledger',
        attached: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
      });
      const report = await world().verify({ ref });
      expect(checkOf(report, 'role.exists')).toMatchObject({
        status: 'note',
        message: expect.stringContaining('is younger than the association'),
      });
      expect(report.status).toBe('looks-right');
    });

    it('exists, trust-policy and policies: is unknown without the right', async () => {
      world().forbid('iam:GetRole');
      const report = await world().verify({ ref });
      expect(checkOf(report, 'role.exists')).toMatchObject({
        status: 'unknown',
        message: `The portal is not allowed to call iam:GetRole on ${role}.`,
        fix: {
          snippet: {
            language: 'json',
            text: expect.stringContaining('"iam:GetRole"'),
          },
        },
      });
      for (const id of ['role.trust-policy', 'role.policies']) {
        expect(checkOf(report, id)).toMatchObject({
          status: 'skip',
          becauseOf: 'role.exists',
        });
      }
      expect(report.status).toBe('could-not-check');
    });

    const trusting = (change: object) => ({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow' as const,
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          ...change,
        },
      ],
    });

    it('trust-policy: passes on a matching pattern', async () => {
      aws().iam.updateRole(role, {
        trust: trusting({
          Condition: {
            StringLike: { 'aws:RequestTag/kubernetes-namespace': 'pay*' },
          },
        }),
      });
      expect(await verify('role.trust-policy')).toMatchObject({
        status: 'pass',
        message: expect.stringMatching(/lets payments\/payments-ledger in/),
      });
    });

    it.each<[string, object, string, RegExp]>([
      [
        'another principal',
        { Principal: { Service: 'ec2.amazonaws.com' } },
        'fail',
        /does not trust EKS Pod Identity/,
      ],
      [
        'no TagSession',
        { Action: 'sts:AssumeRole' },
        'fail',
        /No statement allows sts:TagSession/,
      ],
      [
        'another namespace',
        {
          Condition: {
            StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'billing' },
          },
        },
        'fail',
        /allows namespace "billing"/,
      ],
      [
        'a condition only AWS can judge',
        {
          Condition: {
            StringEquals: { 'aws:SourceOrgId': 'o-another' },
          },
        },
        'unknown',
        /cannot be told from here/,
      ],
    ])(
      'trust-policy: %s, and the fix it shows fixes it',
      async (_what, change, status, message) => {
        aws().iam.updateRole(role, { trust: trusting(change) });
        const check = await verify('role.trust-policy');
        expect(check).toMatchObject({
          status,
          message: expect.stringMatching(message),
        });
        const [, text] = /--policy-document '([^]*)'$/.exec(
          check.fix!.snippet!.text,
        )!;
        const { Statement } = JSON.parse(text);
        const statement = Statement.at(-1);
        expect(statement).toMatchObject({
          Sid: expect.stringMatching(/^BackstageEksPodIdentity[0-9a-f]{16}$/),
          Action: ['sts:AssumeRole', 'sts:TagSession'],
        });
        aws().iam.updateRole(role, {
          trust: { Version: '2012-10-17', Statement: [statement] },
        });
        expect(await verify('role.trust-policy')).toMatchObject({
          status: 'pass',
        });
      },
    );

    it('policies: notes a role without any permission', async () => {
      aws().iam.updateRole(role, { attached: [] });
      const report = await world().verify({ ref });
      expect(checkOf(report, 'role.policies')).toMatchObject({
        status: 'note',
        message: expect.stringContaining('No policy is attached'),
      });
      expect(report.status).toBe('looks-right');
    });

    it('policies: is unknown without the right', async () => {
      world().forbid('iam:ListAttachedRolePolicies');
      const report = await world().verify({ ref });
      expect(checkOf(report, 'role.policies')).toMatchObject({
        status: 'unknown',
        message: `The portal is not allowed to call iam:ListAttachedRolePolicies on ${role}.`,
      });
      expect(report.status).toBe('could-not-check');
      expect(report.fingerprint).toBeUndefined();
    });

    describe('target', () => {
      const target = `${ACCOUNT}:role/ledger-archive`;
      const associate = (targetRoleArn: string) =>
        aws().eks.updateAssociation(
          'payments-prod',
          association().associationId,
          { targetRoleArn },
        );
      const trustOf = (principal: string) => ({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow' as const,
            Principal: { AWS: `${ACCOUNT}:root` },
            Action: ['sts:AssumeRole', 'sts:TagSession'],
            Condition: { ArnEquals: { 'aws:PrincipalArn': principal } },
          },
        ],
      });
      const assume = {
        go: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow' as const,
              Action: ['sts:AssumeRole', 'sts:TagSession'],
              Resource: target,
            },
          ],
        },
      };

      it('passes when both hops fit', async () => {
        aws().iam.putRole({ name: 'ledger-archive', trust: trustOf(role) });
        aws().iam.updateRole(role, { inline: assume });
        associate(target);
        expect(await verify('role.target')).toMatchObject({
          status: 'pass',
          resource: { name: target },
        });
      });

      it('cannot tell where the permissions boundary of the role is not readable', async () => {
        aws().iam.putRole({ name: 'ledger-archive', trust: trustOf(role) });
        aws().iam.updateRole(role, {
          inline: assume,
          boundaryArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
        });
        associate(target);
        expect(await verify('role.target')).toMatchObject({ status: 'pass' });
        world().forbid('iam:GetPolicy');
        expect(await verify('role.target')).toMatchObject({
          status: 'unknown',
          message: `Whether the hop to ${target} works cannot be told from here: its permissions boundary AdministratorAccess could not be read.`,
        });
      });

      it('fails when the target does not trust the role, and when it is gone', async () => {
        aws().iam.putRole({
          name: 'ledger-archive',
          trust: trustOf(`${ACCOUNT}:role/other`),
        });
        aws().iam.updateRole(role, { inline: assume });
        associate(target);
        expect(await verify('role.target')).toMatchObject({ status: 'fail' });
        aws().iam.deleteRole(target);
        expect(await verify('role.target')).toMatchObject({
          status: 'fail',
          message: `The target role ${target} does not exist.`,
        });
      });

      it('fails when the role is certainly not allowed to assume the target, managed policies read', async () => {
        aws().iam.putRole({ name: 'ledger-archive', trust: trustOf(role) });
        aws().iam.updateRole(role, {
          attached: ['arn:aws:iam::aws:policy/AdministratorAccess'],
          inline: {},
        });
        associate(target);
        expect(await verify('role.target')).toMatchObject({ status: 'pass' });
        aws().iam.updateRole(role, {
          attached: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
        });
        expect(await verify('role.target')).toMatchObject({
          status: 'fail',
          message: `The role payments-ledger is not allowed to assume ${target}: no policy of the role that could be read allows sts:AssumeRole and sts:TagSession.`,
        });
      });

      it('cannot read another account, and shows both policies', async () => {
        const other = 'arn:aws:iam::444455556666:role/ledger-archive';
        const [statement] = assume.go.Statement;
        aws().iam.updateRole(role, {
          inline: {
            go: {
              Version: '2012-10-17',
              Statement: [{ ...statement, Resource: other }],
            },
          },
        });
        associate(other);
        const report = await world().verify({ ref });
        expect(checkOf(report, 'role.target')).toMatchObject({
          status: 'unknown',
          advisory: true,
          message: expect.stringContaining('account 444455556666'),
          fix: {
            snippet: {
              text: expect.stringMatching(
                /Permissions of .*payments-ledger[\s\S]*Trust policy of .*ledger-archive[\s\S]*aws:PrincipalArn/,
              ),
            },
          },
        });
        expect(report.status).toBe('looks-right');
      });
    });
  });

  describe('a role that is only expected', () => {
    const lonely = { ...ref, serviceAccount: 'payments-nobody' };
    const expecting = (
      name: string,
      more: Partial<Parameters<VerifyWorld['verify']>[0]> = {},
    ) =>
      world().verify({
        ref: lonely,
        expectedRoleArn: `${ACCOUNT}:role/${name}`,
        ...more,
      });
    const vendor = (tags: Record<string, string> = {}) =>
      aws().iam.putRole({
        name: 'vendor',
        tags,
        trust: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'pods.eks.amazonaws.com' },
              Action: ['sts:AssumeRole', 'sts:TagSession'],
              Condition: {
                StringEquals: { 'aws:PrincipalTag/vendor': 'secret' },
              },
            },
          ],
        },
        attached: ['arn:aws:iam::aws:policy/AmazonSQSFullAccess'],
      });
    const said = ({ checks }: Awaited<ReturnType<typeof expecting>>) =>
      checks.map(({ id, status, message }) => ({ id, status, message }));

    it('is not read where this service account is not allowed to use it, and appears missing', async () => {
      vendor({ 'backstage.io/entity-ref': 'component:default/others' });
      const report = await expecting('vendor', {
        entityRef: 'component:default/mine',
      });
      for (const id of ['exists', 'trust-policy', 'policies']) {
        expect(checkOf(report, `role.${id}`)).toMatchObject({
          status: 'skip',
          becauseOf: 'association.exists',
        });
      }
      expect(JSON.stringify(report)).not.toMatch(/secret|AmazonSQSFullAccess/);
      expect(said(await expecting('none'))).toEqual(said(report));
    });

    it('is read where its tag permits it', async () => {
      vendor({ 'backstage.io/entity-ref': 'component:default/mine' });
      const report = await expecting('vendor', {
        entityRef: 'component:default/mine',
      });
      expect(checkOf(report, 'role.policies').message).toContain(
        'AmazonSQSFullAccess',
      );
    });

    it.each([
      ['vendor', 'target', 'vendor'],
      ['vendor', 'target', 'target'],
    ])(
      'is looked at where the last associate of it made %s, then %s, and %s is expected',
      async (name, target, asked) => {
        vendor();
        world().lastAssociate = {
          input: {} as any,
          result: {
            applied: true,
            roleArn: `${ACCOUNT}:role/${name}`,
            effectiveRoleArn: `${ACCOUNT}:role/${target}`,
          } as any,
        };
        const report = await expecting(asked);
        expect(checkOf(report, 'role.exists')).toMatchObject({
          status: 'pass',
          message: expect.stringContaining('vendor'),
        });
      },
    );
  });
});
