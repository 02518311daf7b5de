import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { forNpm } from './environment.mjs';
import { root } from './paths.mjs';
import { diskFull, Problem } from './problem.mjs';
import { lastLines, run } from './run.mjs';

const looksOffline = output =>
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|socket hang up|RequestError|CERT_|certificate|ENOTCACHED/i.test(
    output,
  );

/** Why something could not be fetched, by what the program said; `other` where it was neither the disk nor the network. */
export function fetchProblem(what, output, details, other) {
  if (/ENOSPC/.test(output)) {
    return diskFull(details);
  }
  return looksOffline(output)
    ? new Problem(
        `The npm registry could not be reached to fetch ${what}.`,
        'Check the network, the proxy and "npm config get registry", and run the same command again; what was fetched already is kept.',
        details,
      )
    : new Problem(...other, details);
}

/**
 * Yarn does not read npm's settings. This passes npm's registry, certificate authority and proxy to Yarn, unless Yarn has
 * its own settings.
 */
export async function yarnRegistrySettings(env = process.env) {
  const { code, stdout } = await run('npm', ['config', 'list', '--json'], {
    env: forNpm(env),
    cwd: root,
  });
  if (code !== 0) {
    return {};
  }
  const npm = JSON.parse(stdout);
  const settings = {};
  const set = (name, value) => {
    if (value && env[name] === undefined) {
      settings[name] = String(value);
    }
  };
  if (!yarnHasRegistry() && npm.registry) {
    set('YARN_NPM_REGISTRY_SERVER', npm.registry.replace(/\/+$/, ''));
    if (npm.registry.startsWith('http:')) {
      set('YARN_UNSAFE_HTTP_WHITELIST', new URL(npm.registry).hostname);
    }
  }
  if (npm.cafile && existsSync(npm.cafile)) {
    set('YARN_HTTPS_CA_FILE_PATH', npm.cafile);
  }
  set('YARN_HTTP_PROXY', npm.proxy);
  set('YARN_HTTPS_PROXY', npm['https-proxy']);
  return settings;
}

function yarnHasRegistry() {
  const file = join(homedir(), '.yarnrc.yml');
  return (
    existsSync(file) && /^npmRegistryServer:/m.test(readFileSync(file, 'utf8'))
  );
}

/** What a program writes to standard output; a `Problem` with its last lines if it fails. */
export async function must(command, args, options) {
  const { code, stdout, output } = await run(command, args, options);
  if (code !== 0) {
    const details = lastLines(output).map(line => line.slice(0, 400));
    const what = `${command.split('/').pop()} ${args.join(' ')}`;
    throw fetchProblem(what, output, details, [
      `"${what}" failed.`,
      'Read its last lines below.',
    ]);
  }
  return stdout;
}
