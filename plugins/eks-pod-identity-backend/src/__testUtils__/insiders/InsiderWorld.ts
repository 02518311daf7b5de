import { createServiceFactory } from '@backstage/backend-plugin-api';
import { ADA, associate, BOB, follow, Replica } from '../testBackend';
import { SandboxPortal, startSandboxPortal } from '../sandboxBackend';
import type { Entity } from '@backstage/catalog-model';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';

/** What Ada's team has, and what Bob, who owns `shop`, tries to reach. */
export const VICTIM = {
  serviceAccount: 'api',
  entityRef: 'component:default/payments-api',
};

/** Bob's own component. */
export const BOBS = 'component:default/shop';

type Body = Parameters<ReturnType<Replica['as']>['startOperation']>[0];

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

/** A portal whose policy allows everything, on a sandbox where Ada has an identity. */
export class InsiderWorld {
  private constructor(
    readonly portal: SandboxPortal,
    readonly replica: Replica,
    /** What the catalog has, by name. */
    readonly entities: Map<string, Entity>,
  ) {}

  static async start(options: {
    knex: Knex;
    section?: JsonObject;
  }): Promise<InsiderWorld> {
    const portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'] },
      clusters: [
        { name: 'payments-prod', id: 'prod', kubernetes: { access: 'none' } },
      ],
    });
    // Found anew on every question, so that tests can change the catalog
    const entities = new Map<string, Entity>();
    const catalog = createServiceFactory({
      service: catalogServiceRef,
      deps: {},
      factory: () =>
        new Proxy(catalogServiceMock(), {
          get: (_, name) => {
            const now = catalogServiceMock({
              entities: [...entities.values()],
            });
            const value = Reflect.get(now, name);
            return typeof value === 'function' ? value.bind(now) : value;
          },
        }),
    });
    const replica = await portal.start({
      knex: options.knex,
      catalog,
      section: options.section,
    });
    return new InsiderWorld(portal, replica, entities);
  }

  get bob() {
    return this.replica.as(BOB);
  }

  /** The catalog and the AWS account as they are at first, with Ada's identity. */
  async reset(): Promise<void> {
    await this.portal.sandbox.reset();
    this.entities.clear();
    for (const [name, owner] of [
      ['payments-api', ADA],
      ['payments-worker', ADA],
      ['shop', BOB],
    ]) {
      this.register(name, owner);
    }
    await this.run(ADA, associate());
    this.portal.callsSince();
  }

  /** Registers a component, anew if it was there. */
  register(name: string, owner: string, uid = 'first') {
    this.entities.set(name, {
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Component',
      metadata: { name, namespace: 'default', uid: `${name}-${uid}` },
      spec: { type: 'service', lifecycle: 'production', owner },
      relations: [{ type: 'ownedBy', targetRef: owner }],
    });
  }

  unregister(name: string) {
    this.entities.delete(name);
  }

  /** Runs an operation to its end; rejects with what refused or failed it. */
  async run(user: string, body: Body) {
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
