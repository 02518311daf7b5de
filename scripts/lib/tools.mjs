import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { root, testOutput } from './paths.mjs';
import { lastLines, run } from './run.mjs';

/**
 * Programs that nobody here wrote and that the lab and browser tests work with. `names` are tried in every folder of
 * PATH in turn; `accept` reads the answer to `ask` and gives the version, or nothing when this one will not do.
 */
const catalogue = {
  aws: {
    env: 'AWS_CLI',
    names: ['aws'],
    ask: ['--version'],
    // Version 1, which pip installs, may come first on PATH and lacks what the lab uses
    accept: answer => /aws-cli\/(2\.\S+)/.exec(answer)?.[1],
    debian: 'awscli',
    install: 'apt-get install awscli, or the AWS CLI version 2 from AWS',
  },
  kubectl: {
    env: 'KUBECTL',
    names: ['kubectl'],
    ask: ['version', '--client'],
    accept: answer => /Client Version: v?(\S+)/.exec(answer)?.[1],
    debian: 'kubectl',
    install: 'apt-get install kubectl, or kubectl from kubernetes.io',
  },
  chromium: {
    env: 'CHROMIUM',
    names: [
      'chromium',
      'chromium-browser',
      'google-chrome',
      'google-chrome-stable',
    ],
    ask: ['--version'],
    accept: answer => /(?:Chromium|Google Chrome)\s+(\d\S+)/.exec(answer)?.[1],
    debian: 'chromium',
    install: 'apt-get install chromium, or yarn playwright install chromium',
  },
};

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

/** Variables that hand the tools to tests, and a folder that puts the very same ones first on PATH. */
export function toolsEnvironment(found, env) {
  const folder = join(testOutput, 'bin');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const variables = {};
  for (const [name, tool] of Object.entries(found)) {
    if (tool.path) {
      variables[tool.env] = tool.path;
      symlinkSync(tool.path, join(folder, name));
    }
  }
  return { ...env, ...variables, PATH: [folder, env.PATH].join(delimiter) };
}

async function find(name, env) {
  const { names, ask, accept, env: variable, install } = catalogue[name];
  const passedOver = [];
  for (const folder of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    for (const candidate of names) {
      const path = join(folder, candidate);
      if (!isExecutable(path)) {
        continue;
      }
      const { output } = await run(path, ask, { env, timeoutMs: 20_000 });
      const version = accept(output);
      if (version) {
        return { path, version, env: variable };
      }
      passedOver.push(`${path} says ${lastLines(output, 1)[0] ?? 'nothing'}`);
    }
  }
  const why = passedOver.length > 0 ? ` (${passedOver.join('; ')})` : '';
  return {
    env: variable,
    missing: `not found on PATH${why} – install with: ${install}`,
  };
}

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
  const packages = names.map(name => catalogue[name].debian);
  console.log(
    `  installing from the system's packages: ${packages.join(', ')}`,
  );
  await apt(['update']);
  for (const name of packages) {
    // One by one: a package that this release lacks must not keep the others away
    const { code, output } = await apt([
      'install',
      '-y',
      '--no-install-recommends',
      name,
    ]);
    if (code !== 0) {
      console.log(`  ${name}: ${lastLines(output, 1)[0]}`);
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
  const { output } = await run(path, ['--version'], { env });
  const version = catalogue.chromium.accept(output);
  return version && { path, version, env: catalogue.chromium.env };
}
