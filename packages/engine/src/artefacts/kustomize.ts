import { parseAllDocuments } from 'yaml';
import { BINDINGS, type KubernetesObject, PARTS, partsText } from './rbac';
import { commented, yamlText } from './yamlText';

const HEAD = commented(
  'Made by "yarn artefacts" from packages/engine/src/artefacts/rbac.ts, which docs/permissions.md explains.',
);

const kustomization = (resources: string[]) =>
  yamlText({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources,
  });

const component = (resources: string[]) =>
  yamlText({
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    resources,
  });

/** The objects of a file of YAML. */
export const objectsOf = (text: string): KubernetesObject[] =>
  parseAllDocuments(text).map(document => document.toJS());

/** The files of deploy/kubernetes, by their path in it. */
export function kustomize(admissionPolicies: string): Record<string, string> {
  const file = (...parts: (keyof typeof PARTS)[]) =>
    `${HEAD}\n#\n${partsText(parts.map(part => PARTS[part]))}`;
  const components = {
    write: file('changing'),
    restart: file('restarting'),
    diagnostics: file('agentLog', 'webhooks', 'policies'),
    'admission-policies': `${commented(
      'A copy of deploy/admission-policies.yaml, made with it: what it is for stands there.',
    )}\n${objectsOf(admissionPolicies)
      .map(one => `---\n${yamlText(one)}`)
      .join('')}`,
  };
  return {
    'base/kustomization.yaml': kustomization(['rbac.yaml']),
    'base/rbac.yaml': file('reading', 'verifying'),
    ...Object.fromEntries(
      Object.entries(components).flatMap(([name, text]) => [
        [`components/${name}/kustomization.yaml`, component(['objects.yaml'])],
        [`components/${name}/objects.yaml`, text],
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(BINDINGS).flatMap(([name, binding]) => [
        [`namespaces/${name}/kustomization.yaml`, kustomization(['rbac.yaml'])],
        [`namespaces/${name}/rbac.yaml`, `${HEAD}\n${yamlText(binding)}`],
      ]),
    ),
  };
}
