import { trustStatement } from '../../identity/trust';
import { roleOf, scope, steps, wanting, ARN } from '../__testUtils__/roleSteps';
import { planGivenTrust, planOwnTrust } from './planRoleTrust';
import { RoleWrites } from './roleWrites';

const writes = new RoleWrites(scope, ARN, undefined);
const own = trustStatement('serviceAccount', scope.target);
const ofJobs = trustStatement('serviceAccount', {
  ...scope.target,
  serviceAccount: 'jobs',
});
const ec2 = {
  Sid: 'Ec2',
  Effect: 'Allow',
  Principal: { Service: 'ec2.amazonaws.com' },
  Action: 'sts:AssumeRole',
};
const deny = { Effect: 'Deny', Principal: '*', Action: 'sts:*' };
const puzzling = {
  ...own,
  Sid: 'Theirs',
  Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } },
};
const trusting = (...Statement: object[]) =>
  roleOf({ trustPolicy: { Version: '2012-10-17', Statement } });

describe('the trust of a role of ours', () => {
  const of = (
    live: ReturnType<typeof roleOf>,
    trustScope: 'serviceAccount' | 'account' = 'serviceAccount',
  ) =>
    steps(builder =>
      planOwnTrust(builder, live, {
        scope,
        desired: wanting({ trustScope }),
        writes,
      }),
    ).map(([line, , , reason]) => `${line}: ${reason}`);

  it.each<[string, () => string[], RegExp[]]>([
    [
      'is kept',
      () => of(trusting(own)),
      [/^trust: keep \(portal\): it trusts only this service account$/],
    ],
    [
      'gets our statement',
      () => of(trusting()),
      [
        /^trust: create \(portal\)!: the role will trust only this service account$/,
      ],
    ],
    [
      'has our statement changed',
      () => of(trusting(own), 'account'),
      [
        /^trust: update \(portal\)!: the role is to trust every association of the account$/,
      ],
    ],
    [
      'cannot help against a statement that keeps it out',
      () => of(trusting(own, deny)),
      [
        /^trust: conflict \(portal\): a statement that is not ours keeps this service account out/,
        /^trust\.1: keep \(external\): not written by this portal$/,
      ],
    ],
    [
      'keeps the statements of others',
      () => of(trusting(own, ec2, ofJobs)),
      [
        /^trust: keep/,
        /^trust\.Ec2: keep \(external\): not written by this portal$/,
        /^trust\.\S+: keep \(portal\): it is for another service account that shares the role$/,
      ],
    ],
  ])('%s', (_, found, expected) =>
    expect(found()).toEqual(expected.map(text => expect.stringMatching(text))),
  );
});

describe('the trust of a role that is used as it is', () => {
  const of = (live: ReturnType<typeof roleOf>, isShown = true) => {
    let warnings: string[] = [];
    const [[line, before, after, reason]] = steps(builder => {
      planGivenTrust(builder, live, { scope, desired: wanting(), isShown });
      warnings = builder.warnings;
    });
    return { line, before, after, reason, warnings };
  };

  it('lets the service account in', () => {
    expect(of(trusting(own))).toEqual({
      line: 'trust: keep (external)',
      reason: 'it lets this service account in',
      warnings: [],
    });
  });

  it('does not, and says what is missing and what is there', () => {
    expect(of(trusting(ec2))).toMatchObject({
      line: 'trust: conflict (external)',
      before: { trustPolicy: { Statement: [ec2] } },
      after: { statementToAdd: { Effect: 'Allow' } },
      reason: expect.stringMatching(
        /^its trust policy does not let this service account in \(.*\); ask its owner to add \{/,
      ),
      warnings: [],
    });
  });

  it('does not, and shows nothing of itself to those who lack the right to read it', () => {
    const hidden = of(trusting(ec2), false);
    expect(hidden.before).toBeUndefined();
    expect(hidden.reason).not.toMatch(/ec2/i);
    expect(hidden.line).toBe('trust: conflict (external)');
  });

  it('may let it in, which only a pod can tell', () => {
    expect(of(trusting(puzzling))).toMatchObject({
      line: 'trust: keep (external)',
      reason: expect.stringMatching(
        /^whether it lets this service account in cannot be told: ./,
      ),
      warnings: [
        expect.stringMatching(
          /^Whether the trust policy of api lets this service account in cannot be told before a pod tries: ./,
        ),
      ],
    });
  });
});
