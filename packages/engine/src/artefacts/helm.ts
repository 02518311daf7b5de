import { objectsOf } from './kustomize';
import { BINDINGS, type KubernetesObject, inNamespace, PARTS } from './rbac';
import { yamlText } from './yamlText';

const LABELS = [
  '  {{- if $.Values.labels }}',
  '  labels:',
  '    {{- range $name, $value := $.Values.labels }}',
  '    {{ $name | quote }}: {{ $value | quote }}',
  '    {{- end }}',
  '  {{- end }}',
];

/** A place in a template that yaml writes without quotes. */
const NAMESPACE = 'NAMESPACE-OF-RANGE';

function documentOf(object: KubernetesObject): string {
  const text = yamlText(object);
  if (text.includes('{{')) {
    throw new Error(`Helm would read ${object.metadata.name} as a template`);
  }
  const lines = text.replace(NAMESPACE, '{{ . | quote }}').split('\n');
  const metadata = lines.indexOf('metadata:');
  const next = lines.findIndex(
    (line, index) => index > metadata && !line.startsWith('  '),
  );
  return `---\n${lines.toSpliced(next, 0, ...LABELS).join('\n')}`;
}

const documentsOf = (objects: KubernetesObject[]) =>
  objects.map(documentOf).join('');

const when = (value: string, text: string) =>
  `{{- if .Values.${value} }}\n${text}{{- end }}\n`;

const inEach = (value: string, ...names: (keyof typeof BINDINGS)[]) =>
  `{{- range .Values.${value} }}\n${documentsOf(
    names.map(name => inNamespace(BINDINGS[name], NAMESPACE)),
  )}{{- end }}\n`;

/** The templates of deploy/helm, by their name. Of Helm's language they take `if`, `range` and `quote` alone. */
export function helmTemplates(
  admissionPolicies: string,
): Record<string, string> {
  const of = (name: keyof typeof PARTS) => documentsOf(PARTS[name].objects);
  const files = {
    'reading.yaml': of('reading'),
    'verifying.yaml': `${of('verifying')}${inEach('namespaces', 'verify')}`,
    'changing.yaml': when(
      'selfService',
      `${of('changing')}${inEach('namespaces', 'write')}`,
    ),
    'restarting.yaml': when(
      'restart',
      `${of('restarting')}${inEach('restart', 'restart')}`,
    ),
    'diagnostics.yaml': [
      when('diagnostics.agentLog', of('agentLog')),
      when('diagnostics.webhooks', of('webhooks')),
      when('diagnostics.policies', of('policies')),
    ].join(''),
    'admission-policies.yaml': when(
      'admissionPolicies',
      documentsOf(objectsOf(admissionPolicies)),
    ),
  };
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [
      name,
      `# Made by "yarn artefacts" from packages/engine/src/artefacts/rbac.ts, which docs/permissions.md explains.\n${text}`,
    ]),
  );
}
