import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import Ajv from 'ajv';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { parse } from 'yaml';
import packageJson from '../package.json';
import {
  awsVariables,
  bundle,
  type Bundled,
  CLI,
} from './__testUtils__/bundles';
import { CliWorld } from './__testUtils__/CliWorld';
import { leftOut } from './__testUtils__/leftOut';
import { runCommand, startCommand } from './__testUtils__/runCommand';

const { engines, name: ownName, version } = packageJson;
const VERIFY = ['verify', 'payments/payments-ledger', '-c', 'payments-prod'];

const SOURCE = 'https://github.com/example/suite';

/** Nothing of this repository is above it, and no package is in it. */
const bare = mkdtempSync(join(tmpdir(), 'cli-bare-'));
const single = join(bare, 'single/eks-pod-identity');
const packed = join(bare, 'package/bin/eks-pod-identity');
const ofKubectl = join(bare, 'package/bin/kubectl-eks_pod_identity');
let bundled: Bundled;
let world: CliWorld;

beforeAll(async () => {
  mkdirSync(join(bare, 'package'));
  cpSync(join(CLI, 'bin'), join(bare, 'package/bin'), { recursive: true });
  // As it is packed, where the root says a repository
  writeFileSync(
    join(bare, 'package.json'),
    JSON.stringify({ ...packageJson, homepage: `${SOURCE}#readme` }),
  );
  bundled = await bundle(
    ...['--manifest', join(bare, 'package.json')],
    join(bare, 'package/dist'),
  );
  await bundle('--single', dirname(single));
  world = await CliWorld.start();
});
afterAll(async () => {
  await world.stop();
  rmSync(bare, { recursive: true });
});

/** The environment of a shell with the keys of the sandbox, on a machine that has Node alone. */
function shell(): Record<string, string | undefined> {
  return {
    ...awsVariables(),
    HOME: bare,
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
  };
}

const run = (...command: string[]) =>
  runCommand(command, { cwd: bare, env: shell() });

describe('what is bundled', () => {
  it('is smaller than 60 MB, and holds neither a backend, a browser nor the sandbox', () => {
    const names = bundled.packages.map(({ name }) => name);
    expect(bundled.bytes).toBeLessThan(60e6);
    expect(names).toEqual(
      expect.arrayContaining([
        '@aws-sdk/client-eks',
        '@kubernetes/client-node',
      ]),
    );
    expect(
      names.filter(name =>
        /^(@backstage\/(backend|frontend|core)-|express$|knex$|react$|selfsigned$)/.test(
          name,
        ),
      ),
    ).toEqual([]);
  });

  it('has the notices of each package', () => {
    const notices = readFileSync(
      join(bare, 'package/dist/THIRD-PARTY-NOTICES.txt'),
      'utf8',
    );
    const missing = bundled.packages.filter(
      one =>
        !notices.includes(`\n${one.name} ${one.version} (${one.license})\n`),
    );
    expect(missing).toEqual([]);
    expect(notices).toContain('Apache License');
    expect(
      readFileSync(join(dirname(single), 'THIRD-PARTY-NOTICES.txt'), 'utf8'),
    ).toBe(notices);
  });

  it('leads from JSON to the page of each check, in the source of its version', async () => {
    const look = ['--probe', 'none', '-o', 'json'];
    const { stdout } = await run(process.execPath, packed, ...VERIFY, ...look);
    const page = 'packages/engine/docs/checks.md';
    const text = readFileSync(join(CLI, '../..', page), 'utf8');
    // As GitHub makes them of headings
    const anchors = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) =>
      heading.toLowerCase().replace(/[^a-z0-9 -]/g, ''),
    );
    const [{ checks }] = JSON.parse(stdout).reports;
    expect(checks.length).toBeGreaterThan(25);
    for (const { docsUrl } of checks) {
      const [address, anchor] = docsUrl.split('#');
      expect(address).toBe(`${SOURCE}/blob/${ownName}@${version}/${page}`);
      expect(anchors).toContain(anchor);
    }
  });

  it('needs no newer Node than it says', () => {
    const floors = bundled.packages.flatMap(
      ({ node }) => node?.match(/^>=\s*\d+\.\d+\.\d+$/) ?? [],
    );
    expect(floors).toContain(engines.node);
  });
});

