import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root, sandboxDirectory, toolchain } from './paths.mjs';

/**
 * npm hands its own settings down to what it starts: the old Node's binary and headers, its prefix, its user
 * agent. Under another Node every one of them is wrong, so none survives.
 */
const ofNpm = /^([nN][pP][mM]_.*|NODE|INIT_CWD)$/;

const where = (env, keeps) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => keeps(name)));

/**
 * Settings of the user's npm that say how a registry is reached. They are the only ones that npm itself may keep
 * when it fetches the toolchain: others (`prefix`, `global`, `dry_run`, …) would change what it does.
 */
const reachRegistry =
  /^npm_config_(registry|userconfig|globalconfig|cache|ca|cafile|cert|key|(https?_)?proxy|noproxy|strict_ssl|\/\/.*|@.*)$/i;

export const forNpm = env =>
  where(env, name => !ofNpm.test(name) || reachRegistry.test(name));

/** The environment for everything that runs on the toolchain. */
export function onToolchain(env = process.env) {
  const clean = where(env, name => !ofNpm.test(name));
  return {
    ...clean,
    PATH: [
      join(toolchain, 'bin'),
      join(root, 'node_modules', '.bin'),
      clean.PATH,
    ]
      .filter(Boolean)
      .join(delimiter),
    // Databases come from npm, never from a container runtime
    BACKSTAGE_TEST_DISABLE_DOCKER: '1',
  };
}

const loopback = ['localhost', '127.0.0.1', '::1'];

/**
 * The environment for everything that could reach AWS or Kubernetes: no inherited AWS setting, no profile file, no
 * instance metadata, no kubeconfig, and no proxy between this machine and itself.
 */
export function awayFromAws(env, directory = sandboxDirectory) {
  const clean = where(env, name => !/^AWS_/i.test(name));
  const empty = emptyFile(directory);
  const noProxy = [clean.NO_PROXY ?? clean.no_proxy, ...loopback]
    .filter(Boolean)
    .join(',');
  return {
    ...clean,
    AWS_CONFIG_FILE: empty,
    AWS_SHARED_CREDENTIALS_FILE: empty,
    AWS_EC2_METADATA_DISABLED: 'true',
    KUBECONFIG: empty,
    NO_PROXY: noProxy,
    no_proxy: noProxy,
  };
}

/** Settings under which a program finds no way to anything but this machine: a proxy that does not answer. */
export const closedDoor = Object.fromEntries(
  Object.entries({
    HTTP_PROXY: 'http://127.0.0.1:1',
    HTTPS_PROXY: 'http://127.0.0.1:1',
    ALL_PROXY: 'http://127.0.0.1:1',
    NO_PROXY: loopback.join(','),
  }).flatMap(([name, value]) => [
    [name, value],
    [name.toLowerCase(), value],
  ]),
);

function emptyFile(directory) {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'empty');
  if (!existsSync(path)) {
    writeFileSync(path, '', { mode: 0o444 });
  }
  return path;
}
