import { World } from '../state/world';
import { HandlerFailure } from './calls';
import { HANDLERS } from './resources';
import { Deed, Properties, schemaFaults } from './resources/handler';
import { StackLog } from './stackLog';
import type { StackRecord, StackResource } from '../state/stacks';

/** Makes, changes and removes the resources of one stack, one at a time, and writes down what came of it. */
export class ResourceWork {
  constructor(
    private readonly world: World,
    private readonly stack: StackRecord,
    private readonly log: StackLog,
    private readonly deedOf: (logicalId: string) => Deed,
  ) {}

  /** Throws a HandlerFailure where the resource could not be made. */
  async create(wanted: {
    logicalId: string;
    type: string;
    properties: Properties;
    needs: string[];
    deletionPolicy: string;
  }): Promise<StackResource> {
    const resource: StackResource = {
      ...wanted,
      status: '',
      updatedAt: this.world.now(),
      attributes: {},
    };
    this.stack.resources[wanted.logicalId] = resource;
    const handler = HANDLERS[wanted.type];
    await this.#carry(resource, 'CREATE', async () => {
      this.#checkSchema(resource, wanted.properties);
      const made = await handler.create(
        this.deedOf(resource.logicalId),
        wanted.properties,
      );
      Object.assign(resource, made);
      this.log.resourceIs(
        resource,
        'CREATE_IN_PROGRESS',
        'Resource creation Initiated',
      );
    });
    return resource;
  }

  async update(
    resource: StackResource,
    wanted: Pick<StackResource, 'properties' | 'needs' | 'deletionPolicy'>,
  ): Promise<void> {
    const before = resource.properties;
    await this.#carry(resource, 'UPDATE', async () => {
      this.#checkSchema(resource, wanted.properties);
      const made = await HANDLERS[resource.type].update(
        this.deedOf(resource.logicalId),
        resource.physicalId!,
        before,
        wanted.properties,
      );
      Object.assign(resource, wanted, made);
    });
  }

  /** Whether it is gone; what was gone already counts. `undone`: a rollback of the operation that made it. */
  async remove(resource: StackResource, undone = false): Promise<boolean> {
    const { deletionPolicy: policy } = resource;
    if (policy === 'Retain' || (policy === 'RetainExceptOnCreate' && !undone)) {
      this.log.resourceIs(resource, 'DELETE_SKIPPED');
      return true;
    }
    try {
      await this.#carry(resource, 'DELETE', async () => {
        try {
          await HANDLERS[resource.type].delete(
            this.deedOf(resource.logicalId),
            resource.physicalId!,
            resource.properties,
          );
        } catch (error) {
          if (!(error instanceof HandlerFailure && error.notFound)) {
            throw error;
          }
        }
      });
      return true;
    } catch (error) {
      if (error instanceof HandlerFailure) {
        return false;
      }
      throw error;
    }
  }

  async #carry(
    resource: StackResource,
    verb: 'CREATE' | 'UPDATE' | 'DELETE',
    work: () => Promise<void>,
  ): Promise<void> {
    this.log.resourceIs(resource, `${verb}_IN_PROGRESS`);
    try {
      await work();
    } catch (error) {
      if (error instanceof HandlerFailure) {
        this.log.resourceIs(resource, `${verb}_FAILED`, error.message);
      }
      throw error;
    }
    this.log.resourceIs(resource, `${verb}_COMPLETE`);
  }

  #checkSchema(resource: StackResource, properties: Properties): void {
    const faults = schemaFaults(HANDLERS[resource.type], properties);
    if (faults.length > 0) {
      throw new HandlerFailure(
        `Properties validation failed for resource ${
          resource.logicalId
        } with message:\n[${faults.join(', ')}]`,
        'InvalidRequest',
      );
    }
  }
}
