/** @needs aws */
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { trustSid } from '../../identity/names';
import { realBash } from '../__testUtils__/bash';
import {
  ACCOUNT,
  clusterArn,
  onAws,
  ref,
  role,
} from '../__testUtils__/checkWorlds';
import { OUR_TAGS } from '../__testUtils__/judge';
import { checkOf } from '../__testUtils__/VerifyWorld';

/** The commands that the checks of trust print, run by the machine's real bash and real AWS CLI against the sandbox. */
describe('the commands of the trust checks', () => {
  const { world, aws, association } = onAws();
  const run = realBash();
  const bash = (script: string) => {
    const { sandbox } = world();
    return run(sandbox, sandbox.credentials.admin, script);
  };
  const verify = async (id: string) => {
    await world().sandbox.clock.advance(61_000);
    return checkOf(await world().verify({ ref }), id);
  };
  const done = { code: 0, stderr: '' };
  const service = {
    Effect: 'Allow' as const,
    Principal: { Service: 'pods.eks.amazonaws.com' },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
  };
  const sid = trustSid({ clusterArn, ...ref });

  it('replace the statement whose Sid is taken, and keep the others whatever they quote', async () => {
    const other = {
      Sid: 'Other',
      Effect: 'Allow' as const,
      Principal: { Service: 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:PrincipalTag/team': `it's $HOME` } },
    };
    const wrong = { 'aws:RequestTag/kubernetes-namespace': 'billing' };
    aws().iam.updateRole(role, {
      trust: {
        Version: '2012-10-17',
        Statement: [
          { ...service, Sid: sid, Condition: { StringEquals: wrong } },
          other,
        ],
      },
    });
    const check = await verify('role.trust-policy');
    expect(check.status).toBe('fail');
    expect(await bash(check.fix!.snippet!.text)).toMatchObject(done);
    expect(await verify('role.trust-policy')).toMatchObject({
      status: 'pass',
      message: expect.stringContaining(`statement "${sid}" allows it`),
    });
    const { stdout } = await bash(
      'aws iam get-role --role-name payments-ledger --region eu-west-1 --query Role.AssumeRolePolicyDocument.Statement --output json',
    );
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({ Sid: sid }),
      other,
    ]);
  });

  it('turn session tags on again, and leave the role closed', async () => {
    aws().eks.updateAssociation('payments-prod', association().associationId, {
      disableSessionTags: true,
    });
    aws().iam.updateRole(role, {
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            ...service,
            Condition: {
              StringEquals: {
                'aws:RequestTag/kubernetes-namespace': 'payments',
              },
            },
          },
        ],
      },
    });
    const check = await verify('role.trust-policy');
    expect(check.status).toBe('fail');
    const answer = await bash(check.fix!.snippet!.text);
    const isOld = /Unknown options/.test(answer.stderr);
    if (isOld) {
      // eslint-disable-next-line no-console
      console.log(
        'This AWS CLI is older than --no-disable-session-tags; the sandbox turns the tags on instead.',
      );
      aws().eks.updateAssociation(
        'payments-prod',
        association().associationId,
        { disableSessionTags: false },
      );
    }
    expect(isOld ? done : answer).toMatchObject(done);
    expect(association().disableSessionTags).toBe(false);
    expect(await verify('role.trust-policy')).toMatchObject({ status: 'pass' });
  });

  it('repair both halves of the second hop after the first role was made again', async () => {
    const target = `${ACCOUNT}:role/ledger-archive`;
    aws().iam.putRole({
      name: 'ledger-archive',
      trust: {
        Version: '2012-10-17',
        Statement: [{ ...service, Principal: { AWS: role } }],
      },
    });
    // The same name, another unique id, and no permissions any more.
    aws().iam.putRole({ name: 'payments-ledger' });
    aws().eks.updateAssociation('payments-prod', association().associationId, {
      targetRoleArn: target,
    });
    const check = await verify('role.target');
    expect(check).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(
        /It trusts AROA[A-Z0-9]+, the unique id of a role or user that was deleted/,
      ),
    });
    expect(await bash(check.fix!.snippet!.text)).toMatchObject(done);
    expect(await verify('role.target')).toMatchObject({ status: 'pass' });
  });

  it('take out of a Deny of another what the second hop needs, and leave the rest of it', async () => {
    const target = `${ACCOUNT}:role/ledger-archive`;
    aws().iam.putRole({
      name: 'ledger-archive',
      trust: {
        Version: '2012-10-17',
        Statement: [{ ...service, Principal: { AWS: role } }],
      },
    });
    const kept = { Effect: 'Deny' as const, Action: ['s3:*'], Resource: '*' };
    const Action = ['sts:AssumeRole', 'iam:PassRole', 'sts:TagSession'];
    aws().iam.updateRole(role, {
      tags: {
        ...OUR_TAGS,
        [MARK_TAGS.portal]: world().config.portalId,
        [MARK_TAGS.serviceAccount]: ref.serviceAccount,
      },
      inline: {
        go: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'sts:*', Resource: target }],
        },
        stay: {
          Version: '2012-10-17',
          Statement: [kept, { ...kept, Action }],
        },
      },
    });
    aws().eks.updateAssociation('payments-prod', association().associationId, {
      targetRoleArn: target,
    });
    const check = await verify('role.target');
    expect(check).toMatchObject({
      status: 'fail',
      fix: {
        actions: [
          expect.stringMatching(/^The portal did not write statement 2 /),
          'The command below takes sts:AssumeRole and sts:TagSession out and leaves the rest of the policy as it was when this report was made.',
          'This needs IAM rights.',
        ],
      },
    });
    expect(await bash(check.fix!.snippet!.text)).toMatchObject(done);
    expect(await verify('role.target')).toMatchObject({ status: 'pass' });
    expect(JSON.parse(aws().iam.role(role).inline.stay).Statement).toEqual([
      kept,
      { ...kept, Action: ['iam:PassRole'] },
    ]);
  });
});
