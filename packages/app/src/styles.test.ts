import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');

const sheets = ['packages/app', ...readdirSync(join(root, 'plugins'))]
  .map(name => (name.includes('/') ? name : `plugins/${name}`))
  .flatMap(folder =>
    readdirSync(join(root, folder, 'src'), { recursive: true })
      .map(file => `${folder}/src/${file}`)
      .filter(file => file.endsWith('.module.css')),
  );

/**
 * The build of an app expands `text-align: start` and the like into one rule per direction, with selectors that outweigh
 * the rules that should override them; a page would then look different from its development server.
 */
it.each(sheets)('%s looks the same built', file => {
  const css = readFileSync(join(root, file), 'utf8');
  expect(
    css.match(
      /[\w-]+-(inline|block)-(start|end)\b|text-align: (start|end)\b/g,
    ) ?? [],
  ).toEqual([]);
});

it('there are style sheets', () => {
  expect(sheets.length).toBeGreaterThan(10);
});
