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
 * @param {{ folder: string, env: NodeJS.ProcessEnv, log: string }} portal - `env` for commands
 */
export async function apply(block, portal) {
  const { text, target } = block;
  if (isCommand(block)) {
    return await runAll(text, portal);
  }
  if (!isKnown(block)) {
    throw new Problem(
      `A code block for "${target}" is new to scripts/adopt:`,
      'Say in its first line which file it is for, or teach scripts/lib/adopt/apply.mjs what to do with it.',
      text.split('\n'),
    );
  }
  // Its first line is a comment, and would be text where elements stand
  editOf(block)(text.replace(/^.*\n/, ''), portal.folder);
  return `edit ${target}`;
}

/** Whether `apply` knows what to do with a code block. */
export const isKnown = block => isCommand(block) || editOf(block) !== undefined;

const isCommand = ({ language }) => language === 'sh';
const editOf = ({ target }) =>
  places[target] ? insertAt(target) : edits[target.split(', ')[0]];

/** Commands of a portal run in its folder, those on the files of this repository in the repository. */
async function runAll(text, { folder, env, log }) {
  const commands = text
    .replace(/\\\n\s*/g, '')
    .trim()
    .split('\n');
  for (const command of commands) {
    await must('bash', ['-euc', command], {
      cwd: /^yarn /.test(command) ? folder : root,
      env,
      log: `${log}-${command
        .split(' ')
        .slice(0, 4)
        .join('-')
        .replace(/\W+/g, '-')}.log`,
    });
  }
  return commands.map(command => command.replace(/\s+/g, ' ')).join('\n      ');
}

/** Of a block for a file of code the texts that it goes before, after or in the place of, by file and place in it. */
const places = readJson(join(root, 'scripts/lib/adopt/places.json'));
const ways = {
  before: (text, old) => `${text}\n${old}`,
  after: (text, old) => `${old}\n${text}`,
  insteadOf: text => text,
};

/** By file: what is added to what it says, or takes the place of all of it. */
const edits = {
  'app-config.local.yaml': (text, folder) =>
    writeFileSync(join(folder, 'app-config.local.yaml'), text),
  'app-config.yaml': (text, folder) => {
    const path = join(folder, 'app-config.yaml');
    writeFileSync(
      path,
      stringify(merged(parse(readFileSync(path, 'utf8')), parse(text))),
    );
  },
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
