import { actionsServiceFactory } from '@backstage/backend-defaults/alpha';
import { mockCredentials } from '@backstage/backend-test-utils';
import {
  ADA,
  associate,
  BOB,
  type Deny,
  follow,
  Replica,
} from '../testBackend';
import { changingCatalog, componentOf } from '../changingCatalog';
import { SandboxPortal, startSandboxPortal } from '../sandboxBackend';
import type { Entity } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';

/** What Ada's team has, and what Bob, who owns `shop`, tries to reach. */
export const VICTIM = {
  serviceAccount: 'api',
  entityRef: 'component:default/payments-api',
};

/** Bob's own component. */
export const BOBS = 'component:default/shop';

/** What only readers of Ada's identity know of its role. */
const DESCRIPTION = 'Reads the invoices of the payments team';

type Client = ReturnType<Replica['as']>;
type Body = Parameters<Client['startOperation']>[0];
type PlanBody = Parameters<Client['plan']>[0];

/** An answer that gives nothing away, which counts as a refusal. */
export class NothingGained extends Error {
  name = 'NothingGained';
}

/** One try of an insider. Every one of them has to fail. */
export interface Attempt {
  what: string;
  /** Makes it possible, if that takes more than an identity of Ada's. */
  given?(world: InsiderWorld): Promise<void> | void;
  /** Rejects when the portal refuses. */
  attempt(world: InsiderWorld): Promise<unknown>;
  /** What the refusal says. */
  refused: RegExp;
}

/** Attempts of one kind, and the portal that they are made at. */
export interface InsiderClass {
  attempts: Attempt[];
  /** More of the section `eksPodIdentity`. */
  section?: JsonObject;
  /** What the policy does not give; everything else it gives. */
  deny?: Deny;
  /** `eks`: their portal runs pods. Default `none`. */
  kubernetes?: 'eks' | 'none';
  /** Their portal offers its actions to Backstage's registry, where an MCP server finds them. */
  hasActions?: boolean;
}

/** A portal on a sandbox where Ada has an identity. Bob's requests are kept, to tell what he knew from what he learned. */
export class InsiderWorld {
  #sent = '';

  private constructor(
    readonly portal: SandboxPortal,
    readonly replica: Replica,
    /** What the catalog has, by name. */
    readonly entities: Map<string, Entity>,
  ) {}

  static async start(
    options: { knex: Knex } & Omit<InsiderClass, 'attempts'>,
  ): Promise<InsiderWorld> {
    const access = options.kubernetes ?? 'none';
    const portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'] },
      clusters: [{ name: 'payments-prod', id: 'prod', kubernetes: { access } }],
    });
    const entities = new Map<string, Entity>();
    const catalog = changingCatalog(entities);
    const replica = await portal.start({
      knex: options.knex,
      catalog,
      section: options.section,
      deny: options.deny,
      ...(options.hasActions
        ? {
            config: {
              backend: { actions: { pluginSources: ['eks-pod-identity'] } },
            },
            features: [actionsServiceFactory],
          }
        : {}),
    });
    return new InsiderWorld(portal, replica, entities);
  }

  get iam() {
    return this.portal.sandbox.aws.iam;
  }

  /** The association of Ada's identity, as AWS has it. */
  get victim() {
    return this.portal.sandbox.aws.eks
      .associations('payments-prod')
      .find(({ serviceAccount }) => serviceAccount === VICTIM.serviceAccount)!;
  }

  arnOf(role: string) {
    return `arn:aws:iam::${this.portal.sandbox.accountId}:role/${role}`;
  }

  /** What Bob did not know before: he named it in none of his requests. */
  learnedFrom(answer: string): string[] {
    const { roleArn, associationId, externalId } = this.victim;
    // Sentences that say what an entity ref looks like have the same one.
    const told = answer.replaceAll(`such as ${VICTIM.entityRef}`, '');
    return [
      DESCRIPTION,
      VICTIM.entityRef,
      associationId,
      roleArn.split('/').pop()!,
      ...(externalId ? [externalId] : []),
    ].filter(secret => told.includes(secret) && !this.#sent.includes(secret));
  }

  /** The catalog and the AWS account as they are at first, with Ada's identity. */
  async reset(): Promise<void> {
    await this.portal.sandbox.reset();
    await this.portal.sandbox.cluster('payments-prod').agentReady();
    this.entities.clear();
    for (const [name, owner] of [
      ['payments-api', ADA],
      ['payments-worker', ADA],
      ['shop', BOB],
    ]) {
      this.register(name, owner);
    }
    await this.run(ADA, associate('api', { roleDescription: DESCRIPTION }));
    this.begin();
  }

  /** What happens from now on is Bob's. */
  begin() {
    this.portal.callsSince();
    this.#sent = '';
  }

  /** Registers a component, again if it was there. */
  register(name: string, owner: string, uid = 'first') {
    this.entities.set(name, componentOf(name, owner, uid));
  }

  unregister(name: string) {
    this.entities.delete(name);
  }

  /** Bob asks for an address; rejects with the message of a refusal. */
  async ask(
    path: string,
    options: { method?: string; body?: string; user?: string } = {},
  ): Promise<any> {
    this.#sent += decodeURIComponent(path) + (options.body ?? '');
    const { method = options.body ? 'POST' : 'GET', body } = options;
    return this.#send(`/v1${path}`, method, body, options.user);
  }

  /** Bob's assistant invokes an action of the registry. */
  async invoke(action: string, input: object, user = BOB): Promise<any> {
    const body = JSON.stringify(input);
    this.#sent += body;
    const { output } = await this.#send(
      `/.backstage/actions/v1/actions/eks-pod-identity:${action}/invoke`,
      'POST',
      body,
      user,
    );
    return output;
  }

  async #send(path: string, method: string, body?: string, user = BOB) {
    const response = await fetch(`${this.replica.baseUrl}${path}`, {
      method,
      body,
      headers: {
        authorization: mockCredentials.user.header(user),
        'content-type': 'application/json',
      },
    });
    const answer = JSON.parse(await response.text());
    if (response.ok) return answer;
    throw Object.assign(new Error(answer.error.message), {
      name: answer.error.name,
      statusCode: response.status,
    });
  }

  /** Bob asks for a plan. */
  async plan(body: PlanBody) {
    this.#sent += JSON.stringify(body);
    return this.replica.as(BOB).plan(body);
  }

  /** Runs an operation to its end; rejects with what refused or failed it. */
  async run(user: string, body: Body) {
    this.#sent += JSON.stringify(body);
    const client = this.replica.as(user);
    const { id } = await client.startOperation(body);
    await follow(client, id);
    const operation = await client.getOperation(id);
    if (operation.state !== 'succeeded') {
      throw Object.assign(new Error(operation.error?.message), {
        name: operation.error?.name,
      });
    }
    return operation;
  }

  stop() {
    return this.portal.stop();
  }
}
