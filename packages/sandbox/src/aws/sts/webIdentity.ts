import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import { ClusterKey } from '../../core/contract';
import { sessionArn } from '../authentication';
import { NAT_ADDRESS, NewEvent, recordEvent } from '../cloudTrail/record';
import { sessionNotes } from '../cloudTrail/sessionEvents';
import { AwsError } from '../errors';
import { Parameters } from '../iam/parameters';
import { endpointFor } from '../ec2/vpcEndpoints';
import { oidcProviderArn } from '../iam/oidcProviders';
import { parseStored } from '../policy/document';
import { decide } from '../policy/evaluate';
import { RequestContext } from '../policy/match';
import { XmlValue, isoSeconds } from '../protocol/xml';
import { World, roleOfArn } from '../state/world';
import { createSession, readAsked } from './sessions';

interface TokenClaims {
  iss?: string;
  sub?: string;
  aud?: string | string[];
}

const invalidToken = (message: string) =>
  new AwsError('InvalidIdentityToken', message, 400);

function unverifiedClaims(token: string): TokenClaims {
  try {
    const payload = token.split('.')[1];
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    throw invalidToken(
      'The web identity token that was passed could not be parsed.',
    );
  }
}

function clusterOfIssuer(
  world: World,
  issuer: string | undefined,
): ClusterKey | undefined {
  return world
    .clusters()
    .map(({ accountId, region, name }) => ({ accountId, region, name }))
    .find(key => issuer && world.kubernetes?.issuer(key) === issuer);
}

type Verified =
  | { ok: true; audience: string[]; subject: string }
  | { ok: false; reason: 'expired' | 'invalid' };

/** By the keys that the issuer publishes: a cluster's, or another one's, such as that of a pipeline. */
async function verifySignature(
  world: World,
  cluster: ClusterKey | undefined,
  issuer: string,
  token: string,
): Promise<Verified | undefined> {
  if (cluster) {
    const seen = await world.kubernetes?.verifyServiceAccountToken(
      cluster,
      token,
    );
    return seen?.ok
      ? {
          ok: true,
          audience: seen.claims.audience,
          subject: `system:serviceaccount:${seen.claims.namespace}:${seen.claims.serviceAccount}`,
        }
      : seen;
  }
  const keys = world.state.issuers.get(issuer);
  return (
    keys &&
    jwtVerify(token, createLocalJWKSet(keys), { issuer }).then(
      ({ payload }): Verified => ({
        ok: true,
        audience: [payload.aud ?? []].flat(),
        subject: payload.sub ?? '',
      }),
      (error): Verified => ({
        ok: false,
        reason: error instanceof errors.JWTExpired ? 'expired' : 'invalid',
      }),
    )
  );
}

/** Checks the token's signature, issuer, audience and expiry; returns its claims and the provider that issued it. */
async function verifyWebIdentity(
  world: World,
  accountId: string,
  token: string,
) {
  const claims = unverifiedClaims(token);
  const issuer = claims.iss ?? '';
  const providerArn = oidcProviderArn(world, accountId, issuer);
  const provider = world.state.accounts
    .get(accountId)
    ?.oidcProviders.get(providerArn);
  if (!provider) {
    throw invalidToken(
      `No OpenIDConnect provider found in your account for ${issuer}`,
    );
  }
  const cluster = clusterOfIssuer(world, issuer);
  const verified = await verifySignature(world, cluster, issuer, token);
  if (!verified?.ok) {
    throw verified?.reason === 'expired'
      ? new AwsError(
          'ExpiredTokenException',
          'Token expired: current date/time must be before the expiration date/time',
          400,
        )
      : invalidToken(
          "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
        );
  }
  const audience = verified.audience.find(entry =>
    provider.clientIds.includes(entry),
  );
  if (audience === undefined) {
    throw invalidToken('Incorrect token audience');
  }
  return {
    providerArn,
    cluster,
    // The request is not signed, so of one from elsewhere only its host says where it goes
    region: cluster?.region ?? 'us-east-1',
    issuer,
    audience,
    subject: verified.subject,
  };
}

/**
 * The condition keys of where the request came from. It is not signed, so only its token says where: the pod calls from its
 * cluster, by the NAT gateway or by an endpoint of STS in the VPC. Then there is no `aws:SourceIp` ("AWS global condition
 * context keys", IAM User Guide).
 */
