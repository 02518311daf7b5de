import { HANDLERS } from './resources';
import { Properties } from './resources/handler';
import type {
  ResourceChange,
  StackRecord,
  StackResource,
  StackWish,
} from '../state/stacks';
import { Instance } from './template/instance';

const same = (one: unknown, other: unknown) =>
  JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** Whether a resource was made and not deleted since. */
export function isLiving({ physicalId, status }: StackResource): boolean {
  return (
    physicalId !== undefined && !/^DELETE_(COMPLETE|SKIPPED)$/.test(status)
  );
}

/** The resources of a stack that exist. */
export function livingResources(
  stack: StackRecord,
): Record<string, StackResource> {
  return Object.fromEntries(
    Object.entries(stack.resources).filter(([, resource]) =>
      isLiving(resource),
    ),
  );
}

/** The properties that differ and that cannot be changed in place. */
export function replacingProperties(
  type: string,
  before: Properties,
  after: Properties,
): string[] {
  return Object.entries(HANDLERS[type].properties)
    .filter(
      ([name, { createOnly }]) =>
        createOnly && !same(before[name], after[name]),
    )
    .map(([name]) => name);
}

/** What has to happen to the resources of a stack. */
export function changesTo(
  stack: StackRecord,
  instance: Instance,
  wish: StackWish,
): ResourceChange[] {
  const living = livingResources(stack);
  const kept = { ...living };
  const changes: ResourceChange[] = [];
  const retagged = !same(stack.wish?.tags ?? {}, wish.tags);
  for (const logicalId of instance.order) {
    const { Type: type } = instance.resource(logicalId);
    const before = living[logicalId];
    if (!before) {
      changes.push({ action: 'Add', logicalId, type });
      continue;
    }
    const { physicalId } = before;
    const after = instance.properties(logicalId, kept);
    const replaced =
      before.type !== type ||
      replacingProperties(type, before.properties, after).length > 0;
    const takesTags = 'Tags' in HANDLERS[type].properties;
    if (replaced) {
      delete kept[logicalId];
    }
    if (
      replaced ||
      !same(before.properties, after) ||
      (retagged && takesTags)
    ) {
      const replacement = replaced ? 'True' : 'False';
      changes.push({
        action: 'Modify',
        logicalId,
        physicalId,
        type,
        replacement,
      });
    }
  }
  for (const { logicalId, physicalId, type } of Object.values(living)) {
    if (!instance.order.includes(logicalId)) {
      changes.push({ action: 'Remove', logicalId, physicalId, type });
    }
  }
  return changes;
}
