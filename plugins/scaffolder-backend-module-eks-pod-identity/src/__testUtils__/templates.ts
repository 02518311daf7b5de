import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Entity } from '@backstage/catalog-model';
import { parse, parseAllDocuments } from 'yaml';

const TEMPLATES = resolve(__dirname, '../../../../templates');

/** Files that a location leads to, through other locations too. */
function targetsOf(location: string): string[] {
  const { spec } = parse(readFileSync(location, 'utf8'));
  return spec.targets
    .map((target: string) => resolve(dirname(location), target))
    .flatMap((path: string) =>
      basename(path) === 'all.yaml' ? targetsOf(path) : [path],
    );
}

/** Explained in docs/templates.md. */
export const OWN_TEMPLATE = 'own-template';

/** The guardrails that docs/templates.md has for it. */
export function ownGuardrails(): {
  managedPolicies: { allow: string[] };
  probe: { policyTests: Record<string, string[]> };
} {
  const page = resolve(TEMPLATES, '../docs/templates.md');
  const [, yaml] = /```yaml\n(eksPodIdentity:[^]*?)```/.exec(
    readFileSync(page, 'utf8'),
  )!;
  return parse(yaml).eksPodIdentity.guardrails;
}

/** Folders of the software templates by name: those of the location that registers them, and the example. */
const folders = () =>
  new Map(
    [
      ...targetsOf(join(TEMPLATES, 'all.yaml')).map(dirname),
      resolve(TEMPLATES, '../examples', OWN_TEMPLATE),
    ].map(folder => [basename(folder), folder]),
  );

/** Names of these templates. */
export const templateNames = () => [...folders().keys()];

function folderOf(name: string): string {
  const folder = folders().get(name);
  if (!folder) {
    throw new Error(`No template ${name} is registered.`);
  }
  return folder;
}

/** One of these templates, as in the catalog. */
export function readTemplate(name: string): Entity {
  const path = join(folderOf(name), 'template.yaml');
  const entity: Entity = parse(readFileSync(path, 'utf8'));
  entity.metadata.namespace = 'default';
  entity.metadata.annotations = {
    'backstage.io/managed-by-location': `file:${path}`,
  };
  return entity;
}

/** Files beside a template, by path. */
export function filesBeside(name: string): Record<string, string> {
  const root = folderOf(name);
  const files: Record<string, string> = {};
  for (const entry of readdirSync(root, {
    recursive: true,
    withFileTypes: true,
  })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(root, path)] = readFileSync(path, 'utf8');
  }
  return files;
}

/** The entities of the sample catalog. */
export function sampleCatalog(): Entity[] {
  const directory = join(TEMPLATES, 'catalog');
  return readdirSync(directory).flatMap(name =>
    parseAllDocuments(readFileSync(join(directory, name), 'utf8')).map(
      document => document.toJS() as Entity,
    ),
  );
}

/** The example portal's configuration. */
export function readAppConfig(): {
  eksPodIdentity: { clusters: { id?: string; name: string; title: string }[] };
} {
  return parse(readFileSync(resolve(TEMPLATES, '../app-config.yaml'), 'utf8'));
}
