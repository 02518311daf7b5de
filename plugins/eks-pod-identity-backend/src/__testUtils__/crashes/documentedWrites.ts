import { readFileSync } from 'node:fs';
import { resolvePackagePath } from '@backstage/backend-plugin-api';

/** Every write to AWS and Kubernetes that docs/permissions.md asks for, as the sandbox names them. */
export function documentedWrites(): string[] {
  const text = readFileSync(
    resolvePackagePath(import.meta.url, '../../docs/permissions.md'),
    'utf8',
  );
  const section = (heading: string) => {
    const [, body] = text.split(`\n## ${heading}\n`);
    return body.split('\n## ')[0];
  };
  const aws = ['AWS: changing', 'AWS: installing the agent'].flatMap(
    heading => {
      const json = /```json\n(.*?)```/s.exec(section(heading))![1];
      return JSON.parse(json).Statement.flatMap(
        ({ Action }: { Action: string | string[] }) => Action,
      ) as string[];
    },
  );
  const kubernetes = ['Kubernetes: verifying', 'Kubernetes: changing']
    .flatMap(heading => [
      ...section(heading).matchAll(
        /resources: \[([\w, ]+)\]\n[ #]*verbs: \[(.*)\]/g,
      ),
    ])
    .flatMap(([, resources, verbs]) =>
      verbs
        .split(', ')
        .filter(verb => !['get', 'list', 'watch'].includes(verb))
        .flatMap(verb =>
          resources
            .split(', ')
            .map(resource => `kubernetes:${verb} ${resource}`),
        ),
    );
  // The right to pass a role is no call
  return [...new Set([...aws, ...kubernetes])]
    .filter(action => action !== 'iam:PassRole')
    .sort();
}
