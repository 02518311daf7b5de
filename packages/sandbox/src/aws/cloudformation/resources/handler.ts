import { World } from '../../state/world';
import { CallerCalls } from '../calls';

/** What the schema of a resource type says of a property. */
interface PropertyRule {
  type: 'string' | 'integer' | 'boolean' | 'array' | 'object';
  required?: boolean;
  /** A change needs another resource. */
  createOnly?: boolean;
}

export type Properties = Record<string, any>;

/** What was made. */
interface Made {
  physicalId: string;
  attributes: Record<string, string>;
}

/** The surroundings of one change of one resource. */
export interface Deed {
  world: World;
  accountId: string;
  region: string;
  stackName: string;
  logicalId: string;
  calls: CallerCalls;
  /** Of the stack, for resources that take tags. */
  stackTags: Record<string, string>;
  /** `aws:cloudformation:…`, which only AWS may write. */
  systemTags: Record<string, string>;
  /** Waits, in simulated milliseconds. */
  wait(ms: number): Promise<void>;
}

/** A resource type of CloudFormation. */
export interface ResourceHandler {
  properties: Record<string, PropertyRule>;
  /** For Fn::GetAtt. */
  attributes: string[];
  /** The capability that a template needs for such a resource. */
  capability?(properties: Properties): string;
  /** The property that is its name, which no other resource may have. */
  nameProperty?: string;
  create(deed: Deed, properties: Properties): Promise<Made>;
  update(
    deed: Deed,
    physicalId: string,
    before: Properties,
    after: Properties,
  ): Promise<Made>;
  delete(deed: Deed, physicalId: string, properties: Properties): Promise<void>;
}

/** Tags of a resource: its own over those of its stack. */
export function tagsOf(
  deed: Deed,
  properties: Properties,
): Record<string, string> {
  const own = (properties.Tags ?? []) as { Key: string; Value: string }[];
  return {
    ...deed.stackTags,
    ...Object.fromEntries(own.map(({ Key, Value }) => [Key, String(Value)])),
  };
}

/** The name of a resource whose template has none: stack, logical ID and a random end. */
export function physicalName(deed: Deed, longest: number): string {
  const end = deed.world.ids.token(12);
  const room = longest - end.length - 1;
  return `${`${deed.stackName}-${deed.logicalId}`.slice(0, room)}-${end}`;
}

/** A policy of a template as the text that IAM takes. */
export function documentText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const isOf = (type: PropertyRule['type'], value: unknown) => {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return (
        typeof value === 'string' ||
        (typeof value === 'object' && !Array.isArray(value))
      );
    case 'integer':
      return Number.isInteger(Number(value));
    case 'boolean':
      return ['true', 'false'].includes(String(value));
    default:
      return typeof value !== 'object';
  }
};

/** What is wrong with properties by the schema of their type, in CloudFormation's words. */
export function schemaFaults(
  handler: ResourceHandler,
  properties: Properties,
): string[] {
  const faults: string[] = [];
  for (const [name, value] of Object.entries(properties)) {
    const rule = handler.properties[name];
    if (!rule) {
      faults.push(`#: extraneous key [${name}] is not permitted`);
    } else if (!isOf(rule.type, value)) {
      faults.push(
        `#/${name}: expected type: ${rule.type[0].toUpperCase()}${rule.type.slice(
          1,
        )}, found: ${Array.isArray(value) ? 'JSONArray' : 'String'}`,
      );
    }
  }
  for (const [name, rule] of Object.entries(handler.properties)) {
    if (rule.required && properties[name] === undefined) {
      faults.push(`#: required key [${name}] not found`);
    }
  }
  return faults;
}
