import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { apply } from './lib/adopt/apply.mjs';
import { Browser } from './lib/adopt/browser.mjs';
import { makePortal, releaseOf, secondCopies } from './lib/adopt/createApp.mjs';
import { Portal } from './lib/adopt/portal.mjs';
import { ADDING, blocksOf, blocksToAdd, paths } from './lib/adopt/sections.mjs';
import { startAccount } from './lib/adopt/account.mjs';
import { Walk } from './lib/adopt/walk.mjs';
import { onToolchain } from './lib/environment.mjs';
import { figure } from './lib/output.mjs';
import { command } from './lib/options.mjs';
import { assertPortal, handOver, tarballs } from './lib/packed.mjs';
import { testOutput } from './lib/paths.mjs';
import { Problem } from './lib/problem.mjs';
import { must } from './lib/registry.mjs';
import { temporaryFolder } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';
import { withTools } from './lib/tools.mjs';
import { packAll } from './stages/packages.mjs';

const help = `scripts/adopt [--legacy | --oldest] [--path NAME]

Walks the way of an adopter by the words of docs/adopting.md alone: makes a portal with create-app in a temporary
folder, runs the commands of the page in it and writes its code blocks where they belong, starts the portal on an
account of the sandbox that has nothing of a portal, and goes in Chromium to the first verified identity; on the path
"self-service" it gives, verifies and removes one, and on "check" it sees in a report what docs/extending.md has added.
It prints each step of a person with its time, and a line of JSON for how many each path has and how long it took.

  --legacy            a portal of the old frontend system
  --oldest            a portal of the oldest Backstage that the packages are for, with the packages it had then
  --path NAME         only this path: ${Object.keys(paths).join(', ')}
  --packed            take the tarballs that "yarn pack:all" has left in .cache/packed
  --portal FOLDER     go on in this portal, of a walk with --keep
  --keep              leave the portal where it is and say where

It takes about ten minutes; half of that is the installation of the portal.`;

const takes = {
  options: {
    legacy: { type: 'boolean', default: false },
    oldest: { type: 'boolean', default: false },
    path: { type: 'string' },
    packed: { type: 'boolean' },
    portal: { type: 'string' },
    keep: { type: 'boolean' },
  },
};

await command('scripts/adopt', help, takes, async options => {
  if (options.path && !paths[options.path]) {
    throw new Problem(
      `There is no path "${options.path}".`,
      `The paths are ${Object.keys(paths).join(', ')}.`,
    );
  }
  await setUp();
  const env = {
    ...onToolchain(),
    // create-app's own Yarn 4.13 ends under Node.js 24 when a request to the registry is slow
    YARN_IGNORE_PATH: '1',
    YARN_ENABLE_TELEMETRY: '0',
    YARN_ENABLE_IMMUTABLE_INSTALLS: '0',
  };
  const shell = await withTools(['aws', 'kubectl', 'chromium'], env);
  await walkAll({ options, env, shell });
});

async function walkAll({ options, env, shell }) {
  const walk = new Walk();
  const log = join(testOutput, 'adopt');
  const folder = await preparedPortal({ options, env, log, walk });
  const portal = new Portal({ folder, env, log });
  if (!portal.remembers()) {
    await walk.adding(ADDING, async step => {
      for (const block of blocksToAdd(options)) {
        await step(() => apply(block, { folder, env, log }));
      }
    });
    await walk.preparing('yarn tsc', () =>
      must('yarn', ['tsc'], { cwd: folder, env, log: `${log}-tsc.log` }),
    );
    portal.remember();
  }
  console.log(`\nOn Backstage ${releaseOf(folder)}`);
  const copies = secondCopies(folder);
  figure('second copies of the framework', copies.length, '', { most: 0 });
  copies.forEach(copy => console.log(copy));
  for (const [name, path] of Object.entries(paths)) {
    if (!options.path || options.path === name) {
      await walkPath({ name, path, options, portal, shell, log, walk });
    }
  }
  walk.print();
}

/** Everything that an adopter has before reading our page, and the packages, as if npm had them. */
async function preparedPortal({ options, env, log, walk }) {
  const folder =
    options.portal ?? (await newPortal({ options, env, log, walk }));
  assertPortal(folder);
  if (new Portal({ folder }).remembers()) {
    return folder;
  }
  if (!options.packed || !existsSync(tarballs)) {
    await walk.preparing('yarn pack:all', () => packAll(env));
  }
  handOver(folder);
  return folder;
}

async function newPortal({ options, env, log, walk }) {
  const folder = temporaryFolder('adopt-', options.keep, 'portal');
  await walk.preparing(
    `a portal by create-app${options.legacy ? ' --legacy' : ''}`,
    () => makePortal({ ...options, folder, env, log: `${log}-create-app.log` }),
  );
  return folder;
}

async function walkPath({ name, path, options, portal, shell, log, walk }) {
  await portal.reset();
  const account = await walk.preparing('an empty account', () =>
    startAccount({ env: shell, log, name, keys: path.keys }),
  );
  try {
    const env = { ...shell, ...account.env, PORTAL: portal.folder };
    // The old frontend system needs an edit of create-app's files for each part, the oldest Backstage one step more
    const goals =
      options.legacy || options.oldest
        ? { ...path.goals, steps: undefined }
        : path.goals ?? {};
    await walk.path(path.title, goals, async step => {
      for (const block of blocksOf(path)) {
        await step(() =>
          apply(block, { ...account, folder: portal.folder, env, log }),
        );
      }
      const keys = await account.signIn();
      await step(() => portal.start({ ...shell, ...keys }, name));
      const browser = await Browser.open(shell.CHROMIUM, portal.url, name);
      try {
        await browser.walk(name, step);
      } finally {
        await browser.close();
      }
    });
  } finally {
    await portal.stop();
    await account.stop();
  }
}
