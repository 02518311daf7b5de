import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

/** The section `techInsights` of app-config that the README has. */
export function configOfReadme(): { techInsights: any } {
  const readme = readFileSync(resolve(__dirname, '../../README.md'), 'utf8');
  const [yaml] =
    /(?<=```yaml\n)# app-config.yaml\ntechInsights:[^]*?(?=```)/.exec(readme)!;
  return parse(yaml);
}
