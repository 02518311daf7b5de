import { evidenceEventSchema } from 'backstage-plugin-eks-pod-identity-common';
import { plainText } from 'backstage-plugin-eks-pod-identity-common';
import {
  assumedByIrsa,
  assumedByPod,
  called,
  calledByUser,
  CLUSTER_ARN,
  ISSUER,
  record,
  ROLE_ARN,
  TOKEN,
} from './__testUtils__/events';
import { decodeCloudTrailEvent } from './decode';

describe('decodeCloudTrailEvent', () => {
  it('reads what EKS did for a pod, and drops the token', () => {
    const event = decodeCloudTrailEvent(
      assumedByPod({ key: 'ASIAEXAMPLE000000042' }),
    )!;
    expect(event).toEqual({
      id: expect.any(String),
      at: '2026-01-01T10:42:00.000Z',
      region: 'eu-west-1',
      accountId: '111122223333',
      service: 'sts.amazonaws.com',
      name: 'AssumeRole',
      by: {
        kind: 'pod-identity',
        clusterArn: CLUSTER_ARN,
        namespace: 'payments',
        serviceAccount: 'api',
        podName: 'payments-api-7d9f8b6c5-x2x4z',
        podUid: 'uid-1',
      },
      roleArn: ROLE_ARN,
      sessionName:
        'eks-payments-p-payments-a-0b0b1d3c-6c3e-4d1f-9a9f-3f2f5f7d8c21',
      issuedKeyId: 'ASIAEXAMPLE000000042',
      userAgent: 'pods.eks.amazonaws.com',
    });
    expect(JSON.stringify(event)).not.toContain(TOKEN);
  });

  it('reads who came by IRSA, with which SDK', () => {
    expect(decodeCloudTrailEvent(assumedByIrsa())).toMatchObject({
      name: 'AssumeRoleWithWebIdentity',
      by: {
        kind: 'irsa',
        subject: 'system:serviceaccount:payments:api',
        issuer: ISSUER,
      },
      sdk: { name: 'Go v2', version: '1.32.0', source: 'irsa' },
    });
  });

  it.each([
    [
      'a pod',
      called(),
      {
        kind: 'role',
        arn: ROLE_ARN,
        sessionName:
          'eks-payments-p-payments-a-0b0b1d3c-6c3e-4d1f-9a9f-3f2f5f7d8c21',
      },
    ],
    [
      'a node',
      called({
        session: 'i-0123456789abcdef0',
        roleArn: 'arn:aws:iam::111122223333:role/node',
      }),
      {
        kind: 'node',
        instanceId: 'i-0123456789abcdef0',
        arn: 'arn:aws:iam::111122223333:role/node',
      },
    ],
    [
      'a user',
      calledByUser(),
      { kind: 'user', arn: 'arn:aws:iam::111122223333:user/legacy' },
    ],
    [
      'a service',
      record({
        userIdentity: { type: 'AWSService', invokedBy: 'lambda.amazonaws.com' },
      }),
      { kind: 'service', name: 'lambda.amazonaws.com' },
    ],
    [
      'another account',
      record({ userIdentity: { type: 'AWSAccount', accountId: '4444' } }),
      { kind: 'other', name: '4444' },
    ],
    [
      'a kind of tomorrow',
      record({ userIdentity: { type: 'Robot' } }),
      { kind: 'other', name: 'Robot' },
    ],
  ])('knows the caller: %s', (_who, json, by) => {
    expect(decodeCloudTrailEvent(json)?.by).toEqual(by);
  });

  it('keeps a denial in the words of AWS, and no other error', () => {
    const error = (errorCode: string) =>
      decodeCloudTrailEvent(
        called({ error: { errorCode, errorMessage: 'no' } }),
      )?.denied;
    expect(error('AccessDenied')).toEqual({
      code: 'AccessDenied',
      message: 'no',
    });
    expect(error('Client.UnauthorizedOperation')).toBeDefined();
    expect(error('NoSuchBucket')).toBeUndefined();
  });

  it.each([undefined, '', 'no JSON', '[]', '{}', 'null', '{"eventID":1}'])(
    'passes over %p',
    json => {
      expect(decodeCloudTrailEvent(json)).toBeUndefined();
    },
  );

  it('bears fields that are missing, of another type, hostile or huge', () => {
    const event = decodeCloudTrailEvent(
      record({
        userAgent: `\u001b[31mevil\n${'x'.repeat(5_000)}`,
        errorCode: 'AccessDenied',
        errorMessage: `SessionToken=${TOKEN} \u202e${'y'.repeat(5_000)}`,
        userIdentity: {
          type: 'AWSService',
          invokedBy: 'pods.eks.amazonaws.com',
          accessKeyId: 'no key id',
          sessionContext: 7,
        },
        requestParameters: { roleArn: ROLE_ARN, tags: 'none' },
        responseElements: { credentials: { accessKeyId: { a: 1 } } },
      }),
    )!;
    expect(evidenceEventSchema.parse(event)).toEqual(event);
    expect(event.by).toEqual({ kind: 'pod-identity' });
    expect(event.usedKeyId).toBeUndefined();
    expect(event.issuedKeyId).toBeUndefined();
    expect(event.userAgent).toHaveLength(1_000);
    expect(plainText(JSON.stringify(event))).toBe(JSON.stringify(event));
    expect(JSON.stringify(event)).not.toMatch(/\\u001b|\\n/);
    expect(JSON.stringify(event)).not.toContain(TOKEN);
  });
});
