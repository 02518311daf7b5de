import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { readJson } from './json.mjs';
import { root } from './paths.mjs';

/** The portal's roles in the sandbox, by what they are for. */
const portalRole = /:role\/portal\/backstage-eks-(read|verify|write)$/;

/** The roles that have what a section of the page names, by its heading. */
const sections = readJson(join(root, 'scripts/lib/rights.json'));

/**
 * The rights of docs/permissions.md, each with the roles that have it: an IAM action, or a verb and a resource of
 * Kubernetes.
 *
 * @returns {Map<string, Set<string>>}
 */
export function documentedRights(
  text = readFileSync(join(root, 'docs/permissions.md'), 'utf8'),
) {
  const rights = new Map();
  for (const section of text.split(/^## /m).slice(1)) {
    const heading = section.split('\n', 1)[0];
    const [aws, kubernetes] = [
      sections.aws[heading],
      sections.kubernetes[heading],
    ];
    if (aws) {
      for (const [, json] of section.matchAll(/```json\n([\s\S]*?)```/g)) {
        const actions = JSON.parse(json).Statement.flatMap(one => one.Action);
        actions.forEach(action => add(rights, action, aws));
      }
      // The optional actions are a table
      for (const [, action] of section.matchAll(/^\| `(\w+:\w+)`/gm)) {
        add(rights, action, aws);
      }
    }
    if (kubernetes) {
      for (const [verb, resource] of roleRights(section)) {
        add(rights, `${verb} ${resource}`, kubernetes);
      }
    }
  }
  return rights;
}

function add(rights, right, roles) {
  rights.set(right, new Set([...(rights.get(right) ?? []), ...roles]));
}

function roleRights(section) {
  // A rule that only some clusters need is commented out
  const yaml = [...section.matchAll(/```yaml\n([\s\S]*?)```/g)]
    .map(([, block]) =>
      block.replace(/^ {2}# (?= *(- )?\w+: *\[| {2}\w)/gm, '  '),
    )
    .join('---\n');
  return parseAllDocuments(yaml)
    .map(document => document.toJS())
    .filter(object => /^(Cluster)?Role$/.test(object?.kind))
    .flatMap(({ rules }) => rules)
    .flatMap(({ verbs, resources }) =>
      verbs.flatMap(verb => resources.map(resource => [verb, resource])),
    );
}

/**
 * The rights that the portal's roles used in a test run, as the sandbox wrote them down.
 *
 * @param {string} file
 * @returns {Map<string, Set<string>>} as `documentedRights`
 */
export function usedRights(file) {
  const rights = new Map();
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  for (const line of new Set(lines)) {
    const space = line.indexOf(' ');
    const role = portalRole.exec(line.slice(0, space))?.[1];
    if (role) {
      add(rights, line.slice(space + 1), [role]);
    }
  }
  return rights;
}
