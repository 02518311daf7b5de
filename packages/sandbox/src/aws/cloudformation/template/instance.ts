import { regionalArn } from '../../../core/partition';
import { AccountState } from '../../state/types';
import { World } from '../../state/world';
import { validationError } from '../errors';
import { HANDLERS } from '../resources';
import type { StackResource, StackWish } from '../../state/stacks';
import { NO_VALUE, Scope, evaluate } from './functions';
import { parameterTexts, parameterValues } from './parameters';
import { Template, TemplateResource, parseTemplate } from './parse';
import { inOrder, referencesOf } from './references';

/** What the functions of a template say about the stack itself. */
export interface StackPlace {
  account: AccountState;
  region: string;
  stackId: string;
  stackName: string;
}

/** A template with its parameters: which resources there are, in which order, and what their properties say. */
export interface Instance {
  template: Template;
  parameters: Record<string, string>;
  /** Logical IDs, each after those that it needs. */
  order: string[];
  needs: Record<string, string[]>;
  resource(id: string): TemplateResource;
  properties(
    id: string,
    resources: Record<string, StackResource>,
  ): Record<string, unknown>;
  outputs(resources: Record<string, StackResource>): {
    key: string;
    value: string;
    description?: string;
    exportName?: string;
  }[];
}

/** What a property shows in a change set where only the execution will tell. */
const LATER = '{{changeSet:KNOWN_AFTER_APPLY}}';

function pseudoParameters(
  world: World,
  { account, region, stackId, stackName }: StackPlace,
): Record<string, unknown> {
  return {
    'AWS::AccountId': account.id,
    'AWS::Region': region,
    'AWS::Partition': world.partition.id,
    'AWS::StackId': stackId,
    'AWS::StackName': stackName,
    'AWS::URLSuffix': world.partition.dnsSuffix,
    'AWS::NotificationARNs': [],
    'AWS::NoValue': NO_VALUE,
  };
}

function checkTypes(template: Template): void {
  const unknown = Object.values(template.Resources)
    .map(({ Type }) => Type)
    .filter(type => !Object.hasOwn(HANDLERS, type));
  if (unknown.length > 0) {
    throw validationError(
      `Template format error: Unrecognized resource types: [${[
        ...new Set(unknown),
      ].join(', ')}]`,
    );
  }
}

/** Whether each condition holds, decided when it is first asked for. */
function conditionsOf(template: Template, scopeOf: () => Scope) {
  const known = new Map<string, boolean>();
  return (name: string): boolean => {
    if (!Object.hasOwn(template.Conditions ?? {}, name)) {
      throw validationError(
        `Template format error: Unresolved condition dependency ${name} in the Resources block of the template`,
      );
    }
    let holds = known.get(name);
    if (holds === undefined) {
      holds = evaluate(template.Conditions![name], scopeOf()) === true;
      known.set(name, holds);
    }
    return holds;
  };
}

function needsOf(
  template: Template,
  ids: string[],
  holds: (condition: string) => boolean,
): Record<string, string[]> {
  const parameters = Object.keys(template.Parameters ?? {});
  const missing = new Set<string>();
  const needs = Object.fromEntries(
    ids.map(id => {
      const { Properties, DependsOn = [] } = template.Resources[id];
      const named = [...referencesOf(Properties, holds)].filter(
        name => !parameters.includes(name),
      );
      named.filter(name => !ids.includes(name)).forEach(n => missing.add(n));
      // A resource without its condition may still be named here.
      const asked = [DependsOn].flat().filter(name => ids.includes(name));
      return [id, [...new Set([...named, ...asked])]];
    }),
  );
  if (missing.size > 0) {
    throw validationError(
      `Template format error: Unresolved resource dependencies [${[
        ...missing,
      ].join(', ')}] in the Resources block of the template`,
    );
  }
  return needs;
}

/** Reads what a stack is to be; refuses what the template alone shows to be wrong. */
export function instantiate(
  world: World,
  place: StackPlace,
  wish: Pick<StackWish, 'templateBody' | 'parameters'>,
): Instance {
  const template = parseTemplate(wish.templateBody);
  checkTypes(template);
  const parameters = parameterTexts(template, wish.parameters);
  const fixed: Record<string, unknown> = {
    ...pseudoParameters(world, place),
    ...parameterValues(template, parameters),
  };
  const scopeOf = (
    resources: Record<string, StackResource>,
    ids: string[],
  ): Scope => ({
    ref: name => {
      if (Object.hasOwn(fixed, name)) {
        return fixed[name];
      }
      return ids.includes(name)
        ? resources[name]?.physicalId ?? LATER
        : undefined;
    },
    attribute: (id, name) => {
      const { Type } = template.Resources[id];
      return HANDLERS[Type].attributes.includes(name)
        ? resources[id]?.attributes[name] ?? LATER
        : undefined;
    },
    // eslint-disable-next-line @typescript-eslint/no-use-before-define
    condition: name => holds(name),
    mapping: (map, first, second) => {
      const found = template.Mappings?.[map]?.[first]?.[second];
      if (found === undefined) {
        throw validationError(
          `Template error: Unable to get mapping for ${map}::${first}::${second}`,
        );
      }
      return found;
    },
  });
  const isTrue = (value: unknown) => evaluate(value, scopeOf({}, [])) === true;
  const broken = Object.values(template.Rules ?? {})
    .filter(({ RuleCondition = true }) => isTrue(RuleCondition))
    .flatMap(({ Assertions }) => Assertions)
    .find(({ Assert }) => !isTrue(Assert));
  if (broken) {
    throw validationError(String(broken.AssertDescription));
  }
  const holds = conditionsOf(template, () => scopeOf({}, []));
  const ids = Object.entries(template.Resources)
    .filter(([, { Condition }]) => !Condition || holds(Condition))
    .map(([id]) => id);
  const needs = needsOf(template, ids, holds);
  const instance: Instance = {
    template,
    parameters,
    order: inOrder(needs),
    needs,
    resource: id => template.Resources[id],
    properties: (id, resources) =>
      evaluate(
        template.Resources[id].Properties ?? {},
        scopeOf(resources, ids),
      ) as Record<string, unknown>,
    outputs: resources =>
      Object.entries(template.Outputs ?? {})
        .filter(([, { Condition }]) => !Condition || holds(Condition))
        .map(([key, { Value, Description, Export }]) => ({
          key,
          value: String(evaluate(Value, scopeOf(resources, ids))),
          description: Description,
          ...(Export && {
            exportName: String(evaluate(Export.Name, scopeOf(resources, ids))),
          }),
        })),
  };
  // What refers to nothing is refused now, not half way.
  ids.forEach(id => instance.properties(id, {}));
  instance.outputs({});
  return instance;
}

/** ARN of a stack or a change set. */
export function cloudFormationArn(
  account: AccountState,
  region: string,
  rest: string,
): string {
  return regionalArn('cloudformation', { region, accountId: account.id }, rest);
}

/** The capabilities that a template asks for. */
export function capabilitiesOf(template: Template): string[] {
  const asked = Object.values(template.Resources).map(({ Type, Properties }) =>
    HANDLERS[Type]?.capability?.(Properties ?? {}),
  );
  return ['CAPABILITY_NAMED_IAM', 'CAPABILITY_IAM']
    .filter(capability => asked.includes(capability))
    .slice(0, 1);
}
