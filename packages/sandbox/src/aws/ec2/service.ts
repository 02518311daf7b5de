import { AwsError, ec2AuthenticationError } from '../errors';
import { AwsReply } from '../protocol/request';
import { queryParameters } from '../protocol/query';
import { XmlValue, element } from '../protocol/xml';
import { AwsService } from '../service';
import { World } from '../state/world';
import { Ec2Parameters } from './parameters';
import { instanceOperations } from './instances';
import { launchTemplateOperations } from './launchTemplates';
import { subnetOperations } from './subnets';
import { vpcEndpointOperations } from './vpcEndpoints';

const OPERATIONS = {
  ...vpcEndpointOperations,
  ...subnetOperations,
  ...instanceOperations,
  ...launchTemplateOperations,
};

/** The EC2 API version that current tools use. */
const EC2_VERSION = '2016-11-15';

function reply(status: number, requestId: string, body: string): AwsReply {
  return {
    status,
    headers: {
      'content-type': 'text/xml;charset=UTF-8',
      'x-amzn-requestid': requestId,
    },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}

/** Unlike the query protocol, EC2 has no result element and no response metadata. */
function answer(
  operation: string,
  requestId: string,
  members: Record<string, XmlValue>,
): AwsReply {
  const inner = Object.entries({ requestId, ...members })
    .map(([name, value]) => element(name, value))
    .join('');
  return reply(
    200,
    requestId,
    `<${operation}Response xmlns="http://ec2.amazonaws.com/doc/${EC2_VERSION}/">${inner}</${operation}Response>`,
  );
}

/** Amazon EC2, limited to VPC endpoints, subnets, and what a node's instance and launch template have for its agent. */
export function ec2Service(world: World): AwsService {
  return {
    name: 'ec2',
    route(request) {
      const { Action, Version } = queryParameters(request);
      return Version === EC2_VERSION && Object.hasOwn(OPERATIONS, Action ?? '')
        ? { operation: Action }
        : undefined;
    },
    unknownOperation: request =>
      new AwsError(
        'InvalidAction',
        `The action ${
          queryParameters(request).Action ?? ''
        } is not valid for this web service.`,
      ),
    async handle(call) {
      const members = OPERATIONS[call.operation]({
        world,
        call,
        account: world.account(call.caller.accountId),
        parameters: new Ec2Parameters(queryParameters(call.request)),
      });
      return answer(call.operation, call.requestId, members);
    },
    authenticationError: ec2AuthenticationError,
    renderError: (error, requestId) =>
      reply(
        error.statusCode,
        requestId,
        element('Response', {
          Errors: { Error: { Code: error.code, Message: error.message } },
          RequestID: requestId,
        }),
      ),
  };
}
