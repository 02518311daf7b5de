import { tagList } from '../iam/views';
import { XmlValue, members } from '../protocol/xml';
import type { StackEvent, StackRecord, StackWish } from '../state/stacks';
import { parameterTexts, shownValue } from './template/parameters';
import { parseTemplate } from './template/parse';

/** The parameters of a stack with their defaults, without what is secret. */
export function parameterList(wish: StackWish | undefined): XmlValue {
  if (!wish) {
    return members([]);
  }
  const template = parseTemplate(wish.templateBody);
  return members(
    Object.entries(parameterTexts(template, wish.parameters)).map(
      ([ParameterKey, value]) => ({
        ParameterKey,
        ParameterValue: shownValue(template, ParameterKey, value),
      }),
    ),
  );
}

const time = (at: number | undefined) =>
  at === undefined ? undefined : new Date(at);

/** A stack as ListStacks shows it. */
export const stackSummary = (stack: StackRecord) => ({
  StackId: stack.stackId,
  StackName: stack.name,
  CreationTime: new Date(stack.createdAt),
  LastUpdatedTime: time(stack.updatedAt),
  DeletionTime: time(stack.deletedAt),
  StackStatus: stack.status,
  StackStatusReason: stack.statusReason,
  DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
});

/** A stack as DescribeStacks shows it. */
export function stackView(stack: StackRecord): XmlValue {
  return {
    ...stackSummary(stack),
    ChangeSetId: stack.changeSetId,
    Description: stack.description,
    Parameters: parameterList(stack.wish),
    RollbackConfiguration: {},
    DisableRollback: stack.rollbackDisabled,
    NotificationARNs: members([]),
    Capabilities: members(stack.wish?.capabilities ?? []),
    Outputs: members(
      stack.outputs.map(output => ({
        OutputKey: output.key,
        OutputValue: output.value,
        Description: output.description,
        ExportName: output.exportName,
      })),
    ),
    Tags: tagList(stack.wish?.tags ?? {}),
    EnableTerminationProtection: stack.terminationProtection ?? false,
  };
}

export function eventView(stack: StackRecord, event: StackEvent): XmlValue {
  return {
    StackId: stack.stackId,
    EventId: event.eventId,
    StackName: stack.name,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    Timestamp: new Date(event.at).toISOString(),
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason,
    ResourceProperties: event.properties,
  };
}
