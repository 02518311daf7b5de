import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const { imports, neededBy } = createRequire(import.meta.url)(
  '../lib/mutation/imports.cjs',
);

test('a file needs what it imports when it runs, and nothing of which it uses the types alone', t => {
  const folder = mkdtempSync(join(tmpdir(), 'imports-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const write = (name, text) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const value = write('value.ts', "import 'far';");
  const types = write('types.ts', "import 'knex';");
  const both = write('both.ts', 'export const x = 1;');
  const again = write('again.ts', 'export const y = 1;');
  const file = write(
    'file.ts',
    [
      "import type { A } from './types';",
      "export type { B } from './types';",
      "import type { C } from './both';",
      "import { x } from './both';",
      "import { z } from './value';",
      "export { y } from './again';",
    ].join('\n'),
  );
  const { files, packages } = neededBy(file);
  assert.deepEqual([...files].sort(), [again, both, value]);
  assert.deepEqual([...packages], ['far']);
  assert.equal(imports(file, both), true);
  assert.equal(imports(file, types), false);
});
