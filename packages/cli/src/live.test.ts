import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CHECKS } from 'eks-pod-identity-engine';
import { CliWorld } from './__testUtils__/CliWorld';
import { Terminal } from './__testUtils__/Terminal';

const ON = ['--cluster', 'payments-prod'];
const LEDGER = 'payments/payments-ledger';
const ROLE = 'arn:aws:iam::111122223333:role/payments-ledger';
let world: CliWorld;
beforeAll(async () => {
  world = await CliWorld.start();
});
afterEach(() => world.reset());
afterAll(() => world.stop());

const breakTrust = () =>
  world.sandbox.aws.iam.updateRole(ROLE, {
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole'],
        },
      ],
    },
  });

/** Ids of the checks that have a line, from the top. */
const idsIn = (rows: string[]) =>
  rows.flatMap(row => /^[✓✗!i?-] ([a-z-]+\.[a-z-]+) {2}/.exec(row)?.[1] ?? []);

/** The checks that every run has, in the order of the path. */
const PATH = CHECKS.map(({ id }) => id).filter(
  id => !['permissions.*', 'credentials.node-groups'].includes(id),
);

describe.each([80, 200])('verify on a terminal of %d columns', columns => {
  it('shows each check once, in the order of the path, and then the verdict', async () => {
    const terminal = new Terminal(columns);
    const { code } = await world.run(['verify', LEDGER, ...ON], terminal.io);
    const { rows } = terminal;
    expect(code).toBe(0);
    expect(idsIn(rows)).toEqual(PATH);
    const verdict = rows.findIndex(row => row.startsWith('✓ Verified: '));
    expect(idsIn(rows.slice(verdict))).toEqual([]);
    expect(rows.slice(verdict).join('\n')).toContain(
      'Service account: payments-prod/payments/payments-ledger',
    );
    expect(rows[rows.length - 2]).toMatch(/^\d+ passed.*\.$/);
    expect(rows[rows.length - 1]).toBe('');
  });

  it('says below them what it is doing, and leaves nothing of that', async () => {
    const terminal = new Terminal(columns);
    await world.run(['verify', LEDGER, ...ON], terminal.io);
    const doing = (row: string) => /^\d+ of \d+ {2}Probe pod /.test(row);
    expect([...terminal.seen].filter(doing)).not.toEqual([]);
    expect(terminal.rows.filter(doing)).toEqual([]);
    expect(terminal.rows.filter(row => / checks$/.test(row))).toEqual([]);
  });

  it('breaks sentences at its words, and commands not at all', async () => {
    breakTrust();
    const terminal = new Terminal(columns);
    const { code } = await world.run(
      ['verify', LEDGER, ...ON, '--probe', 'none'],
      terminal.io,
    );
    expect(code).toBe(1);
    const [, verdict] = terminal.written.split('\u001b[31m✗\u001b[0m Broken');
    const [prose, command] = verdict.split('\n\naws iam ');
    const widths = prose.split('\n').map(line => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
    // The first line is that of the command itself, broken by the terminal alone.
    expect(`aws iam ${command.split('\n')[0]}`).toMatch(
      /^aws iam update-assume-role-policy --role-name payments-ledger --region eu-west-1 --policy-document '\{$/,
    );
  });
});

describe('verify on a terminal', () => {
  it.each<[string, string[], () => void]>([
    ['where all is well', [], () => {}],
    ['where it is broken', ['--probe', 'none', '--quiet'], breakTrust],
  ])('is as the README shows it %s', async (_, flags, change) => {
    change();
    const terminal = new Terminal(120);
    const argv = ['verify', LEDGER, ...ON, ...flags];
    await world.run(argv, terminal.io);
    const command = `$ eks-pod-identity ${argv.join(' ')}`;
    const shown = ['```text', command, ...terminal.rows.slice(0, -1), '```']
      .join('\n')
      .replace(/(\n {2}check: .*\n)[^]*(?=```$)/, '$1…\n')
      .replace(/\ba-[a-z0-9]{17}\b/g, 'a-0123456789abcdefg')
      .replace(/(eks-pod-id-)[0-9a-f-]{36}/g, '$1…')
      .replace(/ip-[0-9-]+\.ec2/g, 'ip-10-0-1-23.ec2')
      .replace(/Finished: [\d-]+ [\d:]+/, 'Finished: 2026-11-30 12:00:00');
    const file = resolve(__dirname, '../README.md');
    const text = readFileSync(file, 'utf8');
    const start = text.indexOf(`\`\`\`text\n${command}\n`);
    expect(start).toBeGreaterThan(0);
    const end = text.indexOf('\n```\n', start) + '\n```'.length;
    const filled = text.slice(0, start) + shown + text.slice(end);
    if (process.env.UPDATE_DOCS) writeFileSync(file, filled);
    expect(readFileSync(file, 'utf8')).toBe(filled);
  });

  it('writes no escape sequence without colours', async () => {
    const terminal = new Terminal(80, false);
    await world.run(['verify', LEDGER, ...ON], terminal.io);
    expect(terminal.written).not.toContain('\u001b');
    expect(terminal.written).not.toContain('\r');
    expect(idsIn(terminal.rows)).toEqual(PATH);
  });

  it('shows the whole report at the end with --quiet', async () => {
    const terminal = new Terminal(200);
    await world.run(
      ['verify', LEDGER, ...ON, '--probe', 'none', '--quiet'],
      terminal.io,
    );
    expect(terminal.rows[0]).toMatch(/^i Looks right: /);
    expect(idsIn(terminal.rows)).toEqual(PATH);
  });

  it('keeps a report for a file whole', async () => {
    const terminal = new Terminal(80);
    const { stdout } = await world.run(
      ['verify', LEDGER, ...ON, '--probe', 'none'],
      { stderr: terminal.io.stderr },
    );
    expect(stdout).toMatch(/^i Looks right: /);
    expect(idsIn(stdout.split('\n'))).toEqual(PATH);
    expect(idsIn(terminal.rows).sort()).toEqual([...PATH].sort());
  });

  it('clears its last line when it is interrupted', async () => {
    const controller = new AbortController();
    const terminal = new Terminal(80);
    const { stderr } = terminal.io;
    const { code } = await world.run(['verify', LEDGER, ...ON], {
      ...terminal.io,
      stderr: {
        ...stderr,
        write: text => {
          stderr.write(text);
          if (text.includes('Probe pod ')) {
            controller.abort(new Error('Interrupted'));
          }
        },
      },
      signal: controller.signal,
    });
    expect(code).toBe(130);
    expect(terminal.rows.slice(-2)).toEqual([
      'eks-pod-identity: Interrupted.',
      '',
    ]);
  });

  it('shows of a later look only what it sees otherwise', async () => {
    breakTrust();
    const terminal = new Terminal(200);
    const { code } = await world.run(
      ['verify', LEDGER, ...ON, '--probe', 'none', '--wait', '1m'],
      { ...terminal.io, sleep: () => world.reset() },
    );
    expect(code).toBe(0);
    const { rows } = terminal;
    const again = rows.findIndex(row => row.startsWith('Broken: '));
    expect(idsIn(rows.slice(0, again))).toEqual(PATH);
    const later = idsIn(rows.slice(again));
    expect(later).toContain('role.trust-policy');
    expect(later).not.toContain('cluster.active');
    expect([...terminal.seen]).toContain('Verifying again in 10 s.');
  });

  it('shows the status of each of many once, in the order of their names', async () => {
    breakTrust();
    const terminal = new Terminal(200);
    const { code } = await world.run(
      ['verify', '-A', ...ON, '--probe', 'none', '--concurrency', '2'],
      terminal.io,
    );
    expect(code).toBe(1);
    const { rows } = terminal;
    const names = rows.flatMap(
      row => /^[A-Z][\w ]+ {3,}(\S+\/\S+)$/.exec(row)?.[1] ?? [],
    );
    expect(names).toHaveLength(2);
    expect(names).toEqual([...names].sort());
    expect(rows.filter(row => row.startsWith('✗ Broken: '))).toHaveLength(1);
    expect(rows.slice(-2)).toEqual([
      '1 of 2 identities are as they should be.',
      '',
    ]);
  });
});
