import { Server, ServerResponse, createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { Caller, callerContext, lookUpKey } from '../authentication';
import { RecordedCall, THROUGH_ENDPOINT } from '../../core/contract';
import type { PassingWrite } from '../../core/holds';
import { partitionOf } from '../../core/partition';
import { AwsError } from '../errors';
import { faultError } from '../faults';
import { type PolicyDocument, parseStored } from '../policy/document';
import { recordCall } from '../cloudTrail/calls';
import { AwsService, CallNotes, isWrite } from '../service';
import { World } from '../state/world';
import {
  AwsReply,
  AwsRequest,
  BodyTooLarge,
  decode,
  readRequest,
} from '../protocol/request';
import { SignatureClaim, checkSignature, readClaim } from './signature';

/** Answers requests that are not for AWS, such as those to the control API; undefined when it does not know the request. */
export type NonAwsHandler = (
  request: AwsRequest,
) => Promise<AwsReply | undefined>;

/** A request on its way through the server. */
interface ReceivedCall {
  request: AwsRequest;
  claim: ReturnType<typeof readClaim>;
  service: AwsService;
  /** Undefined when the service does not have it. */
  operation?: string;
  requestId: string;
  fault: RecordedCall['fault'];
  /** Absent for what only reads. */
  write?: PassingWrite;
  caller?: Caller;
  event: CallNotes;
}

const NO_ANSWER: AwsReply = {
  status: 0,
  headers: {},
  body: '',
  cut: 'nothing',
};

const AGE_PROBLEMS = new Set(['too-old', 'too-new', 'presigned-expired']);

/** Services by their name in the SigV4 credential scope. */
export type Services = Record<string, AwsService>;

/** The single port of the AWS side: finds the service, checks the signature, counts the call and answers. */
export class AwsHttpServer {
  #server: Server;

  constructor(
    private readonly world: World,
    private readonly services: Services,
    private readonly nonAws: NonAwsHandler,
  ) {
    this.#server = createServer((message, response) => {
      readRequest(message)
        .then(request => this.#answer(request))
        .catch(error => plainFailure(error))
        .then(reply => send(response, reply, message.method === 'HEAD'))
        .catch(error => {
          this.world.core.log(`Could not send a response: ${error.message}`);
          response.destroy();
        });
    });
    // Keeps idle connections open, so that a slow test is not cut off between two calls.
    this.#server.keepAliveTimeout = 60_000;
  }

  /** Listens on loopback and resolves with the port. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>(resolve => this.#server.close(() => resolve()));
  }

  async #answer(request: AwsRequest): Promise<AwsReply> {
    const direct = await this.nonAws(request);
    if (direct) {
      return direct;
    }
    const { core } = this.world;
    const claim = readClaim(request);
    const service = this.#serviceFor(request, claim);
    const route = service.route(request);
    const operation = route?.operation ?? 'UnknownOperation';
    const holdUp = core.latency.holding(service.name, operation);
    await holdUp(0.5);
    const call: ReceivedCall = {
      request,
      claim,
      service,
      operation: route?.operation,
      requestId: this.world.ids.uuid(),
      fault: core.faults.next(service.name, operation),
      event: {},
      ...(isWrite(operation) && {
        write: {
          service: service.name,
          operation,
          text: `${decode(request.rawPath)}\n${decode(`${request.body}`)}`,
        },
      }),
    };
    const reply = await this.#outcome(call);
    core.calls.record({
      service: service.name,
      operation,
      write: call.write !== undefined,
      principalArn: call.caller?.principalArn,
      cluster: route?.cluster,
      status: reply.status,
      ...attemptOf(request),
      ...(call.fault && { fault: call.fault }),
      internal: call.caller?.internal ?? false,
      at: this.world.now(),
    });
    await holdUp(0.5);
    return reply;
  }

  /** What the service answers, or what a fault makes of it. */
  async #outcome(call: ReceivedCall): Promise<AwsReply> {
    const { service, requestId, fault, claim } = call;
    const error =
      fault && fault !== 'skew' ? faultError(service.name, fault) : undefined;
    if (error || fault === 'reset') {
      // Not processed; the record says who called all the same.
      call.caller = this.#keyOf(claim)?.caller;
      return error ? service.renderError(error, requestId) : NO_ANSWER;
    }
    const reply = await this.#serve(call);
    const { skewMs } = this.world.core.faults;
    if (skewMs !== 0 && !call.caller?.internal) {
      reply.headers.date = new Date(Date.now() + skewMs).toUTCString();
    }
    if (call.fault === 'lost-answer') {
      reply.cut = 'nothing';
    } else if (call.fault === 'truncate') {
      reply.cut = 'half';
    }
    return reply;
  }

  /** Authenticates and processes the call. */
  async #serve(call: ReceivedCall): Promise<AwsReply> {
    const { request, requestId, service, operation } = call;
    try {
      const unsigned = service.handleUnsigned?.(
        operation ?? 'UnknownOperation',
        request,
        requestId,
      );
      if (unsigned) {
        return await unsigned;
      }
      const caller = {
        ...(await this.#authenticate(call)),
        endpointPolicy: this.#endpointPolicy(request),
      };
      call.caller = caller;
      if (!operation) {
        throw service.unknownOperation(request);
      }
      const { region } = call.claim as SignatureClaim;
      const { holds } = this.world.core;
      if (call.write && !(await holds.pass('before', call.write))) {
        call.fault = 'reset';
        return NO_ANSWER;
      }
      const reply = await service.handle({
        operation,
        request,
        requestId,
        caller,
        region,
        context: callerContext(this.world, caller, {
          region,
          sourceIp: request.remoteAddress,
        }),
        event: call.event,
      });
      this.#record(call);
      if (call.write && !(await holds.pass('after', call.write))) {
        call.fault = 'lost-answer';
      }
      return reply;
    } catch (caught) {
      const error = this.#asAwsError(caught);
      this.#record(call, error);
      return service.renderError(error, requestId);
    }
  }

  /** The policy of the VPC endpoint that a call passed, if it has one. */
  #endpointPolicy({ headers }: AwsRequest): PolicyDocument | undefined {
    const id = headers[THROUGH_ENDPOINT];
    const [policy] = id
      ? [...this.world.state.accounts.values()]
          .map(({ vpcEndpoints }) => vpcEndpoints.get(String(id))?.policy)
          .filter(Boolean)
      : [];
    return policy === undefined ? undefined : parseStored(policy);
  }

  /** Lets CloudTrail and IAM know of an answered call. */
  #record(call: ReceivedCall, error?: AwsError): void {
    const { service, operation, caller, claim, request, requestId } = call;
    if (!operation || !caller || !claim || 'problem' in claim) {
      return;
    }
    const { region, accessKeyId } = claim;
    if (caller.session) {
      const { accountId, roleId } = caller.session;
      this.world.roleUsed(accountId, roleId, region);
    }
    recordCall(this.world, {
      service: service.name,
      operation,
      caller,
      region,
      requestId,
      request,
      accessKeyId,
      userAgent: request.headers['user-agent'] ?? '-',
      notes: call.event,
      error,
    });
  }

  async #authenticate(call: ReceivedCall): Promise<Caller> {
    const { request, claim, service } = call;
    if (!claim) {
      throw service.authenticationError({ kind: 'missing' });
    }
    if ('problem' in claim) {
      throw service.authenticationError(claim.problem);
    }
    const found = lookUpKey(this.world, claim.accessKeyId, claim.sessionToken);
    if (!found.ok) {
      throw service.authenticationError(found.problem);
    }
    if (partitionOf(claim.region).id !== this.world.partition.id) {
      // The keys of one partition are unknown in the regions of another.
      throw service.authenticationError({
        kind: 'unknown-key',
        accessKeyId: claim.accessKeyId,
      });
    }
    const skewMs = found.caller.internal ? 0 : this.world.core.faults.skewMs;
    const now = new Date(Date.now() + skewMs);
    const problem = await checkSignature(request, claim, found.key, now);
    if (problem) {
      if (skewMs !== 0 && AGE_PROBLEMS.has(problem.kind)) {
        call.fault = 'skew';
      }
      throw service.authenticationError(problem);
    }
    return found.caller;
  }

  /** The key that a request names, its signature not checked. */
  #keyOf(claim: ReceivedCall['claim']) {
    if (!claim || 'problem' in claim) {
      return undefined;
    }
    const found = lookUpKey(this.world, claim.accessKeyId, claim.sessionToken);
    return found.ok ? found : undefined;
  }

  /** Finds the service by credential scope; for an unsigned request, by its path and parameters. */
  #serviceFor(
    request: AwsRequest,
    claim: ReturnType<typeof readClaim>,
  ): AwsService {
    if (claim && 'service' in claim) {
      const service = this.services[claim.service];
      if (service) {
        return service;
      }
    }
    const form = request.body.toString('latin1', 0, 65_536);
    if (/(^|&)Action=/.test(form)) {
      if (/(^|&)Version=2016-11-15(&|$)/.test(form)) {
        return this.services.ec2;
      }
      return /(^|&)Version=2011-06-15(&|$)/.test(form)
        ? this.services.sts
        : this.services.iam;
    }
    if (request.query.Action !== undefined) {
      return this.services.sts;
    }
    if (
      /^\/(clusters|addons|tags|access-policies)(\/|$)/.test(request.rawPath)
    ) {
      return this.services.eks;
    }
    return this.services.s3 ?? this.services.eks;
  }

  #asAwsError(error: unknown): AwsError {
    if (error instanceof AwsError) {
      return error;
    }
    this.world.core.log(
      `A request failed inside the sandbox: ${
        error instanceof Error ? error.stack : error
      }`,
    );
    return new AwsError(
      'InternalFailure',
      'The request processing has failed because of an unknown error, exception or failure.',
      500,
    );
  }
}

function attemptOf({ headers }: AwsRequest): { attempt?: number } {
  const said = /attempt=(\d+)/.exec(headers['amz-sdk-request'] ?? '');
  return said ? { attempt: Number(said[1]) } : {};
}

function plainFailure(error: unknown): AwsReply {
  const status = error instanceof BodyTooLarge ? 413 : 500;
  return {
    status,
    headers: { 'content-type': 'text/plain' },
    body: status === 413 ? 'Request Entity Too Large' : 'Internal Failure',
  };
}

function send(response: ServerResponse, reply: AwsReply, headOnly: boolean) {
  if (response.destroyed) {
    return;
  }
  if (reply.cut === 'nothing') {
    response.destroy();
    return;
  }
  response.writeHead(reply.status, {
    ...reply.headers,
    'content-length': Buffer.byteLength(reply.body),
  });
  if (reply.cut === 'half') {
    const body = Buffer.from(reply.body);
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
    return;
  }
  response.end(headOnly ? undefined : reply.body);
}