describe.each([
  ['of the package', [process.execPath, packed]],
  ['of one file', [single]],
])('the program %s, in a bare folder', (_, program) => {
  it('says its version and its pages', async () => {
    expect(await run(...program, '--version')).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
    const { code, stdout } = await run(...program, 'explain', 'role.exists');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^role\.exists: .*\?\n\n/);
  });

  it('verifies an identity by a pod', async () => {
    const { code, stdout } = await run(...program, ...VERIFY, '-o', 'json');
    expect(code).toBe(0);
    const [report] = JSON.parse(stdout).reports;
    expect(report).toMatchObject({ status: 'verified', proof: 'credentials' });
  });

  it('reads a kubeconfig', async () => {
    const { code, stderr } = await run(
      ...program,
      'verify',
      'payments-ledger',
      '--kubeconfig=none.yaml',
    );
    expect(code).toBe(2);
    expect(stderr).toContain('The kubeconfig none.yaml cannot be read');
  });

  it('ends with a sentence and a code', async () => {
    const { code, stderr } = await run(...program, 'judge', 'none.json');
    expect(code).toBe(2);
    expect(stderr).toContain('none.json cannot be read');
  });
});

describe('a copy of the one file', () => {
  const copied = async (change: (text: string) => string) => {
    const copy = join(bare, 'copy');
    writeFileSync(copy, change(readFileSync(single, 'utf8')), { mode: 0o755 });
    return run(copy, 'explain', 'role.exists');
  };

  it('may lack the last newline', async () => {
    const { code, stdout } = await copied(text => text.trimEnd());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^role\.exists: /);
  });

  it('without its comments says what it lacks', async () => {
    const { code, stderr } = await copied(text =>
      text.slice(0, text.lastIndexOf('\n/*\n')),
    );
    expect(code).toBe(4);
    expect(stderr).toContain('copy is not as it was built. Copy it again.');
  });
});

describe('for kubectl', () => {
  const usage = 'Usage: kubectl eks-pod-identity [options] [command]';

  it('is called as its user calls it', async () => {
    const { stdout } = await run(process.execPath, ofKubectl, '--help');
    expect(stdout.split('\n')[0]).toBe(usage);
    const { stdout: own } = await run(process.execPath, packed, '--help');
    expect(own.split('\n')[0]).toBe(
      'Usage: eks-pod-identity [options] [command]',
    );
  });

  it('is found by a link, as Krew makes one', async () => {
    const link = join(bare, 'kubectl-eks_pod_identity');
    symlinkSync(single, link);
    expect((await run(link, '--help')).stdout.split('\n')[0]).toBe(usage);
    // Its completion is that of the program
    expect((await run(link, 'completion', 'bash')).stdout).toContain(
      ' eks-pod-identity\n',
    );
  });
});

