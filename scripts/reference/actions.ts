import { createAssociateAction } from '../../plugins/scaffolder-backend-module-eks-pod-identity/src/actions/createAssociateAction';
import { createMigrateAction } from '../../plugins/scaffolder-backend-module-eks-pod-identity/src/actions/createMigrateAction';
import { createRollbackAction } from '../../plugins/scaffolder-backend-module-eks-pod-identity/src/actions/createRollbackAction';
import { createTeardownAction } from '../../plugins/scaffolder-backend-module-eks-pod-identity/src/actions/createTeardownAction';
import { createVerifyAction } from '../../plugins/scaffolder-backend-module-eks-pod-identity/src/actions/createVerifyAction';
import { table } from '../lib/output.mjs';
import { cell } from './configuration';

interface Schema {
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
}

/** The page docs/actions-reference.md, from what the actions say of themselves. */
export function actionsReference(): string {
  // Only what they say of themselves is asked
  const options = {} as Parameters<typeof createAssociateAction>[0];
  const actions = [
    createAssociateAction(options),
    createVerifyAction(options),
    createTeardownAction(options),
    createMigrateAction(options),
    createRollbackAction(options),
  ];
  return [
    '# Actions reference',
    'Made by `yarn reference` from the schemas and examples of the actions. Your portal shows the same on its page **Create → Actions**.',
    ...actions.flatMap(({ id, description, schema, examples }) => [
      `## ${id}`,
      description ?? '',
      '### Input',
      tableOf(schema!.input as Schema, true),
      '### Output',
      tableOf(schema!.output as Schema, false),
      '### Examples',
      ...(examples ?? []).flatMap(one => [
        `${one.description}:`,
        `\`\`\`yaml\n${one.example.trim()}\n\`\`\``,
      ]),
    ]),
  ].join('\n\n');
}

const tableOf = (schema: Schema, input: boolean) =>
  table(['name', 'type', 'meaning'], rowsOf(schema, '', input));

function rowsOf(
  { properties = {}, required = [] }: Schema,
  prefix: string,
  input: boolean,
): string[][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const key = `${prefix}${name}`;
    const need = input && required.includes(name) ? ', **required**' : '';
    const nested = schema.items?.properties
      ? rowsOf(schema.items, `${key}[].`, input)
      : rowsOf(schema, `${key}.`, input);
    const meaning = cell(schema.description ?? '');
    return [[`\`${key}\``, `${wordsOf(schema)}${need}`, meaning], ...nested];
  });
}

/** A type as people say it. */
function wordsOf({ type, items, anyOf, ...schema }: Schema): string {
  if (schema.enum) {
    return schema.enum.map(one => `\`${one}\``).join(' or ');
  }
  if (anyOf) {
    return [...new Set(anyOf.map(wordsOf))].join(' or ');
  }
  if (type === 'array') {
    const one = items ? wordsOf(items) : 'value';
    return /^`/.test(one) ? `list of ${one}` : `list of ${one}s`;
  }
  if (type === 'object') {
    return 'map';
  }
  return type === 'string' ? 'text' : String(type ?? 'any');
}
