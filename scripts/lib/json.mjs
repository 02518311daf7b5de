import { readFileSync, writeFileSync } from 'node:fs';

export const readJson = path => JSON.parse(readFileSync(path, 'utf8'));

/** As npm and Prettier lay a package.json out. */
export const writeJson = (path, value) =>
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

/** Has `change` work on what a file says, and writes it back. */
export function changeJson(path, change) {
  const value = readJson(path);
  change(value);
  writeJson(path, value);
}
