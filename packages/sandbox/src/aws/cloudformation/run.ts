import { setTimeout as wallPause } from 'node:timers/promises';
import { AwsCall, AwsService } from '../service';
import { World } from '../state/world';
import { CallerCalls, HandlerFailure } from './calls';
import {
  changesTo,
  isLiving,
  livingResources,
  replacingProperties,
} from './changes';
import { Deed } from './resources/handler';
import { HANDLERS } from './resources';
import { ResourceWork } from './resourceWork';
import { StackLog } from './stackLog';
import type { StackRecord, StackResource, StackWish } from '../state/stacks';
import { Instance } from './template/instance';
import { inOrder } from './template/references';

/** Ends a run whose stack a restored snapshot took away. */
class StackGone extends Error {}

const failedTo = (verb: string, ids: string[]) =>
  `The following resource(s) failed to ${verb}: [${ids.join(', ')}]. `;

/** One creation, update or deletion of a stack, in the name of the caller who asked for it. */
export class StackRun {
  /** Resolves when the run first needs simulated time, or ends. */
  readonly paused: Promise<void>;
  #pause!: () => void;
  readonly #log: StackLog;
  readonly #work: ResourceWork;
  readonly #added: StackResource[] = [];
  /** What an update replaced or changed, as it was. */
  readonly #before: StackResource[] = [];
  readonly #replaced: StackResource[] = [];

