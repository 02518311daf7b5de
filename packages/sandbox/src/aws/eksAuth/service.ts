import { eksAuthNotes } from '../cloudTrail/calls';
import { jsonAuthenticationError, unknownOperation } from '../errors';
import { AwsRequest, decode } from '../protocol/request';
import {
  epochSeconds,
  restJsonErrorReply,
  restJsonReply,
} from '../protocol/json';
import { readBody, requireText } from '../eks/input';
import { sessionArn } from '../authentication';
import { AwsService } from '../service';
import { World } from '../state/world';
import {
  PODS_AUDIENCE,
  grantPodIdentity,
  requireNodePermission,
} from './assumeRoleForPodIdentity';

const PATH = /^\/clusters\/([^/]+)\/assume-role-for-pod-identity$/;

function clusterOf(request: AwsRequest): string | undefined {
  const found =
    request.method === 'POST' ? PATH.exec(request.rawPath) : undefined;
  return found ? decode(found[1]) : undefined;
}

/** Amazon EKS Auth, which only the Pod Identity Agent calls. */
export function eksAuthService(world: World): AwsService {
  return {
    name: 'eks-auth',
    route(request) {
      const cluster = clusterOf(request);
      return cluster === undefined
        ? undefined
        : { operation: 'AssumeRoleForPodIdentity', cluster };
    },
    unknownOperation,
    async handle(call) {
      const key = {
        accountId: call.caller.accountId,
        region: call.region,
        name: clusterOf(call.request)!,
      };
      Object.assign(call.event, eksAuthNotes(key.name));
      requireNodePermission(world, call.caller, key, call.context);
      const body = readBody(call.request, { token: 'string' });
      const grant = await grantPodIdentity(
        world,
        key,
        requireText(body, 'token'),
      );
      const { session, claims, association } = grant;
      return restJsonReply(
        {
          subject: {
            namespace: claims.namespace,
            serviceAccount: claims.serviceAccount,
          },
          audience: PODS_AUDIENCE,
          podIdentityAssociation: {
            associationArn: association.associationArn,
            associationId: association.associationId,
          },
          assumedRoleUser: {
            arn: sessionArn(session),
            assumeRoleId: `${session.roleId}:${session.sessionName}`,
          },
          credentials: {
            accessKeyId: session.accessKeyId,
            secretAccessKey: session.secretAccessKey,
            sessionToken: session.sessionToken,
            expiration: epochSeconds(session.expiresAt),
          },
        },
        call.requestId,
      );
    },
    authenticationError: jsonAuthenticationError,
    renderError: restJsonErrorReply,
  };
}
