import { BOUNDARY, contextWith } from './__testUtils__/context';
import { checkManagedPolicies, judgeManagedPolicy } from './managedPolicies';

const AWS = 'arn:aws:iam::aws:policy';
const OWN = 'arn:aws:iam::111122223333:policy';

const cluster = (allow: string[], boundary = true) =>
  contextWith({
    guardrails: {
      managedPolicies: { allow },
      ...(boundary ? { permissionsBoundaryArn: BOUNDARY } : {}),
    },
  }).cluster;

describe('judgeManagedPolicy', () => {
  it('allows a policy that matches any one pattern', () => {
    const allow = [`${AWS}/AmazonSQS*`, `${AWS}/AmazonS3*`];
    expect(
      judgeManagedPolicy(`${AWS}/AmazonS3ReadOnlyAccess`, cluster(allow)),
    ).toBeUndefined();
  });

  it("refuses AWS's powerful policies under a wildcard, but not the account's own policy of the same name", () => {
    const allow = ['arn:aws:iam::*:policy/*'];
    expect(
      judgeManagedPolicy(`${AWS}/PowerUserAccess`, cluster(allow))?.reason,
    ).toContain(
      'control of the account. Choose a narrower policy (only its literal ARN',
    );
    expect(
      judgeManagedPolicy(`${OWN}/PowerUserAccess`, cluster(allow)),
    ).toBeUndefined();
  });

  it.each([
    [[], '(guardrails.managedPolicies.allow) allows none'],
    [[`${AWS}/A`, `${AWS}/B`], `allows only ${AWS}/A, ${AWS}/B`],
  ])('says what is allowed instead: %j', (allow, sentence) => {
    expect(judgeManagedPolicy(`${AWS}/C`, cluster(allow))).toEqual({
      kind: 'forbidden',
      reason: expect.stringContaining(sentence),
    });
  });

  it("needs a boundary for the account's own policies only", () => {
    const allow = [`${AWS}/ReadOnlyAccess`, `${OWN}/team`];
    expect(
      judgeManagedPolicy(`${OWN}/team`, cluster(allow, false))?.reason,
    ).toContain('need guardrails.permissionsBoundaryArn');
    expect(
      judgeManagedPolicy(`${AWS}/ReadOnlyAccess`, cluster(allow, false)),
    ).toBeUndefined();
  });
});

describe('detaching', () => {
  const detach = (arn: string, ...allow: string[]) =>
    checkManagedPolicies({ detachManagedPolicyArns: [arn] }, cluster(allow));

  it("allows AWS's own policies that grant, on the list or not", () => {
    expect(() => detach(`${AWS}/AdministratorAccess`)).not.toThrow();
    expect(() =>
      detach(`${AWS}/AmazonS3FullAccess`, `${AWS}/AmazonSQS*`),
    ).not.toThrow();
  });

  it('allows a policy of the account only where a pattern covers it', () => {
    const allow = [`${OWN}/a-*`, `${OWN}/b-*`];
    expect(() => detach(`${OWN}/b-1`, ...allow)).not.toThrow();
    expect(() => detach(`${OWN}/c-1`, ...allow)).toThrow(
      'may be there to deny',
    );
  });

  it.each(['AWSDenyAll', 'AWSCompromisedKeyQuarantineV2'])(
    'never allows %s, not even under a wildcard',
    name => {
      expect(() => detach(`${AWS}/${name}`, `${AWS}/*`)).toThrow(
        'may be there to deny',
      );
    },
  );
});
