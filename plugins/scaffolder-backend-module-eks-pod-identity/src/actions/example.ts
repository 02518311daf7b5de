import type { TemplateExample } from '@backstage/plugin-scaffolder-node';
import { stringify } from 'yaml';

/** The component `name` of the examples, and the service account that it runs under. */
export const targetOf = (name: string) => ({
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: name,
  entityRef: `component:default/${name}`,
});

/** An example of a template with these steps. */
export function example(
  description: string,
  ...steps: {
    id: string;
    name: string;
    action: string;
    [key: string]: unknown;
  }[]
): TemplateExample {
  return { description, example: stringify({ steps }) };
}
