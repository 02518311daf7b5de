import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { leftOut } from './__testUtils__/leftOut';
import { run } from './program';

/** What the program prints. */
async function printed(...argv: string[]): Promise<string> {
  let stdout = '';
  const code = await run(argv, {
    stdout: { write: text => (stdout += text) },
    stderr: { write: () => {} },
    env: {},
    signal: new AbortController().signal,
    readFile: () => '',
    writeFile: () => {},
  });
  expect(code).toBe(0);
  return stdout;
}

/** The names of the options that the help of a command lists. */
const optionsIn = (help: string) =>
  [...help.matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)/gm)].flatMap(
    ([, short, long]) => (short ? [short, long] : [long]),
  );

/** The names of the commands that the help lists. */
const commandsIn = (help: string) =>
  [
    ...help
      .split('Commands:\n')[1]
      .split('\n\n')[0]
      .matchAll(/^ {2}([a-z-]+)/gm),
  ].map(([, name]) => name);

const folder = mkdtempSync(join(tmpdir(), 'completion-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('completion bash', () => {
  beforeAll(async () => {
    writeFileSync(join(folder, 'script'), await printed('completion', 'bash'));
    writeFileSync(join(folder, 'app config.yaml'), '');
  });

  /** What bash offers for the last of the words, which it has split as readline does. */
  function offered(...words: string[]): string[] {
    const program = `
      source ./script || exit 2
      complete -p eks-pod-identity | grep -q -- '-F _eks_pod_identity ' || exit 3
      COMP_WORDS=(eks-pod-identity "$@")
      COMP_CWORD=$#
      _eks_pod_identity
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['--norc', '-uc', program, 'bash', ...words], {
      cwd: folder,
      encoding: 'utf8',
    })
      .split('\n')
      .filter(Boolean);
  }

  it('offers every command', async () => {
    const commands = commandsIn(await printed('--help'));
    expect(commands).toContain('completion');
    expect(offered('')).toEqual(expect.arrayContaining(commands));
    expect(offered('ver')).toEqual(['verify']);
    expect(offered('--v')).toEqual(['--version']);
  });

  it('offers the options of each command that its help lists, and no others', async () => {
    const commands = commandsIn(await printed('--help'));
    for (const command of commands.filter(one => one !== 'help')) {
      const listed = optionsIn(await printed(command, '--help'));
      expect(listed).toContain('--help');
      const found = offered(command, '-').filter(one => one.startsWith('-'));
      expect([command, found.sort()]).toEqual([command, listed.sort()]);
    }
  });

  it.each([
    [
      ['verify', '--probe', ''],
      ['pod', 'admission', 'none'],
    ],
    [['verify', '--probe', '=', 'a'], ['admission']],
    [
      ['verify', '--probe', '='],
      ['pod', 'admission', 'none'],
    ],
    [
      ['verify', 'payments/api', '-o', 'j'],
      ['json', 'junit'],
    ],
    [['inventory', '-o', 'c'], ['csv']],
    [
      ['gate', '--road', ''],
      ['pod-identity', 'irsa'],
    ],
    [['completion', 'f'], ['fish']],
    [['schema', 'm'], ['move']],
    [['verify', '--cluster', ''], []],
    [['verify', '--all-'], ['--all-namespaces']],
    [['explain', 'x', '--probe', ''], []],
    [['unknown', ''], []],
  ])('offers for %j %j', (words, choices) => {
    expect(
      offered(...words).filter(one => one !== '-h' && one !== '--help'),
    ).toEqual(choices);
  });

  it.each([[['verify', '--config', 'app']], [['judge', 'app']]])(
    'offers files for %j',
    words => {
      expect(offered(...words)).toEqual(['app config.yaml']);
    },
  );
});

describe('completion zsh and fish', () => {
  it('has the options, choices and files of a command for zsh', async () => {
    const script = await printed('completion', 'zsh');
    expect(script).toMatch(/^#compdef eks-pod-identity\n/);
    expect(script).toContain(`'verify:Verify the identity of`);
    expect(script).toMatch(
      /^ {12}'\(-o --output\)'\{-o\+,--output=\}'\[form of the result\]:format:\(text json junit markdown\)'/m,
    );
    expect(script).toMatch(
      /^ {12}'--bundle=\[write the facts .*\]:file:_files'/m,
    );
    expect(script).toMatch(/^ {12}'1:shell:\(bash zsh fish\)' ;;$/m);
    // In a message, a bracket or a colon would end it.
    expect(script).toContain(`(with --config\\: its id there)`);
  });

  it('has them for fish', async () => {
    const lines = (await printed('completion', 'fish')).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'complete -c eks-pod-identity -f',
        `complete -c eks-pod-identity -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'`,
        `complete -c eks-pod-identity -n '__fish_seen_subcommand_from gate' -l road -x -a 'pod-identity irsa' -d 'by which they are to get it'`,
        `complete -c eks-pod-identity -n '__fish_seen_subcommand_from judge' -F`,
      ]),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/ -s h -l help -d 'display help for command'$/),
    );
  });

  // Only a shell reads its own language.
  const lackOf = (shell: string) =>
    spawnSync(shell, ['-c', 'true']).error
      ? `${shell} is not installed`
      : undefined;
  const groupFor = (shell: string) =>
    lackOf(shell) ? describe.skip : describe;

  for (const shell of ['zsh', 'fish']) {
    groupFor(shell)(`read by ${shell}${leftOut(lackOf(shell))}`, () => {
      it('is a script', async () => {
        const script = join(folder, `script.${shell}`);
        writeFileSync(script, await printed('completion', shell));
        expect(execFileSync(shell, ['-n', script]).toString()).toBe('');
      });
    });
  }

  groupFor('fish')(`asked by "complete -C"${leftOut(lackOf('fish'))}`, () => {
    beforeAll(async () => {
      const script = await printed('completion', 'fish');
      writeFileSync(join(folder, 'script.fish'), script);
      writeFileSync(join(folder, 'app config.yaml'), '');
    });

    it.each([
      ['ver', ['verify']],
      ['verify --probe ', ['admission', 'none', 'pod']],
      ['verify payments/api -o j', ['json', 'junit']],
      ['verify --all-', ['--all-namespaces']],
      ['completion f', ['fish']],
      ['gate --road=ir', ['--road=irsa']],
      ['verify --cluster ', []],
      ['judge app', ['app config.yaml']],
      ['verify --config app', ['app config.yaml']],
    ])('offers for %j %j', (line, choices) => {
      const said = execFileSync(
        'fish',
        [
          '-c',
          'source script.fish; complete -C $argv[1]',
          `eks-pod-identity ${line}`,
        ],
        {
          cwd: folder,
          encoding: 'utf8',
          env: { ...process.env, HOME: folder },
        },
      );
      const words = said.split('\n').map(one => one.split('\t')[0]);
      expect(words.filter(Boolean).sort()).toEqual(choices);
    });
  });

  groupFor('zsh')(`in a terminal of zsh${leftOut(lackOf('zsh'))}`, () => {
    it('completes a command and a choice', async () => {
      const write = (name: string, text: string) =>
        writeFileSync(join(folder, name), text);
      write('script', await printed('completion', 'zsh'));
      write(
        'setup',
        `autoload -Uz compinit && compinit -uD
         source ./script
         eks-pod-identity() { print -r -- "ran: $*" }`,
      );
      const typed = `
        zmodload zsh/zpty
        zpty shell zsh -fi
        zpty -w shell 'source ./setup'
        zpty -w shell $'eks-pod-identity ver\t--probe a\t'
        zpty -r shell out $'*ran: *\n'
        print -r -- $out`;
      const said = execFileSync('zsh', ['-fc', typed], {
        cwd: folder,
        // zpty waits for what it is to read without an end
        timeout: PATIENCE_MS,
      });
      expect(said.toString()).toContain('\nran: verify --probe admission');
    });
  });

  it.each(['bash', 'zsh', 'fish'])(
    'closes each quote of the script for %s',
    async shell => {
      const [, ...lines] = (await printed('completion', shell)).split('\n');
      for (const line of lines.filter(one => !one.startsWith('#'))) {
        const rest = line.replace(shell === 'fish' ? /\\['\\]/g : /'\\''/g, '');
        expect([line, (rest.match(/'/g) ?? []).length % 2]).toEqual([line, 0]);
      }
    },
  );
});
