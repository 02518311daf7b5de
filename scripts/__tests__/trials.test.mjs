import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { root } from '../lib/paths.mjs';
import { parts } from '../lib/trials/parts.mjs';
import { chosen, commitOf, runTrials, tableOf } from '../lib/trials/trials.mjs';
import { filesBelow } from '../lib/workspaces.mjs';
import { repository, runToEnd, temporaryFolder } from './helpers.mjs';

const output = JSON.stringify(join(root, 'scripts/lib/output.mjs'));
/** A part that is this program. */
const part = (program, row) => ({
  command: ['--input-type=module', '-e', program],
  row,
});
const saying = (value, goal) =>
  part(
    `import { figure } from ${output}; figure('speed', ${value}, '×', ${JSON.stringify(
      goal,
    )});`,
  );

/** Makes a repository of a folder; answers its commit. */
function commitAll(folder) {
  const git = (...args) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  git('init', '--quiet');
  git('add', '.');
  const user = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
  git(...user, 'commit', '--quiet', '--allow-empty', '-m', 'first');
  return git('rev-parse', 'HEAD');
}

async function trial(all, { folder = temporaryFolder(), ...options } = {}) {
  await runTrials(all, {
    folder,
    at: async () => ({ commit: 'a'.repeat(40), dirty: false }),
    env: process.env,
    ...options,
  });
  return { folder, ...tableOf(Object.keys(all), folder) };
}

test('a table says of each figure its goal and whether it was reached, on which day and commit', async () => {
  const { text, passed } = await trial({
    fast: saying(10, { least: 10 }),
    'fast-too': saying(1, { below: 2 }),
  });
  assert.ok(passed);
  const day = new Date().toISOString().slice(0, 10);
  assert.match(
    text,
    new RegExp(
      `\\| fast +\\| speed +\\| 10 × \\| ≥ 10 \\| yes +\\| ${day} a{8},`,
    ),
  );
  assert.match(text, /\n2 of 2 parts passed$/);
});

test('a part falls short if a figure misses its goal, be it by less than is shown', async () => {
  const { text, passed } = await trial({
    good: saying(1, { most: 1.3 }),
    slow: saying(1.3001, { most: 1.3 }),
    unknown: saying('NaN', { most: 1.3 }),
  });
  assert.ok(!passed);
  assert.match(text, /\| slow +\| speed +\| 1\.3 × +\| ≤ 1\.3 \| no /);
  assert.match(text, /\| unknown +\| speed +\| null × \| ≤ 1\.3 \| no /);
  assert.match(text, /1 of 3 parts passed$/);
});

test('a part without a figure that has a goal, one that fails beside, and one that does not end have not passed', async () => {
  const { text, passed } = await trial({
    silent: part(''),
    aimless: part(`import { figure } from ${output}; figure('a', 1, '');`),
    dying: part(
      `import { figure } from ${output}; figure('a', 1, '', { least: 1 }); process.exitCode = 3;`,
    ),
  });
  assert.ok(!passed);
  assert.match(
    text,
    /\| silent +\| named no figure with a goal \(exit code 0\)/,
  );
  assert.match(text, /\| aimless +\| named no figure with a goal/);
  assert.match(text, /\| dying +\| ended with exit code 3/);
  assert.match(text, /0 of 3 parts passed$/);

  const hanging = { hangs: part('setInterval(() => {}, 1000)') };
  const ended = await trial(hanging, { mostMs: 300 });
  assert.ok(!ended.passed);
  assert.match(ended.text, /\| hangs +\| was ended after 0\.3 s/);
});

test('the command ends with 1 where a part falls short, and --table repeats what was kept', async () => {
  const folder = repository({
    installed: true,
    files: {
      'scripts/trials.mjs': readFileSync(
        join(root, 'scripts/trials.mjs'),
        'utf8',
      ),
      'packages/trials/src/bench/any.bench.mjs': '',
      // As good as the file beside it says
      'scripts/mutate.mjs': `
        import { existsSync } from 'node:fs';
        import { figure } from './lib/output.mjs';
        const good = existsSync('.cache/good');
        figure(process.argv[2], good ? 99 : 50, '%', { least: 92 });
        process.exitCode = good ? 0 : 1;`,
      '.gitignore': '.cache\n.toolchain\nnode_modules\n',
    },
  });
  commitAll(folder);
  const trials = (...args) =>
    runToEnd(join(folder, 'scripts/trials.mjs'), { args });
  const short = await trials('mutate-iam');
  assert.match(short.output, /50 % \| .*92.* \| no .*\n\n0 of 1 parts passed/);
  assert.equal(short.code, 1);
  assert.equal((await trials('--table', 'mutate-iam')).code, 1);
  writeFileSync(join(folder, '.cache/good'), '');
  const good = await trials('mutate-iam');
  assert.match(good.output, /99 % \| .*92.* \| yes /);
  assert.equal(good.code, 0);
  const kept = await trials('--table', 'mutate-iam');
  assert.match(kept.output, /99 % /);
  assert.equal(kept.code, 0);
  assert.equal((await trials('--table')).code, 1, 'the others never ran');
});

