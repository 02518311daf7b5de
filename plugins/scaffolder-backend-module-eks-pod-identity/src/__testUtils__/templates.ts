import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Entity } from '@backstage/catalog-model';
import { parse, parseAllDocuments } from 'yaml';

const TEMPLATES = resolve(__dirname, '../../../../templates');

/** Names of the repository's own software templates, from the location that registers them. */
export function templateNames(): string[] {
  const { spec } = parse(readFileSync(join(TEMPLATES, 'all.yaml'), 'utf8'));
  return spec.targets.map((target: string) => target.split('/')[1]);
}

/** One of these templates, as in the catalog. */
export function readTemplate(name: string): Entity {
  const path = join(TEMPLATES, name, 'template.yaml');
  const entity: Entity = parse(readFileSync(path, 'utf8'));
  entity.metadata.namespace = 'default';
  entity.metadata.annotations = {
    'backstage.io/managed-by-location': `file:${path}`,
  };
  return entity;
}

/** Files beside a template, by path. */
export function filesBeside(name: string): Record<string, string> {
  const root = join(TEMPLATES, name);
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
