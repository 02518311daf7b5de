import { World } from '../state/world';
import type { StackRecord, StackResource } from '../state/stacks';

const STACK_TYPE = 'AWS::CloudFormation::Stack';

/** Sets the states of a stack and its resources; each is an event, too. */
export class StackLog {
  constructor(
    private readonly world: World,
    private readonly stack: StackRecord,
  ) {}

  /** A new state of the whole stack. */
  stackIs(status: string, reason?: string): void {
    const { stack } = this;
    stack.status = status;
    stack.statusReason = reason;
    stack.events.push({
      eventId: this.world.ids.uuid(),
      logicalId: stack.name,
      physicalId: stack.stackId,
      type: STACK_TYPE,
      at: this.world.now(),
      status,
      reason,
    });
  }

  /** A new state of one resource. */
  resourceIs(resource: StackResource, status: string, reason?: string): void {
    resource.status = status;
    resource.statusReason = reason;
    resource.updatedAt = this.world.now();
    this.stack.events.push({
      eventId: `${resource.logicalId}-${status}-${this.world.ids.uuid()}`,
      logicalId: resource.logicalId,
      physicalId: resource.physicalId,
      type: resource.type,
      at: this.world.now(),
      status,
      reason,
      properties: JSON.stringify(resource.properties),
    });
  }
}