function whereFrom(world: World, region: string, cluster?: ClusterKey) {
  const { vpcId, vpcEndpointId } =
    (cluster && endpointFor(world, world.cluster(cluster)!, 'sts')) ?? {};
  return {
    'aws:SourceVpc': vpcId,
    'aws:SourceVpce': vpcEndpointId,
    'aws:SourceIp': vpcId ? undefined : NAT_ADDRESS,
    'aws:SecureTransport': 'true',
    'aws:RequestedRegion': region,
    'aws:CurrentTime': new Date().toISOString(),
    'aws:EpochTime': String(Math.floor(Date.now() / 1000)),
    'aws:PrincipalIsAWSService': 'false',
    'aws:ViaAWSService': 'false',
  };
}

/**
 * The event of an exchange of a token. The request is not signed, so nothing says to which region it went; SDKs ask STS of
 * the region that the webhook names, which is the cluster's.
 */
const webIdentityEvent = (
  accountId: string,
  identity: Awaited<ReturnType<typeof verifyWebIdentity>>,
  request: { requestId: string; userAgent: string },
): NewEvent => ({
  ...request,
  accountId,
  region: identity.region,
  source: 'sts.amazonaws.com',
  name: 'AssumeRoleWithWebIdentity',
  readOnly: true,
  eventVersion: '1.08',
  sourceIp: NAT_ADDRESS,
  identity: {
    username: identity.subject,
    userIdentity: {
      type: 'WebIdentityUser',
      principalId: `${identity.providerArn}:${identity.audience}:${identity.subject}`,
      userName: identity.subject,
      identityProvider: identity.providerArn,
    },
  },
});

/** STS's unsigned AssumeRoleWithWebIdentity, which IRSA uses. */
export async function assumeRoleWithWebIdentity(
  world: World,
  parameters: Parameters,
  request: { requestId: string; userAgent: string },
): Promise<XmlValue> {
  const { roleArn, sessionName } = readAsked(parameters);
  const token = parameters.required('WebIdentityToken', {
    minLength: 4,
    maxLength: 20_000,
  });
  const duration =
    parameters.integer('DurationSeconds', { min: 900, max: 43_200 }) ?? 3600;
  parameters.done();
  const parts = roleOfArn(roleArn);
  if (!parts) {
    throw new AwsError('ValidationError', `${roleArn} is invalid`, 400);
  }
  const identity = await verifyWebIdentity(world, parts.accountId, token);
  const event = webIdentityEvent(parts.accountId, identity, request);
  const role = world.seenRoleByArn(roleArn);
  const host = identity.issuer.replace(/^https:\/\//, '');
  const allowed =
    role &&
    decide(
      {
        identity: [],
        resource: {
          document: parseStored(role.trust),
          accountId: parts.accountId,
        },
        resourceMustAllow: true,
      },
      {
        action: 'sts:AssumeRoleWithWebIdentity',
        resource: roleArn,
        asker: { kind: 'federated', provider: identity.providerArn },
        context: new RequestContext({
          [`${host}:sub`]: identity.subject,
          [`${host}:aud`]: identity.audience,
          'sts:RoleSessionName': sessionName,
          ...whereFrom(world, identity.region, identity.cluster),
        }),
      },
    ).allowed;
  if (!allowed) {
    recordEvent(world, {
      ...event,
      requestParameters: { roleArn, roleSessionName: sessionName },
      error: { code: 'AccessDenied', message: 'An unknown error occurred' },
    });
    throw new AwsError(
      'AccessDenied',
      'Not authorized to perform sts:AssumeRoleWithWebIdentity',
      403,
    );
  }
  const session = createSession(world, {
    role,
    accountId: parts.accountId,
    sessionName,
    durationSeconds: duration,
    origin: 'pod',
    region: identity.region,
    federatedProvider: identity.providerArn,
  });
  const notes = sessionNotes(session, {});
  recordEvent(world, {
    ...event,
    ...notes,
    responseElements: {
      ...notes.responseElements,
      subjectFromWebIdentityToken: identity.subject,
      provider: identity.providerArn,
      audience: identity.audience,
    },
  });
  return {
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: isoSeconds(session.expiresAt),
    },
    SubjectFromWebIdentityToken: identity.subject,
    AssumedRoleUser: {
      AssumedRoleId: `${session.roleId}:${sessionName}`,
      Arn: sessionArn(session),
    },
    Provider: identity.providerArn,
    Audience: identity.audience,
  };
}
