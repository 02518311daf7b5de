import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { closedDoor } from './environment.mjs';
import { readJson } from './json.mjs';
import { root, testOutput } from './paths.mjs';
import { Problem } from './problem.mjs';
import { lastLines, onEnd, run } from './run.mjs';

/**
 * External programs that the lab and browser tests work with. `names` are tried in every folder of PATH in turn;
 * `version` reads the answer to `ask`; one older than `oldest` will not do.
 */
const catalogue = readJson(join(root, 'scripts/lib/tools.json'));

async function versionOf(name, path, env) {
  const { ask, version } = catalogue[name];
  const { output } = await run(path, ask, { env, timeoutMs: 20_000 });
  return { output, version: new RegExp(version).exec(output)?.[1] };
}

/**
 * Finds the named tools on PATH, else installs them: from the system's packages where we are root on Debian or
 * Ubuntu; a browser else by Playwright's download.
 *
 * @returns {Promise<Record<string, { path?: string, version?: string, env: string, missing?: string }>>}
 */
export async function bringTools(names, env) {
  const found = {};
  for (const name of names) {
    found[name] = await find(name, env);
  }
  const absent = () => names.filter(name => !found[name].path);
  if (absent().length > 0 && onDebianAsRoot()) {
    await installDebian(absent(), env);
    for (const name of absent()) {
      found[name] = await find(name, env);
    }
  }
  if (absent().includes('chromium')) {
    found.chromium = (await downloadBrowser(env)) ?? found.chromium;
  }
  for (const name of names) {
    const { path, version, missing } = found[name];
    console.log(
      path ? `  ${name} ${version} (${path})` : `  ${name} missing: ${missing}`,
    );
  }
  return found;
}

/**
 * Variables that hand the tools to tests, and a folder that puts the very same ones first on PATH. What lies there
 * starts the program with a closed door for a proxy: whatever it makes of its settings, it reaches this machine alone.
 * The folder is a temporary one because tests run these programs as another user too, who need not see this repository.
 */
export function toolsEnvironment(found, env) {
  const folder = mkdtempSync(join(tmpdir(), 'eks-tools-'));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const exports = Object.entries(closedDoor)
    .map(([name, value]) => `export ${name}='${value}'\n`)
    .join('');
  const variables = {};
  for (const [name, tool] of Object.entries(found)) {
    if (tool.path) {
      const starter = join(folder, name);
      const program = `'${tool.path.replaceAll("'", "'\\''")}'`;
      writeFileSync(starter, `#!/bin/sh\n${exports}exec ${program} "$@"\n`);
      chmodSync(starter, 0o755);
      variables[tool.env] = starter;
    }
  }
  return { ...env, ...variables, PATH: [folder, env.PATH].join(delimiter) };
}

/** The environment with these tools for a command that cannot do without; a `Problem` where one is missing. */
export async function withTools(names, env) {
  const tools = await bringTools(names, env);
  const missing = missingOf(names, tools);
  if (missing) {
    throw new Problem(missing, 'Install what is missing and run it again.');
  }
  return toolsEnvironment(tools, env);
}

/** What to say of those of the named tools that are missing; empty when all are there. */
export function missingOf(names, tools) {
  return names
    .filter(name => !tools[name].path)
    .map(name => `${name} ${tools[name].missing}`)
    .join('; ');
}

async function find(name, env) {
  const { names, oldest = '0', env: variable, install } = catalogue[name];
  const passedOver = [];
  for (const folder of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    for (const candidate of names) {
      const path = join(folder, candidate);
      if (!isExecutable(path)) {
        continue;
      }
      const { output, version } = await versionOf(name, path, env);
      if (version && atLeast(version, oldest)) {
        return { path, version, env: variable };
      }
      passedOver.push(
        `${path} ${
          version
            ? `is ${version}, older than ${oldest}`
            : `says ${lastLines(output, 1)[0] ?? 'nothing'}`
        }`,
      );
    }
  }
  const why = passedOver.length > 0 ? ` (${passedOver.join('; ')})` : '';
  return {
    env: variable,
    missing: `not found on PATH${why} – install with: ${install}`,
  };
}

const atLeast = (version, oldest) =>
  version.localeCompare(oldest, 'en', { numeric: true }) >= 0;

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onDebianAsRoot() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version');
}

async function installDebian(names, env) {
  const aptEnv = { ...env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = args =>
    run('apt-get', args, {
      env: aptEnv,
      log: join(testOutput, `apt-${args[0]}.log`),
      timeoutMs: 300_000,
    });
  console.log(`  installing from the system's packages: ${names.join(', ')}`);
  await apt(['update']);
  // One by one: a package that this release lacks must not keep the others away
  const install = async name => {
    const { code, output } = await apt([
      'install',
      '-y',
      '--no-install-recommends',
      name,
    ]);
    if (code !== 0) console.log(`  ${name}: ${lastLines(output, 1)[0]}`);
    return code === 0;
  };
  for (const name of names) {
    for (const either of catalogue[name].debian.split(' ')) {
      if (await install(either)) break;
    }
  }
}

async function downloadBrowser(env) {
  console.log('  downloading Chromium with Playwright (at most 30 s)');
  const playwright = join(root, 'node_modules/.bin/playwright');
  const { code } = await run(playwright, ['install', 'chromium'], {
    env,
    log: join(testOutput, 'playwright-install.log'),
    timeoutMs: 30_000,
  });
  if (code !== 0) {
    return undefined;
  }
  const { stdout } = await run(
    'node',
    ['-p', "require('@playwright/test').chromium.executablePath()"],
    { env },
  );
  const path = stdout.trim();
  const { version } = await versionOf('chromium', path, env);
  return version && { path, version, env: catalogue.chromium.env };
}
