import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { readJson } from '../json.mjs';
import { root } from '../paths.mjs';
import { Problem } from '../problem.mjs';
import { must } from '../registry.mjs';

/**
 * Does with a code block what its reader would do with it in the portal, and answers it in words.
 *
 * @param {{ language: string, text: string, target: string }} block
 * @param {{ folder: string, env: NodeJS.ProcessEnv, elsewhere: NodeJS.ProcessEnv, log: string }} portal - `env` for
 *   commands, `elsewhere` for those in another account
 */
export async function apply(block, portal) {
  const { text, target } = block;
  if (isCommand(block)) {
    return await runAll(block, portal);
  }
  if (!isKnown(block)) {
    throw new Problem(
      `A code block for "${target}" is new to scripts/adopt:`,
      'Say in its first line which file it is for, or teach scripts/lib/adopt/apply.mjs what to do with it.',
      text.split('\n'),
    );
  }
  // Its first line is a comment, and would be text where elements stand
  editOf(block)(text.replace(/^.*\n/, ''), portal.folder, target);
  return `edit ${target}`;
}

/** Whether `apply` knows what to do with a code block. */
export const isKnown = block => isCommand(block) || editOf(block) !== undefined;

const isCommand = ({ language }) => language === 'sh';
const editOf = ({ target }) =>
  places[target] ? insertAt(target) : edits[target.split(', ')[0]];

/** First line of commands that an administrator of another account runs. */
const ELSEWHERE = 'in the other account';

/** Commands of a portal run in its folder, those on the files of this repository in the repository. */
async function runAll({ text, target }, { folder, env, elsewhere, log }) {
  const commands = text
    .replace(/\\\n\s*/g, '')
    .trim()
    .split('\n')
    .map(command => command.replace(/\s+/g, ' '));
  const name = commands.at(-1).split(' ', 4).join('-').replace(/\W+/g, '-');
  await must('bash', ['-euc', text], {
    cwd: /^yarn /.test(text) ? folder : root,
    env: target === ELSEWHERE ? elsewhere : env,
    log: `${log}-${name}.log`,
  });
  return commands.join('\n      ');
}

/** Of a block for a file of code the texts that it goes before, after or in the place of, by file and place in it. */
const places = readJson(join(root, 'scripts/lib/adopt/places.json'));
const ways = {
  before: (text, old) => `${text}\n${old}`,
  after: (text, old) => `${old}\n${text}`,
  insteadOf: text => text,
};

/** A file of configuration: what a block says beside what is there is added to it, any other takes its place. */
const configuration = (text, folder, target) => {
  const [name, beside] = target.split(', ');
  const path = join(folder, name);
  const added = parse(text);
  const all = beside ? merged(parse(readFileSync(path, 'utf8')), added) : added;
  writeFileSync(path, stringify(all));
};

/** By file. */
const edits = {
  'app-config.local.yaml': configuration,
  'app-config.yaml': configuration,
  // Of the one component that create-app's catalog has
  'catalog-info.yaml': (text, folder) => {
    const path = join(folder, 'examples/entities.yaml');
    const entities = parseAllDocuments(readFileSync(path, 'utf8')).map(one =>
      one.toJS(),
    );
    writeFileSync(
      path,
      entities
        .map(entity =>
          stringify(
            entity.kind === 'Component' ? merged(entity, parse(text)) : entity,
          ),
        )
        .join('---\n'),
    );
  },
};

/** Maps are merged, and what a list says is added to the list that is there. */
function merged(old, added) {
  if (Array.isArray(old) && Array.isArray(added)) {
    return [...old, ...added];
  }
  if (old && added && typeof old === 'object' && typeof added === 'object') {
    const all = { ...old };
    for (const [key, value] of Object.entries(added)) {
      all[key] = merged(old[key], value);
    }
    return all;
  }
  return added;
}

function insertAt(target) {
  const [[way, anchors]] = Object.entries(places[target]);
  return (text, folder) => {
    const path = join(folder, target.split(', ')[0]);
    let content = readFileSync(path, 'utf8');
    if (way === 'top') {
      content = `${text}${content}`;
    }
    for (const anchor of anchors) {
      if (content.split(anchor).length !== 2) {
        throw new Problem(
          `${path} does not have this exactly once: ${anchor}`,
          'create-app makes another file now: adapt scripts/lib/adopt/places.json to it.',
        );
      }
      content = content.replace(anchor, old => ways[way](text, old));
    }
    writeFileSync(path, content);
  };
}
