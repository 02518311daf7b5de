import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join, resolve } from 'path';

const PROGRAM = resolve(__dirname, '../../../../../scripts/cli.mjs');

/** A folder for the PATH of a person, with the program in it; it goes after the tests of the file. */
export function programOnPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'eks-pod-identity-move-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'eks-pod-identity');
  writeFileSync(
    file,
    `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`,
  );
  chmodSync(file, 0o755);
  return folder;
}
