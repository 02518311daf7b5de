import { Server, ServerResponse, createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Caller, callerContext, lookUpKey } from '../authentication';
import { AwsError } from '../errors';
import { AwsService, isWrite } from '../service';
import { World } from '../state/world';
import {
  AwsReply,
  AwsRequest,
  BodyTooLarge,
  readRequest,
} from '../protocol/request';
import { SignatureClaim, checkSignature, readClaim } from './signature';

/** Answers requests that are not for AWS, such as those to the control API; undefined when it does not know the request. */
export type NonAwsHandler = (
  request: AwsRequest,
) => Promise<AwsReply | undefined>;

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
    const claim = readClaim(request);
    const service = this.#serviceFor(request, claim);
    const requestId = this.world.ids.uuid();
    const route = service.route(request);
    const operation = route?.operation ?? 'UnknownOperation';
    const latency = this.world.core.latency.delayFor(service.name, operation);
    await pause(latency / 2);
    let caller: Caller | undefined;
    let reply: AwsReply;
    try {
      const unsigned = service.handleUnsigned?.(operation, request, requestId);
      if (unsigned) {
        reply = await unsigned;
      } else {
        caller = await this.#authenticate(request, claim, service);
        if (!route) {
          throw service.unknownOperation(request);
        }
        const region = (claim as SignatureClaim).region;
        reply = await service.handle({
          operation,
          request,
          requestId,
          caller,
          region,
          context: callerContext(this.world, caller, {
            region,
            sourceIp: request.remoteAddress,
          }),
        });
      }
    } catch (error) {
      reply = service.renderError(this.#asAwsError(error), requestId);
    }
    this.world.core.calls.record({
      service: service.name,
      operation,
      write: isWrite(operation),
      principalArn: caller?.principalArn,
      cluster: route?.cluster,
      status: reply.status,
      internal: caller?.internal ?? false,
      at: this.world.now(),
    });
    await pause(latency / 2);
    return reply;
  }

  async #authenticate(
    request: AwsRequest,
    claim: ReturnType<typeof readClaim>,
    service: AwsService,
  ): Promise<Caller> {
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
    const problem = await checkSignature(request, claim, found.key, new Date());
    if (problem) {
      throw service.authenticationError(problem);
    }
    return found.caller;
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

async function pause(ms: number): Promise<void> {
  if (ms > 0) {
    await wait(ms);
  }
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
  response.writeHead(reply.status, {
    ...reply.headers,
    'content-length': Buffer.byteLength(reply.body),
  });
  response.end(headOnly ? undefined : reply.body);
}