test('what never ran has not passed', () => {
  const { text, passed } = tableOf(['absent'], temporaryFolder());
  assert.ok(!passed);
  assert.match(text, /\| absent \| not run/);
});

test('to resume leaves out only what has a result of this very commit, with nothing changed', async () => {
  const folder = temporaryFolder();
  const ran = join(folder, 'ran');
  const all = {
    one: part(
      `import { figure } from ${output}; import { appendFileSync } from 'node:fs';
       appendFileSync(${JSON.stringify(
         ran,
       )}, 'x'); figure('a', 0, '', { least: 1 });`,
    ),
  };
  const runs = async (commit, dirty, resume = true) => {
    writeFileSync(ran, '');
    const at = async () => ({ commit, dirty });
    await trial(all, { folder, at, resume });
    return readFileSync(ran, 'utf8').length;
  };
  assert.equal(await runs('1', false), 1);
  assert.equal(await runs('1', false), 0);
  assert.equal(await runs('1', true), 1, 'something is changed now');
  assert.equal(await runs('1', false), 1, 'something was changed then');
  assert.equal(await runs('2', false), 1, 'another commit');
  assert.equal(await runs('2', false, false), 1, 'not asked to resume');
});

test('a result of which the checkout changed meanwhile is of no commit', async () => {
  const states = ['1', '2'];
  const { text } = await trial(
    { one: saying(1, { most: 1 }) },
    { at: async () => ({ commit: states.shift(), dirty: false }) },
  );
  assert.match(text, / 1 with changes, /);
});

test('the commit is that of the checkout, and a new file changes it', async () => {
  const folder = temporaryFolder();
  const commit = commitAll(folder);
  assert.deepEqual(await commitOf(folder), { commit, dirty: false });
  writeFileSync(join(folder, 'new'), '');
  assert.deepEqual(await commitOf(folder), { commit, dirty: true });
  await assert.rejects(commitOf(temporaryFolder()), /git knows none here/);
});

test('a part is named by its name or the first word of several', () => {
  const names = ['card', 'card-old', 'mutate-iam', 'mutate-store'];
  assert.deepEqual(chosen(names, ['mutate', 'card']), [
    'card',
    'mutate-iam',
    'mutate-store',
  ]);
  assert.deepEqual(chosen(names, []), names);
  assert.throws(() => chosen(names, ['car']), /No part is called "car"/);
});

test('of a test with more cases the closing line is read', () => {
  const { row } = parts.trust;
  const goal = { least: 2 };
  const { value, reached } = row('1 passed, 1 failed, 3 skipped');
  assert.deepEqual([value, reached, row('')], [1, false, undefined]);
  assert.deepEqual(row('2 passed, 0 failed').goal, goal);
  assert.ok(row('2 passed, 0 failed').reached);
});

test('each part can be run', () => {
  const tests = ['packages', 'plugins']
    .flatMap(filesBelow)
    .filter(file => /\.test\.tsx?$/.test(file));
  for (const [name, { command, env }] of Object.entries(parts)) {
    assert.ok(existsSync(command[0]), command[0]);
    if (name.startsWith('mutate-')) {
      assert.ok(existsSync(join(root, command[1])), command[1]);
    }
    if (env) {
      const [file] = tests.filter(one => new RegExp(command[3]).test(one));
      assert.ok(file, `${name} has no test like ${command[3]}`);
      const source = readFileSync(join(root, file), 'utf8');
      for (const variable of Object.keys(env)) {
        assert.ok(source.includes(variable), `${file} reads no ${variable}`);
      }
    }
  }
});

test('the nightly workflow runs each part', () => {
  const yaml = file => parse(readFileSync(join(root, '.github', file), 'utf8'));
  const { jobs } = yaml('workflows/nightly.yml');
  const file = join(temporaryFolder(), 'output');
  execFileSync('bash', ['-e', '-c', jobs.parts.steps.at(-1).run], {
    cwd: root,
    env: { ...process.env, GITHUB_OUTPUT: file },
  });
  const [name, value] = readFileSync(file, 'utf8').trim().split('=');
  const names = Object.keys(parts);
  assert.deepEqual(JSON.parse(value), names);
  // Each job runs one part
  assert.deepEqual(
    names.map(part => chosen(names, [part])),
    names.map(part => [part]),
  );
  assert.equal(
    jobs.trial.strategy.matrix.part,
    `\${{ fromJSON(needs.parts.outputs.${name}) }}`,
  );
  assert.equal(jobs.parts.outputs[name], `\${{ steps.list.outputs.${name} }}`);
  const runs = Object.values(jobs).flatMap(({ steps }) => steps);
  assert.ok(
    runs.some(({ run }) => run === 'npm run trials -- ${{ matrix.part }}'),
  );
  const { scripts } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  assert.equal(scripts.trials, 'node scripts/trials.mjs');
  for (const { uses } of runs.filter(step => step.uses?.startsWith('./'))) {
    assert.equal(
      parse(readFileSync(join(root, uses, 'action.yml'), 'utf8')).runs.using,
      'composite',
    );
  }
});
