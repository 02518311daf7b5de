import { mockCredentials } from '@backstage/backend-test-utils';
import type { Operation } from 'backstage-plugin-eks-pod-identity-common';
import { BY_SCAFFOLDER, type FuzzPortal } from './FuzzPortal';
import type { FuzzInput, Made, Part } from './inputs';
import { assertSound, type Outcome } from './oracle';
import { encodeSegment, send } from './send';

/** More does not fit into an address. */
const LONGEST = 3_000;

type RouteInput = Extract<FuzzInput, { kind: 'route' }>;
type ActionInput = Extract<FuzzInput, { kind: 'action' }>;

/** Sends inputs to one portal and judges what comes back. */
export class Fuzzer {
  readonly #made: Record<Made['made'], string[]> = {
    operation: [],
    report: [],
  };
  /** How many inputs each route and action took, and how they ended. */
  readonly seen = new Map<string, Map<string, number>>();

  constructor(readonly portal: FuzzPortal) {}

  /** The first input that failed; a shrunk one may fail in another way. */
  firstFailure?: { input: FuzzInput; message: string };

  /** @throws what is wrong with the portal */
  async tryInput(input: FuzzInput): Promise<void> {
    try {
      await this.#try(input);
    } catch (error) {
      this.firstFailure ??= { input, message: (error as Error).message };
      throw error;
    }
  }

  async #try(input: FuzzInput): Promise<void> {
    const { portal } = this;
    const mayWrite = input.kind === 'action' || input.method === 'POST';
    const before = mayWrite ? portal.world() : new Map<string, string>();
    portal.callsSince();
    portal.logs.length = 0;
    const outcome =
      input.kind === 'route' ? await this.#ask(input) : await this.#act(input);
    this.#count(
      input.kind === 'route' ? input.operationId : input.action,
      endOf(outcome),
    );
    const calls = portal.callsSince();
    assertSound(input, outcome, {
      before,
      // Without a write nothing can have changed
      after: calls.writes.length > 0 ? portal.world() : before,
      calls,
      errorLines: portal.logs
        .filter(({ level }) => level === 'error')
        .map(({ text }) => text),
      secrets: portal.sandbox.secrets
        .all()
        .slice(-100)
        .map(({ value }) => value),
    });
  }

  async #ask(input: RouteInput): Promise<Outcome> {
    const { status, text } = await send(this.portal.baseUrl, {
      method: input.method,
      path: `/${input.path.map(part => this.#segment(part)).join('/')}${queryOf(
        input.query,
      )}`,
      headers: {
        ...(input.user && {
          authorization: `Bearer ${mockCredentials.user.token(
            input.user,
            input.forTask ? BY_SCAFFOLDER : undefined,
          )}`,
        }),
        ...(input.body && { 'content-type': 'application/json' }),
        ...input.headers,
      },
      body: bodyOf(input.body),
    });
    if (status >= 400) {
      return { status, refusal: refusalOf(text), text };
    }
    const answer = text && status !== 304 ? parsed(text) : undefined;
    const operation =
      status === 202 && input.operationId === 'startOperation'
        ? await this.#finish(answer as Operation)
        : undefined;
    return { status, text, answer, operation };
  }

  async #act({ action, input, dryRun, user }: ActionInput): Promise<Outcome> {
    const { portal } = this;
    if (portal.schemaRefuses(action, input)) {
      const message = 'The scaffolder says what its schema wants';
      const refusal = { name: 'InputError', message };
      return { status: 200, text: message, refusal, reached: false };
    }
    portal.statuses.length = 0;
    const output: Record<string, unknown> = {};
    const log: string[] = [];
    const say = (message: string) => log.push(message);
    const logger = { info: say, warn: say, error: say, debug: say };
    const refusal = await portal.actions[action]
      .handler({
        input,
        isDryRun: dryRun,
        task: { id: 'fuzz' },
        logger: { ...logger, child: () => logger },
        output: (name: string, value: unknown) => {
          output[name] = value;
        },
        getInitiatorCredentials: async () => mockCredentials.user(user),
      } as any)
      .then(
        () => undefined,
        (error: Error) => ({ name: error.name, message: error.message }),
      );
    const worst = Math.max(200, ...portal.statuses);
    const { clusterName, namespace, serviceAccount } = output;
    return {
      status: worst,
      refusal,
      reached: portal.statuses.length > 0,
      text: [JSON.stringify(output), ...log].join('\n'),
      answer: namespace
        ? { ref: { clusterName, namespace, serviceAccount } }
        : output.plan,
    };
  }

  /** Waits until it has ended, so that its calls are not taken for those of the next input. */
  async #finish({ id, initiator }: Operation): Promise<Operation> {
    const client = this.portal.clientOf(initiator!);
    for await (const _ of client.followOperation(id, { intervalMs: 10 }));
    const operation = await client.getOperation(id);
    await this.portal.verified(operation);
    this.#made.operation.push(id);
    if (operation.result?.kind === 'verify') {
      this.#made.report.push(operation.result.report.id);
    }
    return operation;
  }

  #segment(part: Part): string {
    if (typeof part === 'string') return encodeSegment(part.slice(0, LONGEST));
    if ('raw' in part) return part.raw;
    const made = this.#made[part.made];
    return made[part.index % made.length] ?? 'none-yet';
  }

  #count(what: string, how: string) {
    const ends = this.seen.get(what) ?? new Map<string, number>();
    ends.set(how, (ends.get(how) ?? 0) + 1);
    this.seen.set(what, ends);
  }
}

function endOf({ status, refusal, reached = true }: Outcome): string {
  if (!refusal) return 'accepted';
  return reached ? `refused with ${status}` : 'refused at once';
}

function queryOf(query: RouteInput['query']): string {
  if (query.length === 0) return '';
  const text = (value: unknown) =>
    encodeSegment(String(value).slice(0, LONGEST));
  return `?${query
    .map(([name, value]) => `${text(name)}=${text(value)}`)
    .join('&')}`;
}

function bodyOf(body: RouteInput['body']): string | undefined {
  if (!body) return undefined;
  return 'raw' in body ? body.raw : JSON.stringify(body.value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A stream of events
    return undefined;
  }
}

function refusalOf(text: string): { name: string; message: string } {
  const { error } = (parsed(text) ?? {}) as { error?: Error };
  return { name: error?.name ?? 'none', message: error?.message ?? text };
}
