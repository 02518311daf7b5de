import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { artefacts } from '../../packages/engine/src/artefacts/artefacts';

const root = resolve(__dirname, '../..');
const check = process.argv.includes('--check');

for (const [path, text] of Object.entries(artefacts())) {
  const file = resolve(root, path);
  if (!check) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    console.log(`${path} is not what "yarn artefacts" makes of the rights.`);
    process.exitCode = 1;
  }
}
