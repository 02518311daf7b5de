import { SPREAD_MS } from 'backstage-plugin-eks-pod-identity-common';
import { ask, context, denied } from '../__testUtils__/judge';
import { known } from '../framework/fact';
import { admissionInjects } from './injects';
import { registrationFix } from './notInjected';
import { kubectl } from '../../text/bash';

const MISSING = [
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'the token volume',
];
const judge = (admission: object, age: number) => {
  const made = context.now - age;
  return ask(admissionInjects, {
    admission: {
      answered: 5,
      injected: 0,
      addresses: 2,
      missing: MISSING,
      irsaInstead: false,
      fargate: false,
      attempts: 5,
      fromCreatedPod: false,
      ...admission,
    },
    webhook: denied,
    namespace: denied,
    association: known({ createdAt: made, modifiedAt: made }),
    pods: known([]),
  });
};

describe('new pods that are given the IRSA role', () => {
  const wait =
    'Verify again in a minute; AWS needs some seconds to inform the API servers.';

  it('have to wait while the association is new, and are a case for AWS later', () => {
    const early = judge({ irsaInstead: true }, SPREAD_MS / 2);
    expect(early.fix?.actions).toEqual([wait]);
    expect(early.settling).toBe(true);
    const late = judge({ irsaInstead: true }, 10 * SPREAD_MS);
    expect(late.fix?.actions).toEqual([
      wait,
      expect.stringMatching(/^Open a case with AWS support/),
    ]);
    expect(late.settling).toBeUndefined();
  });
});

it('new pods that hold other variables do not receive the identity', () => {
  expect(judge({ missing: [] }, 10 * SPREAD_MS)).toMatchObject({
    status: 'fail',
    message:
      'New pods of payments/api do not receive the identity: its variables hold something else.',
  });
  expect(judge({ missing: MISSING.slice(0, 1) }, 1).message).toBe(
    'New pods of payments/api do not receive the identity: AWS_CONTAINER_CREDENTIALS_FULL_URI is missing.',
  );
  expect(judge({ missing: MISSING.slice(1) }, 1).message).toMatch(
    /: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE and the token volume are missing\.$/,
  );
});

describe('new pods that admission puts under another service account', () => {
  const others = [
    {
      name: 'mutate.policy.example.com',
      kind: 'mutatingwebhookconfiguration',
      configuration: 'policy',
      timeoutSeconds: 30,
    },
  ];

  it('get the identity of that one, whatever else they lack', () => {
    // Time cures no policy: it is not taken for a change on its way.
    const found = judge({ account: 'default', others }, 1);
    expect(found).toMatchObject({
      status: 'fail',
      message:
        'New pods of payments/api do not receive the identity: admission puts them under the service account default.',
    });
    expect(found.settling).toBeUndefined();
    expect(found.fix?.actions).toEqual([
      'Let that webhook or its policy leave serviceAccountName: api alone. These change pods here: mutate.policy.example.com (policy).',
      'A change of the pod template does not help: the template names the right account.',
    ]);
  });
});

it('new pods receive the identity with a delay where a webhook is slow', () => {
  const slow = { ms: 6_000, webhooks: [] };
  const found = judge({ injected: 5, missing: [], slow }, 1);
  expect(found.status).toBe('note');
  expect(found.message).toMatch(
    /^New pods of payments\/api receive the identity\. /,
  );
  expect(found.fix).toBeDefined();
});

it('a registration is put back by the command, or by AWS where none can', () => {
  const what = 'It is gone';
  expect(registrationFix({ what }).actions).toEqual([
    expect.stringMatching(/^Ask AWS support to restore/),
  ]);
  const repair = kubectl('patch', { kind: 'x', name: 'y' })``;
  expect(registrationFix({ what, repair })).toEqual({
    cause: 'It is gone.',
    actions: [expect.stringMatching(/^Put back what EKS had/)],
    commands: [repair],
  });
});
