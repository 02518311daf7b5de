import { recordCall } from '../cloudTrail/calls';
import { AwsError } from '../errors';
import { eksPath } from '../eks/routes';
import { AwsRequest } from '../protocol/request';
import { AwsCall, AwsService } from '../service';
import { World } from '../state/world';

/** A list or map of a query-protocol call, by its flat names. */
function flat(value: unknown, prefix = ''): [string, string][] {
  if (value === undefined) {
    return [];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      flat(item, `${prefix}.member.${index + 1}`),
    );
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, item]) =>
      flat(item, prefix ? `${prefix}.${name}` : name),
    );
  }
  return [[prefix, String(value)]];
}

/** As CloudTrail and conditions name the service that calls on. */
const SENDER = 'cloudformation.amazonaws.com';

const CODES: [RegExp, string][] = [
  [/^AccessDenied/, 'AccessDenied'],
  [/^(NoSuchEntity|ResourceNotFound)/, 'NotFound'],
  [/^(EntityAlreadyExists|ResourceInUse)/, 'AlreadyExists'],
  [/LimitExceeded/, 'ServiceLimitExceeded'],
  [/^DeleteConflict/, 'ResourceConflict'],
  [/^(Malformed|Invalid|Validation)/, 'InvalidRequest'],
];

/** Why a resource could not be made what the template says, in the words of its events. */
export class HandlerFailure extends Error {
  readonly notFound: boolean;

  constructor(message: string, readonly code?: string) {
    super(message);
    this.notFound = code === 'NotFound';
  }
}

/** A failure in the words of a resource's handler. */
export function handlerFailure(
  world: World,
  code: string,
  message: string,
): HandlerFailure {
  return new HandlerFailure(
    `Resource handler returned message: "${message}" (RequestToken: ${world.ids.uuid()}, HandlerErrorCode: ${code})`,
    code,
  );
}

/** Calls other services in the name of the caller of CloudFormation, whose rights count. */
export class CallerCalls {
  constructor(
    private readonly world: World,
    private readonly services: Record<'iam' | 'eks', AwsService>,
    private readonly call: Pick<AwsCall, 'caller' | 'region' | 'context'>,
  ) {}

  async iam(operation: string, parameters: object): Promise<void> {
    const form = new URLSearchParams([
      ['Action', operation],
      ['Version', '2010-05-08'],
      ...flat(parameters),
    ]);
    await this.#send('iam', operation, { method: 'POST', body: `${form}` });
  }

  async eks(
    operation: string,
    path: Record<string, string>,
    body?: object,
    query: Record<string, string> = {},
  ): Promise<any> {
    const { method, rawPath } = eksPath(operation, path);
    return JSON.parse(
      await this.#send('eks', operation, {
        method,
        rawPath,
        body: body ? JSON.stringify(body) : '',
        query,
      }),
    );
  }

  async #send(
    service: 'iam' | 'eks',
    operation: string,
    request: { method: string; body: string } & Partial<
      Pick<AwsRequest, 'rawPath' | 'query'>
    >,
  ): Promise<string> {
    const { call, world } = this;
    const requestId = world.ids.uuid();
    const sent: AwsCall = {
      ...call,
      operation,
      requestId,
      event: {},
      context: call.context.with({
        'aws:ViaAWSService': 'true',
        'aws:CalledVia': [SENDER],
        'aws:CalledViaFirst': SENDER,
        'aws:CalledViaLast': SENDER,
      }),
      request: {
        rawPath: '/',
        query: {},
        headers: {},
        ...request,
        body: Buffer.from(request.body),
        remoteAddress: SENDER,
      },
    };
    const record = (error?: AwsError) =>
      recordCall(world, {
        ...sent,
        service,
        userAgent: SENDER,
        notes: sent.event,
        error,
      });
    try {
      const reply = await this.services[service].handle(sent);
      record();
      return `${reply.body}`;
    } catch (error) {
      if (!(error instanceof AwsError)) {
        throw error;
      }
      record(error);
      throw this.#failure(service, error, requestId);
    }
  }

  #failure(service: 'iam' | 'eks', error: AwsError, requestId: string) {
    const named = service === 'iam' ? 'Iam' : 'Eks';
    const code =
      CODES.find(([pattern]) => pattern.test(error.code))?.[1] ??
      'GeneralServiceException';
    return handlerFailure(
      this.world,
      code,
      `${error.message} (Service: ${named}, Status Code: ${error.statusCode}, Request ID: ${requestId}) (SDK Attempt Count: 1)`,
    );
  }
}
