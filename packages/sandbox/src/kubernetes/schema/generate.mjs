// Writes schemas.generated.json: the fields and types of every Kubernetes kind that the sandbox stores, from the
// models of @kubernetes/client-node. Run it after an upgrade of that package: node generate.mjs
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as path from 'node:path';

const ROOTS = [
  'V1Namespace V1Pod V1ServiceAccount V1ConfigMap V1Secret V1Node CoreV1Event V1ResourceQuota V1LimitRange V1Service',
  'V1ControllerRevision V1Deployment V1ReplicaSet V1StatefulSet V1DaemonSet V1Job V1CronJob V1NetworkPolicy',
  'V1Role V1ClusterRole V1RoleBinding V1ClusterRoleBinding',
  'V1MutatingWebhookConfiguration V1ValidatingWebhookConfiguration V1ValidatingAdmissionPolicy',
  'V1ValidatingAdmissionPolicyBinding EventsV1Event V1SelfSubjectAccessReview V1SelfSubjectRulesReview',
  'V1SelfSubjectReview AuthenticationV1TokenRequest V1Eviction V1Binding',
].flatMap(line => line.split(' '));

const models = path.join(
  path.dirname(
    createRequire(import.meta.url).resolve('@kubernetes/client-node'),
  ),
  'gen/models',
);

/** `Array<V1EnvVar>` → `V1EnvVar[]`, `{ [key: string]: string; }` → `{string}`. */
const shorten = type =>
  type
    .replace(/^\{ \[key: string\]: (.*); \}$/, '{$1}')
    .replace(/Array<([^<>]*)>/, '$1[]')
    .replace('V1MicroTime', 'Date');

async function readModel(name) {
  const code = await readFile(path.join(models, `${name}.js`), 'utf8');
  const list = code.match(/attributeTypeMap = (\[[\s\S]*?\n\]);/);
  return Object.fromEntries(
    (list ? JSON.parse(list[1]) : []).map(field => [
      field.baseName,
      shorten(field.type),
    ]),
  );
}

const schemas = {};
const queue = [...ROOTS];
while (queue.length > 0) {
  const name = queue.pop();
  if (!schemas[name]) {
    schemas[name] = await readModel(name);
    for (const type of Object.values(schemas[name])) {
      const model = type.match(/\w*V\d\w*/);
      if (model) queue.push(model[0]);
    }
  }
}
const sorted = Object.fromEntries(
  Object.keys(schemas)
    .sort()
    .map(name => [name, schemas[name]]),
);
await writeFile(
  new URL('./schemas.generated.json', import.meta.url),
  `${JSON.stringify(sorted, null, 1)}\n`,
);