describe('for Krew', () => {
  /** What Krew's own validation asks of a manifest: its internal/index/validation/validate.go. */
  const MANIFEST = {
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    properties: {
      apiVersion: { const: 'krew.googlecontainertools.github.com/v1alpha2' },
      kind: { const: 'Plugin' },
      metadata: {
        type: 'object',
        required: ['name'],
        properties: { name: { const: 'eks-pod-identity' } },
      },
      spec: {
        type: 'object',
        required: ['version', 'shortDescription', 'platforms'],
        additionalProperties: false,
        properties: {
          version: { type: 'string', pattern: '^v\\d+\\.\\d+\\.\\d+' },
          shortDescription: { type: 'string', pattern: '^[^\\r\\n]+$' },
          description: { type: 'string' },
          caveats: { type: 'string' },
          homepage: { type: 'string' },
          platforms: {
            type: 'array',
            minItems: 1,
            items: {
              type: 'object',
              required: ['uri', 'sha256', 'bin', 'selector'],
              additionalProperties: false,
              properties: {
                uri: { type: 'string', minLength: 1 },
                sha256: { type: 'string', pattern: '^[a-f0-9]{64}$' },
                bin: { type: 'string', minLength: 1 },
                files: {
                  type: 'array',
                  minItems: 1,
                  items: {
                    type: 'object',
                    required: ['from', 'to'],
                    additionalProperties: false,
                    properties: {
                      from: { type: 'string', minLength: 1 },
                      to: { type: 'string', minLength: 1 },
                    },
                  },
                },
                selector: {
                  type: 'object',
                  required: ['matchExpressions'],
                  additionalProperties: false,
                  properties: {
                    matchExpressions: {
                      type: 'array',
                      minItems: 1,
                      items: {
                        type: 'object',
                        properties: { key: { enum: ['os', 'arch'] } },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  };

  it('has an archive, and a manifest that Krew takes', async () => {
    const uri = 'https://example.com/eks-pod-identity.tar.gz';
    const { code, stderr } = await run(
      process.execPath,
      join(CLI, 'bundle/krew.mjs'),
      ...['--uri', uri, dirname(single)],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const manifest = parse(readFileSync(`${single}.yaml`, 'utf8'));
    const valid = new Ajv({ strict: false }).compile(MANIFEST);
    valid(manifest);
    expect(valid.errors).toBeNull();
    const [{ sha256, files, bin, ...platform }] = manifest.spec.platforms;
    const archive = `${single}.tar.gz`;
    expect(platform.uri).toBe(uri);
    expect(sha256).toBe(
      createHash('sha256').update(readFileSync(archive)).digest('hex'),
    );
    // Krew unpacks it, copies the files, and makes the link
    const unpacked = join(bare, 'krew');
    mkdirSync(unpacked);
    await run('tar', 'xzf', archive, '-C', unpacked);
    expect(files.map(({ from }: { from: string }) => from).sort()).toEqual(
      readdirSync(unpacked).sort(),
    );
    expect((await run(join(unpacked, bin), '--version')).stdout).toBe(
      `${version}\n`,
    );
  });
});

const noTerminal = existsSync('/usr/bin/script')
  ? undefined
  : 'there is no /usr/bin/script';

// Emulated streams are tested beside this in any case: live.test.ts.
(noTerminal ? describe.skip : describe)(
  `in a pseudo-terminal of the program script, of util-linux${leftOut(
    noTerminal,
  )}`,
  () => {
    const MODES = 'stty -a | tail -n +2';
    const quoted = (words: string[]) =>
      words.map(word => `'${word}'`).join(' ');

    /** A shell on a terminal of so many columns, in which the program runs between two looks at the terminal's modes. */
    const start = (columns: number, args: string[], env = {}) =>
      startCommand(
        [
          'script',
          '--quiet',
          '--return',
          '--command',
          `stty cols ${columns} rows 40; trap : INT; ${MODES}; sh -c 'echo "BEGIN $$"; exec "$0" "$@"' ${quoted(
            [single, ...args],
          )}; echo "END $?"; ${MODES}`,
          '/dev/null',
        ],
        { cwd: bare, env: { ...shell(), TERM: 'xterm-256color', ...env } },
      );

    /** What the program wrote, its code, and the modes before and after it. */
    async function seen(columns: number, args: string[], env = {}) {
      const { stdout } = await start(columns, args, env).ended;
      return partsOf(stdout);
    }

    function partsOf(stdout: string) {
      const [before, rest] = stdout.split(/BEGIN \d+\r\n/);
      const [written, after] = rest.split(/END (?=\d+\r\n)/);
      const [code, ...modes] = after.split('\r\n');
      return {
        written,
        code: Number(code),
        modes: { before: before.trim(), after: modes.join('\r\n').trim() },
      };
    }

    const DOING = '\r\u001b[K';

    /** The program beside its probe pod, of which it learns no more until the end of the test. */
    async function besidePod() {
      world.sandbox.latency.set('kubernetes:watch pods', 10 * PATIENCE_MS);
      const running = start(80, VERIFY);
      await running.until('Probe pod');
      return running;
    }

    afterEach(() => world.sandbox.latency.clear());

    it.each([80, 200])('fits %d columns', async columns => {
      const { written, code, modes } = await seen(columns, VERIFY);
      expect(code).toBe(0);
      expect(written).toContain(DOING);
      expect(written).toContain('\u001b[32m✓\u001b[0m Verified: ');
      const shown = written
        .split('\r\n')
        .flatMap(line => line.split(DOING))
        .map(line => stripVTControlCharacters(line));
      const long = shown.filter(line => line.length > columns);
      // A word is never broken
      expect(long.filter(line => line.trim().includes(' '))).toEqual([]);
      expect(modes.after).toBe(modes.before);
    });

    it('is plain with NO_COLOR', async () => {
      const { written, code } = await seen(80, VERIFY, { NO_COLOR: '1' });
      expect(code).toBe(0);
      expect(written).not.toContain('\u001b');
      expect(written).toContain('\r\n✓ Verified: ');
    });

    it('leaves the terminal as it was where it is interrupted', async () => {
      const running = await besidePod();
      running.type('\u0003');
      const { written, code, modes } = partsOf((await running.ended).stdout);
      expect(code).toBe(130);
      const [last] = written.split(DOING).slice(-1);
      expect(last.replace('^C', '')).toBe('eks-pod-identity: Interrupted.\r\n');
      expect(modes.after).toBe(modes.before);
      // The cursor is never hidden, and no other screen is shown
      expect(written).not.toContain('\u001b[?');
    });

    it('leaves the terminal as it was where it is killed', async () => {
      const running = await besidePod();
      const [, pid] = /BEGIN (\d+)/.exec(running.stdout)!;
      process.kill(Number(pid), 'SIGKILL');
      const { written, code, modes } = partsOf((await running.ended).stdout);
      expect(code).toBe(128 + 9);
      expect(written).not.toContain('\u001b[?');
      expect(modes.after).toBe(modes.before);
    });
  },
);
