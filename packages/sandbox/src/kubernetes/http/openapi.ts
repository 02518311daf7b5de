import { createHash } from 'node:crypto';
import { groups, ResourceDef } from '../api/resources';
import { FieldType, fieldsOf, isQuantityField } from '../schema/schema';

type Schema = Record<string, unknown>;

const schemaName = (model: string) =>
  `io.k8s.api.${model.replace(/^(\w*?)V1(\w+)$/, 'v1.$2')}`;

const ref = (model: string) => ({
  $ref: `#/components/schemas/${schemaName(model)}`,
});

const SCALARS: Record<string, Schema> = {
  string: { type: 'string' },
  number: { type: 'integer' },
  boolean: { type: 'boolean' },
  Date: { type: 'string', format: 'date-time' },
  IntOrString: { oneOf: [{ type: 'integer' }, { type: 'string' }] },
};

function typeSchema(type: FieldType, needed: Set<string>): Schema {
  switch (type.type) {
    case 'scalar':
      return SCALARS[type.scalar];
    case 'object':
      needed.add(type.model);
      return { allOf: [ref(type.model)] };
    case 'list': {
      const item =
        type.item.type === 'object'
          ? ref(type.item.model)
          : typeSchema(type.item, needed);
      if (type.item.type === 'object') needed.add(type.item.model);
      return { type: 'array', items: item };
    }
    case 'map':
      return {
        type: 'object',
        additionalProperties: typeSchema(type.value, needed),
      };
    default:
      return {};
  }
}

function modelSchema(model: string, needed: Set<string>): Schema {
  const fields = [...(fieldsOf(model)?.values() ?? [])];
  const required = fields.filter(f => f.required).map(f => f.name);
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map(field => [
        field.name,
        isQuantityField(field.name) && field.type.type === 'map'
          ? { type: 'object', additionalProperties: SCALARS.IntOrString }
          : typeSchema(field.type, needed),
      ]),
    ),
    ...(required.length > 0 && { required }),
  };
}

const parameter = (name: string) => ({
  name,
  in: 'query',
  schema: { type: 'string', uniqueItems: true },
});

const gvk = (def: ResourceDef) => ({
  group: def.group,
  version: def.version,
  kind: def.kind,
});

function pathOf(def: ResourceDef) {
  const root = def.group
    ? `/apis/${def.group}/${def.version}`
    : `/api/${def.version}`;
  return `${root}${def.namespaced ? '/namespaces/{namespace}' : ''}/${
    def.resource
  }/{name}`;
}

/** The OpenAPI v3 document of one API group: real fields of every kind, and the write operations that kubectl looks for. */
function openApiDocument(group: string) {
  const defs = groups().get(group) ?? [];
  const needed = new Set(defs.map(def => def.schema));
  const schemas: Record<string, Schema> = {};
  for (const model of needed) {
    schemas[schemaName(model)] = modelSchema(model, needed);
  }
  for (const def of defs) {
    schemas[schemaName(def.schema)]['x-kubernetes-group-version-kind'] = [
      gvk(def),
    ];
  }
  const operation = (def: ResourceDef, action: string) => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(def),
    parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map(
      parameter,
    ),
    responses: {
      200: {
        description: 'OK',
        content: { 'application/json': { schema: ref(def.schema) } },
      },
    },
  });
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1' },
    paths: Object.fromEntries(
      defs.map(def => [
        pathOf(def),
        {
          get: { ...operation(def, 'get'), parameters: [] },
          put: operation(def, 'put'),
          patch: operation(def, 'patch'),
        },
      ]),
    ),
    components: { schemas },
  };
}

const documents = new Map<string, { text: string; hash: string }>();

function documentOf(group: string) {
  const known = documents.get(group);
  if (known) {
    return known;
  }
  const text = JSON.stringify(openApiDocument(group));
  const hash = createHash('sha256').update(text).digest('hex').toUpperCase();
  const document = { text, hash };
  documents.set(group, document);
  return document;
}

const pathOfGroup = (group: string) => (group ? `apis/${group}/v1` : 'api/v1');

/** `/openapi/v3` */
export const openApiIndex = () => ({
  paths: Object.fromEntries(
    [...groups().keys()].map(group => [
      pathOfGroup(group),
      {
        serverRelativeURL: `/openapi/v3/${pathOfGroup(group)}?hash=${
          documentOf(group).hash
        }`,
      },
    ]),
  ),
});

/** Body of `/openapi/v3/…`, or undefined when there is no such group. */
export function openApiText(path: string): string | undefined {
  const group = [...groups().keys()].find(
    g => `/openapi/v3/${pathOfGroup(g)}` === path,
  );
  return group === undefined ? undefined : documentOf(group).text;
}
