import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { artefacts } from './artefacts';

it.each(Object.entries(artefacts()))(
  '%s is what "yarn artefacts" makes of the rights',
  (path, text) => {
    expect(readFileSync(resolve(__dirname, '../../../..', path), 'utf8')).toBe(
      text,
    );
  },
);
