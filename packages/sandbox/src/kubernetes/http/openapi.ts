import { createHash } from 'node:crypto';
import { groups, ResourceDef } from '../model/resources';

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

const patch = (def: ResourceDef) => ({
  'x-kubernetes-action': 'patch',
  'x-kubernetes-group-version-kind': gvk(def),
  parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map(
    name => ({ name, in: 'query', schema: { type: 'string' } }),
  ),
  responses: { 200: { description: 'OK' } },
});

/**
 * The OpenAPI v3 document of one API group, with only what kubectl checks before it writes: whether the server
 * validates fields. It has no schemas, so `kubectl explain` finds nothing.
 */
const openApiDocument = (group: string) => ({
  openapi: '3.0.0',
  info: { title: 'Kubernetes', version: 'v1' },
  paths: Object.fromEntries(
    (groups().get(group) ?? []).map(def => [
      pathOf(def),
      { patch: patch(def) },
    ]),
  ),
});

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