  constructor(
    private readonly world: World,
    services: Record<'iam' | 'eks', AwsService>,
    private readonly call: AwsCall,
    private readonly stack: StackRecord,
  ) {
    this.paused = new Promise(resolve => {
      this.#pause = resolve;
    });
    this.#log = new StackLog(world, stack);
    const calls = new CallerCalls(world, services, call);
    this.#work = new ResourceWork(world, stack, this.#log, logicalId =>
      this.#deed(logicalId, calls),
    );
  }

  #deed(logicalId: string, calls: CallerCalls): Deed {
    const { stack, world } = this;
    return {
      world,
      calls,
      logicalId,
      accountId: this.call.caller.accountId,
      region: stack.region,
      stackName: stack.name,
      stackTags: stack.wish?.tags ?? {},
      systemTags: {
        'aws:cloudformation:stack-name': stack.name,
        'aws:cloudformation:logical-id': logicalId,
        'aws:cloudformation:stack-id': stack.stackId,
      },
      wait: ms => this.#wait(ms),
    };
  }

  async #wait(ms: number): Promise<void> {
    const { world, stack } = this;
    if (ms > 0) {
      this.#pause();
      await world.core.clock.sleep(ms);
    } else {
      // Lets what is due on the clock happen.
      await wallPause(1);
    }
    const { stacks } = world.account(this.call.caller.accountId);
    if (stacks.get(stack.stackId) !== stack) {
      throw new StackGone();
    }
  }

  /** Starts the work and returns once it has ended or needs simulated time. */
  async start(work: (run: StackRun) => Promise<void>): Promise<void> {
    const done = work(this)
      .catch(error => {
        if (!(error instanceof StackGone)) {
          this.world.core.log(
            `A stack failed inside the sandbox: ${error.stack}`,
          );
          this.#log.stackIs(`${this.stack.status.split('_')[0]}_FAILED`);
        }
      })
      .finally(this.#pause);
    await Promise.race([done, this.paused]);
  }

  /** Makes a new stack. */
  async create(instance: Instance, wish: StackWish): Promise<void> {
    this.stack.wish = wish;
    this.#log.stackIs('CREATE_IN_PROGRESS', 'User Initiated');
    const failed = await this.#place(instance, instance.order);
    if (failed === undefined) {
      this.#finish(instance, 'CREATE_COMPLETE');
      return;
    }
    const reason = failedTo('create', [failed]);
    if (this.stack.rollbackDisabled) {
      this.#log.stackIs('CREATE_FAILED', reason);
      return;
    }
    this.#log.stackIs(
      'ROLLBACK_IN_PROGRESS',
      `${reason}Rollback requested by user.`,
    );
    const left = await this.#removeAll(livingResources(this.stack), true);
    this.#log.stackIs(
      left.length > 0 ? 'ROLLBACK_FAILED' : 'ROLLBACK_COMPLETE',
      left.length > 0 ? failedTo('delete', left) : undefined,
    );
  }

  /** Makes a stack what another template or other parameters say. */
  async update(instance: Instance, wish: StackWish): Promise<void> {
    const { stack } = this;
    const changes = changesTo(stack, instance, wish);
    const before = stack.wish;
    stack.wish = wish;
    stack.updatedAt = this.world.now();
    this.#log.stackIs('UPDATE_IN_PROGRESS', 'User Initiated');
    const removed = changes
      .filter(({ action }) => action === 'Remove')
      .map(({ logicalId }) => stack.resources[logicalId]);
    const changed = changes
      .filter(({ action }) => action !== 'Remove')
      .map(({ logicalId }) => logicalId);
    const failed = await this.#place(instance, changed);
    if (failed !== undefined) {
      stack.wish = before;
      await this.#rollBack(failed);
      return;
    }
    this.#log.stackIs('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
    await this.#removeAll(byId(removed));
    await this.#removeAll(byId(this.#replaced));
    this.#finish(instance, 'UPDATE_COMPLETE');
  }

  /** Removes a stack with all that it made. */
  async remove(): Promise<void> {
    const { stack } = this;
    this.#log.stackIs('DELETE_IN_PROGRESS', 'User Initiated');
    const left = await this.#removeAll(livingResources(stack));
    if (left.length > 0) {
      this.#log.stackIs('DELETE_FAILED', failedTo('delete', left));
      return;
    }
    stack.deletedAt = this.world.now();
    this.#log.stackIs('DELETE_COMPLETE');
  }

  #finish(instance: Instance, status: string): void {
    const { stack } = this;
    stack.description = instance.template.Description;
    stack.outputs = instance.outputs(stack.resources);
    this.#log.stackIs(status);
  }

  /** Creates and changes resources in their order; returns the one that failed. */
  async #place(instance: Instance, ids: string[]): Promise<string | undefined> {
    for (const logicalId of ids) {
      try {
        await this.#placeOne(instance, logicalId);
      } catch (error) {
        if (error instanceof HandlerFailure) {
          return logicalId;
        }
        throw error;
      }
    }
    return undefined;
  }

  async #placeOne(instance: Instance, logicalId: string): Promise<void> {
    const { Type: type, DeletionPolicy = 'Delete' } =
      instance.resource(logicalId);
    const living = livingResources(this.stack);
    const wanted = {
      logicalId,
      type,
      properties: instance.properties(logicalId, living),
      needs: instance.needs[logicalId],
      deletionPolicy: DeletionPolicy,
    };
    const before = living[logicalId];
    if (!before) {
      this.#added.push(await this.#work.create(wanted));
      return;
    }
    this.#before.push(structuredClone(before));
    const replacing =
      before.type !== type ||
      replacingProperties(type, before.properties, wanted.properties).length >
        0;
    if (!replacing) {
      await this.#work.update(before, wanted);
      return;
    }
    const { nameProperty } = HANDLERS[type];
    const name = nameProperty && wanted.properties[nameProperty];
    if (name !== undefined && name === before.properties[nameProperty!]) {
      const reason = `CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${name} and update the stack again.`;
      this.#log.resourceIs(before, 'UPDATE_FAILED', reason);
      throw new HandlerFailure(reason);
    }
    await this.#work.create(wanted);
    this.#replaced.push(this.#before[this.#before.length - 1]);
  }

  async #rollBack(failed: string): Promise<void> {
    const { stack } = this;
    const verb = stack.resources[failed].status.startsWith('CREATE')
      ? 'create'
      : 'update';
    const reason = failedTo(verb, [failed]);
    if (stack.rollbackDisabled) {
      this.#log.stackIs('UPDATE_FAILED', reason);
      return;
    }
    this.#log.stackIs('UPDATE_ROLLBACK_IN_PROGRESS', reason);
    const made = [...this.#added];
    for (const before of [...this.#before].reverse()) {
      const now = stack.resources[before.logicalId];
      if (now.physicalId === before.physicalId) {
        await this.#work.update(now, before).catch(ignoreFailure);
      } else {
        made.push(now);
        stack.resources[before.logicalId] = before;
      }
    }
    this.#log.stackIs('UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
    await this.#removeAll(byId(made.filter(isLiving)), true);
    this.#log.stackIs('UPDATE_ROLLBACK_COMPLETE');
  }

  /** Removes resources, each before those that it needs; returns what is left. */
  async #removeAll(
    resources: Record<string, StackResource>,
    undone = false,
  ): Promise<string[]> {
    const needs = Object.fromEntries(
      Object.values(resources).map(resource => [
        resource.logicalId,
        resource.needs.filter(id => Object.hasOwn(resources, id)),
      ]),
    );
    const left: string[] = [];
    for (const id of inOrder(needs).reverse()) {
      const held = left.some(other => needs[other].includes(id));
      if (held || !(await this.#work.remove(resources[id], undone))) {
        left.push(id);
      }
    }
    return left;
  }
}

function byId(resources: StackResource[]): Record<string, StackResource> {
  return Object.fromEntries(
    resources.map(resource => [resource.logicalId, resource]),
  );
}

function ignoreFailure(error: unknown): void {
  if (!(error instanceof HandlerFailure)) {
    throw error;
  }
}
